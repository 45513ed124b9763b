import { parseDuration } from '../../domain/duration.ts';
import type { PersonalTokenPolicy, TokenPolicy } from '../../domain/policy.ts';
import { ROLES, type Role } from '../../domain/roles.ts';

/**
 * A change of a token policy. A `maxLifetime` of `null` removes the limit; any other `null` or `undefined` changes
 * nothing.
 */
export interface TokenPolicyRequest {
  readonly workspaceId: string;
  readonly personalTokens?: PersonalTokenPolicy | null | undefined;
  /** An ISO 8601 duration. */
  readonly maxLifetime?: string | null | undefined;
  readonly requireExpiry?: boolean | null | undefined;
  readonly tokenRoles?: readonly Role[] | null | undefined;
}

/** Returns the changes of a request. Throws `BAD_USER_INPUT` at the path of the lifetime. */
export function parsePolicyChanges(
  request: TokenPolicyRequest,
  path: readonly string[],
): Partial<TokenPolicy> {
  const { personalTokens, maxLifetime, requireExpiry, tokenRoles } = request;
  return {
    ...(personalTokens != null && { personalTokens }),
    ...(maxLifetime !== undefined && {
      maxLifetime: maxLifetime === null ? null : parseDuration(maxLifetime, path),
    }),
    ...(requireExpiry != null && { requireExpiry }),
    ...(tokenRoles != null && { tokenRoles: ROLES.filter((role) => tokenRoles.includes(role)) }),
  };
}
