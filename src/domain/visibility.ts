import type { PolicySubject } from './policy.ts';
import { type Principal, policySubjectOf, type TokenAuthority } from './principal.ts';
import { isAtLeast, type Role } from './roles.ts';
import { clausesOf, type VisibilityClause } from './scope-coverage.ts';
import { type Operation, roleForOperation } from './scopes.ts';

/** The entities of a type on which a caller is allowed an operation, as data that a query filters by. */
export interface VisibilityFilter {
  readonly holder: { readonly userId: string } | { readonly workspaceId: string };
  readonly operation: Operation;
  /** The role that a member needs. */
  readonly role: Role;
  /** One group for each scoped token of the chain, at least one clause of which must match; empty for no limit. */
  readonly limits: readonly (readonly VisibilityClause[])[];
  /** What a workspace's token policy is applied to; `null` for a session. */
  readonly subject: PolicySubject | null;
}

/** Returns the part of a filter that applies to whole workspaces: without the clauses about single entities. */
export function wholeTypeOf(filter: VisibilityFilter): VisibilityFilter {
  const limits = filter.limits.map((clauses) => clauses.filter(({ entityId }) => entityId === null));
  return { ...filter, limits };
}

/** Returns the entities of a type that are visible to a caller for an operation at the instant `now`; `null` if there can be none. */
export function visibilityFilterFor(
  principal: Principal,
  operation: Operation,
  entityType: string,
  now: number,
): VisibilityFilter | null {
  const role = roleForOperation(operation);
  const subject = policySubjectOf(principal, now);
  switch (principal.kind) {
    case 'ANONYMOUS':
      return null;
    case 'SESSION':
      return { holder: { userId: principal.userId }, operation, role, limits: [], subject };
    case 'WORKSPACE_TOKEN': {
      const limits = isAtLeast(principal.role, role)
        ? limitsOf(principal.chain, operation, entityType)
        : null;
      return limits && { holder: { workspaceId: principal.workspaceId }, operation, role, limits, subject };
    }
    case 'PERSONAL_TOKEN': {
      const limits = limitsOf(principal.chain, operation, entityType);
      return limits && { holder: { userId: principal.userId }, operation, role, limits, subject };
    }
  }
}

/** Returns the clauses of each scoped token of a chain; `null` if one of them has none. */
function limitsOf(
  chain: readonly TokenAuthority[],
  operation: Operation,
  entityType: string,
): VisibilityFilter['limits'] | null {
  const limits = chain
    .map((link) => clausesOf(link, operation, entityType))
    .filter((clauses) => clauses !== null);
  return limits.some((clauses) => clauses.length === 0) ? null : limits;
}
