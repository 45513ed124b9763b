import type { TokenPolicy } from '../domain/policy.ts';
import { ROLES, type Role, rankOf, roleOfRank } from '../domain/roles.ts';
import { normaliseOperations, type Operation } from '../domain/scopes.ts';

/** A role as storage keeps it, `null` for none. */
export function roleToRank(role: Role | null): number | null {
  return role === null ? null : rankOf(role);
}

/** A role from what storage kept, `null` for none. */
export function roleFromRank(rank: number | null): Role | null {
  return rank === null ? null : roleOfRank(rank);
}

/** Operations as stored: their names in the usual order, each once, separated by single spaces. */
export function operationsToText(operations: readonly Operation[]): string {
  return normaliseOperations(operations).join(' ');
}

/** Operations from their stored text, in the stored order. */
export function operationsFromText(text: string): readonly Operation[] {
  return text === '' ? [] : (text.split(' ') as Operation[]);
}

/** Roles as a bit set, the lowest role the lowest bit. */
export function rolesToBits(roles: readonly Role[]): number {
  return roles.reduce((bits, role) => bits | (1 << rankOf(role)), 0);
}

function rolesFromBits(bits: number): Role[] {
  return ROLES.filter((role) => (bits & (1 << rankOf(role))) !== 0);
}

/** The columns of a workspace that make up its policy. */
export interface PolicyColumns {
  readonly personal_tokens: string;
  readonly max_lifetime: number | null;
  readonly require_expiry: number;
  readonly token_roles: number;
}

/** A policy from its columns. */
export function policyFromColumns(row: PolicyColumns): TokenPolicy {
  return {
    personalTokens: row.personal_tokens as TokenPolicy['personalTokens'],
    maxLifetime: row.max_lifetime,
    requireExpiry: row.require_expiry !== 0,
    tokenRoles: rolesFromBits(row.token_roles),
  };
}

/** A policy as its columns. */
export function policyToColumns(policy: TokenPolicy): PolicyColumns {
  return {
    personal_tokens: policy.personalTokens,
    max_lifetime: policy.maxLifetime,
    require_expiry: policy.requireExpiry ? 1 : 0,
    token_roles: rolesToBits(policy.tokenRoles),
  };
}
