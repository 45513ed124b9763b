import { errors, type JWTVerifyGetKey } from 'jose';
import type { IdentityProvider } from '../../domain/accounts/identity-provider.ts';
import { MINUTE, SECOND } from '../../domain/duration.ts';
import { verifySignature } from './provider-keys.ts';

const EVENT = 'http://schemas.openid.net/event/backchannel-logout';
const LONGEST = 8 * 1024;
const LONGEST_ID = 255;

/** For how long after `iat` a logout token is accepted. It must be remembered for as long. */
export const LOGOUT_TOKEN_LIFETIME = 10 * MINUTE;

/** What a provider asks to end (OpenID Connect Back-Channel Logout 1.0, section 2.4). At least one of the last two is set. */
export interface LogoutToken {
  readonly provider: string;
  /** The id of the token. */
  readonly jti: string;
  /** The person; `null` if the token names only a session. */
  readonly subject: string | null;
  /** The id of the session at the provider; `null` for all sessions of the person. */
  readonly providerSession: string | null;
}

function textIn(value: unknown): string | null {
  return typeof value === 'string' && value !== '' && value.length <= LONGEST_ID ? value : null;
}

function wrong(what: string): never {
  throw new errors.JWTInvalid(what);
}

/**
 * Returns the contents of a logout token after the checks of OpenID Connect Back-Channel Logout 1.0, section 2.6. Throws if it
 * is not valid, or if the keys of the provider cannot be read.
 */
export async function readLogoutToken(
  token: string,
  {
    id,
    issuer,
    clientId,
    subjectClaim,
  }: Pick<IdentityProvider, 'id' | 'issuer' | 'clientId' | 'subjectClaim'>,
  keys: JWTVerifyGetKey,
  now: number,
): Promise<LogoutToken> {
  if (token.length > LONGEST) wrong('too long');
  const { payload, protectedHeader } = await verifySignature(token, keys, now, {
    issuer,
    audience: clientId,
    maxTokenAge: LOGOUT_TOKEN_LIFETIME / SECOND,
    requiredClaims: ['iat', 'jti', 'events'],
  });
  // Providers that implement a draft send no type, but an ID token is excluded by its nonce and its lack of the event.
  const type = protectedHeader.typ?.toLowerCase().replace(/^application\//, '') ?? 'jwt';
  if (type !== 'logout+jwt' && type !== 'jwt') wrong('not a logout token');
  const { events, nonce, sid } = payload;
  const event = typeof events === 'object' && events !== null ? Reflect.get(events, EVENT) : undefined;
  if (typeof event !== 'object' || event === null || nonce !== undefined) wrong('not a logout token');
  const jti = textIn(payload.jti) ?? wrong('jti');
  const subject = textIn(payload[subjectClaim]);
  const providerSession = textIn(sid);
  if (subject === null && providerSession === null) wrong('names no one');
  return { provider: id, jti, subject, providerSession };
}
