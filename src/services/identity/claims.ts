import type { IdentityProvider, ProviderPerson } from '../../domain/accounts/identity-provider.ts';
import { SECOND } from '../../domain/duration.ts';
import { parseEmail, toName } from '../../domain/text.ts';

/** The claims of an ID token, of any shape. */
export type Claims = Readonly<Record<string, unknown>>;

/** OpenID Connect Core, section 2, limits `sub` to 255 characters. */
const SUBJECT = /^[\x21-\x7e]{1,255}$/;

function emailIn(claims: Claims): string | null {
  try {
    return typeof claims.email === 'string' ? parseEmail(claims.email, []) : null;
  } catch {
    return null;
  }
}

/**
 * Returns when the person signed in at the provider; 0 if the provider does not say, because its session can be days old. An
 * instant in the future counts as now.
 */
function authenticatedAtIn({ auth_time: seconds }: Claims, now: number): number {
  return typeof seconds === 'number' && seconds > 0 ? Math.min(Math.floor(seconds) * SECOND, now) : 0;
}

/** Returns the person of verified claims. Throws if they do not identify a person. */
export function toPerson(provider: IdentityProvider, claims: Claims, now: number): ProviderPerson {
  const subject = claims[provider.subjectClaim];
  if (typeof subject !== 'string' || !SUBJECT.test(subject)) throw new Error('no subject');
  const { email_verified: verified, name, sid } = claims;
  return {
    provider: provider.id,
    subject,
    email: emailIn(claims),
    // A claim of another type, such as "false", does not verify an address.
    emailVerified: verified === undefined ? null : verified === true,
    // Cleaned before it is stored: PostgreSQL stores another character in place of NUL.
    name: typeof name === 'string' ? toName(name, '') || null : null,
    providerSession: typeof sid === 'string' && sid.length <= 255 ? sid : null,
    authenticatedAt: authenticatedAtIn(claims, now),
  };
}
