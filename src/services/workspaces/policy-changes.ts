import { parseDuration } from '../../domain/duration.ts';
import type { PersonalTokenPolicy, TokenPolicy } from '../../domain/policy.ts';
import { ROLES, type Role } from '../../domain/roles.ts';

/**
 * A change of a token policy. A `maxLifetime` or `ownerSeenWithin` of `null` removes the limit; any other `null` or
 * `undefined` changes nothing.
 */
export interface TokenPolicyRequest {
  readonly workspaceId: string;
  readonly personalTokens?: PersonalTokenPolicy | null | undefined;
  /** An ISO 8601 duration. */
  readonly maxLifetime?: string | null | undefined;
  /** An ISO 8601 duration. */
  readonly ownerSeenWithin?: string | null | undefined;
  readonly requireExpiry?: boolean | null | undefined;
  readonly tokenRoles?: readonly Role[] | null | undefined;
}

/** Returns a limit that changes; no entry if it stays as it is. Throws `BAD_USER_INPUT` at its path. */
function limitOf<K extends 'maxLifetime' | 'ownerSeenWithin'>(
  name: K,
  request: TokenPolicyRequest,
  path: readonly string[],
): Partial<Record<K, number | null>> {
  const text = request[name];
  if (text === undefined) return {};
  const limit = text === null ? null : parseDuration(text, [...path, name]);
  return { [name]: limit } as Partial<Record<K, number | null>>;
}

/** Returns the changes of a request. Throws `BAD_USER_INPUT` at the path of a duration, below that of the request. */
export function parsePolicyChanges(
  request: TokenPolicyRequest,
  path: readonly string[],
): Partial<TokenPolicy> {
  const { personalTokens, requireExpiry, tokenRoles } = request;
  return {
    ...(personalTokens != null && { personalTokens }),
    ...limitOf('maxLifetime', request, path),
    ...limitOf('ownerSeenWithin', request, path),
    ...(requireExpiry != null && { requireExpiry }),
    ...(tokenRoles != null && { tokenRoles: ROLES.filter((role) => tokenRoles.includes(role)) }),
  };
}
