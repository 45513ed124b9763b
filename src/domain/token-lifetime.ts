import { DAY, parseDuration } from './duration.ts';
import { badInput, forbidden, type InputIssue } from './errors.ts';
import type { TokenPolicy } from './policy.ts';
import type { Token } from './token.ts';

/** The lifetime of a token for which none was asked. */
export const DEFAULT_LIFETIME = 30 * DAY;

/** The longest that an old secret may go on working beside a new one. */
export const MAX_OVERLAP = 7 * DAY;

/** What a caller asked for; exactly one of them is set. */
export interface ExpiryRequest {
  /** An ISO 8601 duration from now. */
  readonly after?: string | null;
  readonly at?: Date | null;
  readonly never?: boolean | null;
}

/** What bounds the expiry of a token. */
export interface ExpiryBounds {
  /** The longest lifetime in milliseconds; `null`, no limit. */
  readonly maxLifetime: number | null;
  /** Whether a token must expire. */
  readonly required: boolean;
}

/** The instant that a request names, `null` for never. Throws `BAD_USER_INPUT` on the past and on `never: false`. */
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

/** Holds a personal token's expiry to its bounds. Throws `BAD_USER_INPUT`. */
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

/** Holds a workspace token's expiry to the workspace's policy. Throws `FORBIDDEN`, `POLICY`. */
export function checkWorkspaceExpiry(expiresAt: number | null, now: number, policy: TokenPolicy): void {
  const tooLong = policy.maxLifetime !== null && (expiresAt === null || expiresAt - now > policy.maxLifetime);
  if (tooLong || (expiresAt === null && policy.requireExpiry)) throw forbidden('POLICY');
}

/** The expiry of a new token for which none was asked: 30 days, or the longest that the bounds allow. */
export function defaultExpiry(
  now: number,
  maxLifetime: number | null,
  parentExpiresAt: number | null,
): number {
  const own = now + Math.min(DEFAULT_LIFETIME, maxLifetime ?? DEFAULT_LIFETIME);
  return parentExpiresAt === null ? own : parentExpiresAt;
}

/** The milliseconds between issue and expiry; `null` for a token that never expires. */
export function lifetimeOf(token: Pick<Token, 'issuedAt' | 'expiresAt'>): number | null {
  return token.expiresAt === null ? null : token.expiresAt - token.issuedAt;
}

/** Milliseconds of an overlap. Throws `BAD_USER_INPUT` above seven days. */
export function parseOverlap(text: string, path: InputIssue['path']): number {
  const overlap = parseDuration(text, path);
  if (overlap > MAX_OVERLAP) throw badInput(path, 'must be at most P7D');
  return overlap;
}
