import { DAY, parseDuration } from './duration.ts';
import { badInput, forbidden, type InputIssue } from './errors.ts';
import type { TokenPolicy } from './policy.ts';
import type { Token } from './token.ts';

/** The default lifetime of a token. */
export const DEFAULT_LIFETIME = 30 * DAY;

/** The maximum overlap of an old and a new secret. */
export const MAX_OVERLAP = 7 * DAY;

/** The requested expiry; exactly one member is set. */
export interface ExpiryRequest {
  /** An ISO 8601 duration from now. */
  readonly after?: string | null;
  readonly at?: Date | null;
  readonly never?: boolean | null;
}

/** The limits on the expiry of a token. */
export interface ExpiryBounds {
  /** The maximum lifetime in milliseconds; `null` for no limit. */
  readonly maxLifetime: number | null;
  /** Whether a token must expire. */
  readonly required: boolean;
}

/** Returns the requested instant; `null` for never. Throws `BAD_USER_INPUT` on the past and on `never: false`. */
export function parseExpiry(request: ExpiryRequest, now: number, path: InputIssue['path']): number | null {
  if (request.after != null) return now + parseDuration(request.after, [...path, 'after']);
  if (request.at != null) {
    const at = request.at.getTime();
    if (!(at > now)) throw badInput([...path, 'at'], 'must be in the future');
    return at;
  }
  if (request.never !== true) throw badInput([...path, 'never'], 'must be true, or left out');
  return null;
}

/** Throws `BAD_USER_INPUT` if the expiry of a personal token is outside its bounds. */
export function checkPersonalExpiry(
  expiresAt: number | null,
  now: number,
  bounds: ExpiryBounds,
  path: InputIssue['path'],
): void {
  if (expiresAt === null) {
    if (bounds.required) throw badInput(path, 'a personal token must expire');
    return;
  }
  if (bounds.maxLifetime !== null && expiresAt - now > bounds.maxLifetime) {
    throw badInput(path, `must be at most ${Math.floor(bounds.maxLifetime / DAY)} days from now`);
  }
}

/** Throws `FORBIDDEN` with `POLICY` if the policy of the workspace does not allow the expiry of a workspace token. */
export function checkWorkspaceExpiry(expiresAt: number | null, now: number, policy: TokenPolicy): void {
  const tooLong = policy.maxLifetime !== null && (expiresAt === null || expiresAt - now > policy.maxLifetime);
  if (tooLong || (expiresAt === null && policy.requireExpiry)) throw forbidden('POLICY');
}

/** Returns the default expiry of a new token: 30 days, or less if the bounds require it. */
export function defaultExpiry(
  now: number,
  maxLifetime: number | null,
  parentExpiresAt: number | null,
): number {
  const own = now + Math.min(DEFAULT_LIFETIME, maxLifetime ?? DEFAULT_LIFETIME);
  return parentExpiresAt === null ? own : parentExpiresAt;
}

/** Returns the milliseconds between issue and expiry; `null` for a token that never expires. */
export function lifetimeOf(token: Pick<Token, 'issuedAt' | 'expiresAt'>): number | null {
  return token.expiresAt === null ? null : token.expiresAt - token.issuedAt;
}

/** Returns an overlap in milliseconds. Throws `BAD_USER_INPUT` above seven days. */
export function parseOverlap(text: string, path: InputIssue['path']): number {
  const overlap = parseDuration(text, path);
  if (overlap > MAX_OVERLAP) throw badInput(path, 'must be at most P7D');
  return overlap;
}
