import {
  type ErrorCode,
  failure,
  forbidden,
  type PosternError,
  type Reason,
  type Required,
} from './errors.ts';
import type { TokenPolicy } from './policy.ts';
import type { Role } from './roles.ts';
import type { Operation } from './scopes.ts';
import type { Token } from './token.ts';

/** The caller's role and shares in a workspace, with the workspace's token policy. */
export interface AccessContext {
  readonly workspaceId: string;
  /** `null` if the caller is not a member. */
  readonly role: Role | null;
  /** The operations on the entity in question that were shared with the caller's user. */
  readonly shared: readonly Operation[];
  readonly policy: TokenPolicy;
}

/**
 * An allowed request, with the rows that were loaded to decide on it. Inside a transaction they are current, so the work
 * uses them and does not read them again.
 */
export interface Grant {
  readonly allowed: true;
  /** The caller's role in the workspace concerned; `null` if the caller is not a member, or no single workspace is concerned. */
  readonly role: Role | null;
  /** The caller's access to that workspace, with its token policy. */
  readonly access: AccessContext | null;
  /** The token that the request names. */
  readonly token: Token | null;
  /** When the grant ends as time passes, although nothing is stored, in milliseconds since the epoch; `null` if it does not. */
  readonly endsAt: number | null;
}

/** A refused request. */
export interface Denial {
  readonly allowed: false;
  /** `UNAUTHENTICATED`, `FORBIDDEN` or `NOT_FOUND`; for the abilities of a token also the code of its refusal. */
  readonly code: ErrorCode;
  /** Why it is forbidden; `null` with any other code. */
  readonly reason: Reason | null;
  /** What would be sufficient; `null` if nothing can be named. */
  readonly required: Required | null;
}

/** The result of an authorization. */
export type Decision = Grant | Denial;

/** The grant of a request that was decided without a look-up. */
export const NOTHING_LOADED: Grant = Object.freeze({
  allowed: true,
  role: null,
  access: null,
  token: null,
  endsAt: null,
});

/** The denial of a caller without a credential. */
export const UNAUTHENTICATED: Denial = Object.freeze({
  allowed: false,
  code: 'UNAUTHENTICATED',
  reason: null,
  required: null,
});

/** The denial that does not distinguish an absent object from a hidden one. */
export const NOT_FOUND: Denial = Object.freeze({
  allowed: false,
  code: 'NOT_FOUND',
  reason: null,
  required: null,
});

/** Returns the denial with the code `FORBIDDEN` and a reason. */
export function deny(reason: Reason, required: Required | null = null): Denial {
  return { allowed: false, code: 'FORBIDDEN', reason, required };
}

/** Returns the error of a refused call. */
export function denialError({ code, reason, required }: Denial): PosternError {
  return reason === null ? failure(code) : forbidden(reason, required ?? undefined);
}

/** Returns the grant. Throws the error of a denial: the only place where a decision becomes an exception. */
export function requireGrant(decision: Decision): Grant {
  if (!decision.allowed) throw denialError(decision);
  return decision;
}

/** Returns whether a look-up answers a denial with `null`: the object is absent, hidden, or closed to the token by a policy. */
export function isHidden(decision: Decision): boolean {
  return !decision.allowed && (decision.code === 'NOT_FOUND' || decision.reason === 'POLICY');
}
