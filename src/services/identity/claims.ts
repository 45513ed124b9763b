import { isGroupName } from '../../domain/accounts/groups.ts';
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

/**
 * What claims say about the groups of a person: their names, nothing, that there are too many to list, or something that
 * cannot be read.
 */
export type StatedGroups = readonly string[] | 'ABSENT' | 'TOO_MANY' | 'UNREADABLE';

/** Returns whether a provider lists the groups elsewhere because there are too many (Microsoft Entra ID, group overages). */
function hasOverage({ _claim_names: names, hasgroups }: Claims, claim: string): boolean {
  const isElsewhere = typeof names === 'object' && names !== null && Object.hasOwn(names, claim);
  return isElsewhere || hasgroups === true || hasgroups === 'true';
}

/** Returns the groups in verified claims. A single text is one group. */
export function groupsIn({ groupsClaim }: IdentityProvider, claims: Claims): StatedGroups {
  const value = Object.hasOwn(claims, groupsClaim) ? claims[groupsClaim] : undefined;
  if (value === undefined) return hasOverage(claims, groupsClaim) ? 'TOO_MANY' : 'ABSENT';
  const names: unknown[] = Array.isArray(value) ? value : [value];
  if (!names.every((name) => typeof name === 'string')) return 'UNREADABLE';
  // A text that is no name of a group cannot have a role.
  return [...new Set(names)].filter(isGroupName);
}

/** Returns whether the claims of a provider's people give them roles. */
export function readsGroups({ groups, groupsFrom }: IdentityProvider): boolean {
  return groups.length > 0 && groupsFrom === 'claim';
}

/** Returns the groups to store after a sign-in; `null` if those that are stored stay as they are. */
function groupsAfterSignIn(provider: IdentityProvider, claims: Claims): readonly string[] | null {
  if (!readsGroups(provider)) return null;
  const stated = groupsIn(provider, claims);
  if (stated === 'TOO_MANY') return null;
  return stated === 'ABSENT' || stated === 'UNREADABLE' ? [] : stated;
}

/** Returns when claims were issued. An instant in the future, or none, counts as now. */
export function issuedAtIn({ iat }: Claims, now: number): number {
  return typeof iat === 'number' ? Math.min(Math.floor(iat) * SECOND, now) : now;
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
    groups: groupsAfterSignIn(provider, claims),
    issuedAt: issuedAtIn(claims, now),
  };
}
