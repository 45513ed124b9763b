import type { IdentityProvider } from '../../domain/accounts/identity-provider.ts';
import { DAY, SECOND } from '../../domain/duration.ts';
import type { Claims } from './claims.ts';

/** How far the clocks of a provider and of this server can differ. */
export const LEEWAY = 60 * SECOND;
/** The longest lifetime of a token. */
const LIFETIME_MAX = DAY;

/** Header parameters that name or contain a key, or change how the token is read. No provider needs them for a session. */
const REFUSED_HEADERS = ['crit', 'jku', 'jwk', 'x5u', 'x5c', 'b64', 'zip'];
const ACCESS_TOKEN = /^(?:application\/)?at\+jwt$/i;
const PLAIN = /^(?:application\/)?jwt$/i;
/** The claims by which an ID token is bound to a sign-in (OpenID Connect Core, sections 2 and 3.3.2.11). */
const OF_ID_TOKENS = ['nonce', 'at_hash', 'c_hash'];

/** The header and the claims of a token whose signature is not verified yet. */
export interface UnverifiedJwt {
  readonly header: Claims;
  readonly claims: Claims;
}

function decode(segment: string): Claims | null {
  try {
    const value: unknown = JSON.parse(Buffer.from(segment, 'base64url').toString('utf8'));
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Claims) : null;
  } catch {
    return null;
  }
}

/** Returns the parts of a token in the compact form (RFC 7515, section 7.1); `null` for any other text. */
export function decodeJwt(token: string): UnverifiedJwt | null {
  const [first = '', second = '', signature, ...others] = token.split('.', 5);
  if (!signature || others.length > 0) return null;
  const [header, claims] = [decode(first), decode(second)];
  return header && claims && { header, claims };
}

/** Returns whether a header says how to find the key or to read the token, so that the token is refused. */
export function hasRefusedHeader({ header }: UnverifiedJwt): boolean {
  return REFUSED_HEADERS.some((name) => header[name] !== undefined);
}

/** Returns the audiences of a token (RFC 7519, section 4.1.3). */
export function audiencesOf({ aud }: Claims): string[] {
  return (Array.isArray(aud) ? aud : [aud]).filter((each) => typeof each === 'string');
}

/** Returns the texts of a claim that is a text separated by spaces or a list. */
function textsIn(claim: unknown): string[] {
  if (typeof claim === 'string') return claim.split(' ').filter((text) => text !== '');
  return Array.isArray(claim) ? claim.filter((text) => typeof text === 'string') : [];
}

/** Returns whether a header states no type of token, or none but that it is a JSON Web Token. */
export function isPlain({ typ }: Claims): boolean {
  return typ === undefined || (typeof typ === 'string' && PLAIN.test(typ));
}

/** Returns whether a token is an access token: by its type (RFC 9068, section 2.1), or by its scopes if it has no sign of an ID token. */
function isAccessToken({ header, claims }: UnverifiedJwt): boolean {
  const { typ } = header;
  if (typeof typ === 'string' && ACCESS_TOKEN.test(typ)) return true;
  if (!isPlain(header)) return false;
  const hasScope = textsIn(claims.scope).length + textsIn(claims.scp).length > 0;
  return hasScope && OF_ID_TOKENS.every((name) => claims[name] === undefined);
}

/** Returns the clients that a token names as the one that requested it. */
function clientsIn({ azp, client_id: clientId }: Claims): unknown[] {
  return [azp, clientId].filter((client) => client !== undefined);
}

/** Returns whether a client requested a token for itself, so that it stands for no person. */
function isOfClient(claims: Claims): boolean {
  return (
    clientsIn(claims).includes(claims.sub) || claims.idtyp === 'app' || claims.gty === 'client-credentials'
  );
}

function isOfAllowedClient({ clients }: IdentityProvider, claims: Claims): boolean {
  const named = clientsIn(claims);
  if (clients.length === 0) return true;
  return named.length > 0 && named.every((client) => clients.includes(client as string));
}

function hasRequiredScope({ requiredScope }: IdentityProvider, claims: Claims): boolean {
  return requiredScope === null || [...textsIn(claims.scope), ...textsIn(claims.scp)].includes(requiredScope);
}

function isInstant(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value) && value > 0;
}

/** Returns whether the instants of a token allow its use now, with the leeway, and its lifetime is at most a day. */
export function isCurrent({ iat, exp, nbf }: Claims, now: number): boolean {
  if (!isInstant(iat) || !isInstant(exp) || (nbf !== undefined && !isInstant(nbf))) return false;
  const latest = (now + LEEWAY) / SECOND;
  const isValid = iat <= latest && (nbf ?? 0) <= latest && exp > (now - LEEWAY) / SECOND;
  return isValid && exp > iat && exp - iat <= LIFETIME_MAX / SECOND;
}

/**
 * Returns the provider whose access token of a person a token claims to be; `null` for any other token. It is decided before the
 * signature, so that most of what is refused costs neither a signature nor a request for keys.
 */
export function claimedProvider(
  providers: readonly IdentityProvider[],
  jwt: UnverifiedJwt,
  now: number,
): IdentityProvider | null {
  const { claims } = jwt;
  if (hasRefusedHeader(jwt)) return null;
  const audiences = audiencesOf(claims);
  const provider = providers.find(
    ({ issuer, audience }) => issuer === claims.iss && audience !== null && audiences.includes(audience),
  );
  if (!provider || !isCurrent(claims, now) || !isAccessToken(jwt) || isOfClient(claims)) return null;
  return isOfAllowedClient(provider, claims) && hasRequiredScope(provider, claims) ? provider : null;
}

/** Returns when a token stops to count: at its end, or after the leeway if that has passed already. */
export function endOf({ exp }: Claims, now: number): number {
  const end = Math.floor(Number(exp) * SECOND);
  return now < end ? end : end + LEEWAY;
}
