import { MINUTE } from '../duration.ts';
import type { Principal } from '../principal.ts';
import { isAtLeast, type Role } from '../roles.ts';

/** How long a sign-in or a re-authentication counts, in milliseconds. */
export const REAUTHENTICATION_LIFETIME = 10 * MINUTE;

/** The calls of a request that require a re-authenticated session, with the values of one call. */
export interface ReauthenticationRule {
  /** The lowest role that a call must concern; `null` if every call requires it. */
  readonly from: Role | null;
  /** The role that the call gives; `undefined` if it gives none. */
  readonly given?: Role | undefined;
  /** The member whose current role counts too; `undefined` if the call concerns no member. */
  readonly memberId?: string | undefined;
}

/** Returns until when a proof of identity counts. */
export function reauthenticatedUntil(authenticatedAt: number): number {
  return authenticatedAt + REAUTHENTICATION_LIFETIME;
}

/**
 * Returns whether nothing has to be confirmed: the session has signed in or re-authenticated recently. Tokens never have
 * to, because they have only the authority that a person gave them. The session of a command line never is.
 */
export function isReauthenticated(principal: Principal, now: number): boolean {
  if (principal.kind !== 'SESSION') return true;
  return !principal.isCommandLine && now < reauthenticatedUntil(principal.authenticatedAt);
}

/** Returns whether a call with a rule requires a re-authenticated session. `roles` are those that the call concerns. */
export function concerns({ from, given }: ReauthenticationRule, roles: readonly (Role | null)[]): boolean {
  if (from === null) return true;
  return [given ?? null, ...roles].some((role) => role !== null && isAtLeast(role, from));
}
