import type { TokenPolicy } from '../domain/policy.ts';
import { ROLES, type Role, rankOf, roleOfRank } from '../domain/roles.ts';
import { normaliseOperations, type Operation } from '../domain/scopes.ts';

/** Returns the stored rank of a role; `null` for no role. */
export function roleToRank(role: Role | null): number | null {
  return role === null ? null : rankOf(role);
}

/** Returns the role of a stored rank; `null` for no role. */
export function roleFromRank(rank: number | null): Role | null {
  return rank === null ? null : roleOfRank(rank);
}

/** Returns operations as stored: their names in canonical order, without duplicates, separated by single spaces. */
export function operationsToText(operations: readonly Operation[]): string {
  return normaliseOperations(operations).join(' ');
}

/** Returns the operations of a stored text, in the stored order. */
export function operationsFromText(text: string): readonly Operation[] {
  return text === '' ? [] : (text.split(' ') as Operation[]);
}

/** Returns roles as a bit set; the lowest bit is the lowest role. */
export function rolesToBits(roles: readonly Role[]): number {
  return roles.reduce((bits, role) => bits | (1 << rankOf(role)), 0);
}

function rolesFromBits(bits: number): Role[] {
  return ROLES.filter((role) => (bits & (1 << rankOf(role))) !== 0);
}

/** The columns of `workspaces` that hold its token policy. */
export interface PolicyColumns {
  readonly personal_tokens: string;
  readonly max_lifetime: number | null;
  readonly owner_seen_within: number | null;
  readonly require_expiry: number;
  readonly token_roles: number;
}

/** The policy columns of `workspaces as w`, to select. */
export const POLICY_COLUMNS = [
  'w.personal_tokens',
  'w.max_lifetime',
  'w.owner_seen_within',
  'w.require_expiry',
  'w.token_roles',
] as const;

/** Returns the policy that the columns hold. */
export function policyFromColumns(row: PolicyColumns): TokenPolicy {
  return {
    personalTokens: row.personal_tokens as TokenPolicy['personalTokens'],
    maxLifetime: row.max_lifetime,
    ownerSeenWithin: row.owner_seen_within,
    requireExpiry: row.require_expiry !== 0,
    tokenRoles: rolesFromBits(row.token_roles),
  };
}

/** Returns the columns that hold a policy. */
export function policyToColumns(policy: TokenPolicy): PolicyColumns {
  return {
    personal_tokens: policy.personalTokens,
    max_lifetime: policy.maxLifetime,
    owner_seen_within: policy.ownerSeenWithin,
    require_expiry: policy.requireExpiry ? 1 : 0,
    token_roles: rolesToBits(policy.tokenRoles),
  };
}
