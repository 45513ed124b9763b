import type { TokenAuthority } from './principal.ts';
import { concerns, includesEntity, isBuiltIn, type Operation, type ScopeRule } from './scopes.ts';

/** One clause of the coverage of a token's scopes: some entities or all, in one workspace or all. */
export interface VisibilityClause {
  /** One entity or, of a registered type, a pattern; `null` for all. */
  readonly entityId: string | null;
  readonly workspaceId: string | null;
}

/** An operation on one entity of a type or, without an id, on the type. */
export interface ScopeTarget {
  readonly operation: Operation;
  readonly entityType: string;
  /** Without it, the check is about every entity of the type, unless `any` is set. */
  readonly entityId?: string | undefined;
  /** Without an entity id: checks for at least one entity instead of every one. */
  readonly any?: boolean | undefined;
  /** The workspace of the entity. Without it, one entity can be in any workspace, and every entity is in all of them. */
  readonly workspaceId?: string | undefined;
}

/** How much of an entity type a check is about: one entity, one that does not exist yet, any one, or every one. */
type Extent = 'ONE' | 'NEW' | 'ANY' | 'EVERY';

/** Returns how much of its entity type a check is about. */
export function extentOf({ operation, entityType, entityId, any }: ScopeTarget): Extent {
  // Postern assigns the ids of its own entities. The service of a registered type can choose ids before creation.
  if (operation === 'CREATE' && (entityId === undefined || isBuiltIn(entityType))) return 'NEW';
  if (entityId !== undefined) return 'ONE';
  return any ? 'ANY' : 'EVERY';
}

/** Returns the clauses of one link for an operation; `null` if the link has no limit. */
export function clausesOf(
  link: TokenAuthority,
  operation: Operation,
  entityType: string,
): readonly ScopeRule[] | null {
  const isUnlimited = link.access === 'FULL' || link.access === 'ROLE';
  if (isUnlimited && entityType !== 'token') return null;
  if (link.access !== 'SCOPED') return [];
  return link.scopes.filter((scope) => concerns(scope, operation, entityType));
}

function fits(clause: VisibilityClause, extent: Extent, { entityId, workspaceId }: ScopeTarget): boolean {
  const fitsWorkspace =
    clause.workspaceId === null ||
    (workspaceId === undefined ? extent !== 'EVERY' : clause.workspaceId === workspaceId);
  const fitsEntity =
    clause.entityId === null ||
    extent === 'ANY' ||
    (extent === 'ONE' && entityId !== undefined && includesEntity(clause.entityId, entityId));
  return fitsWorkspace && fitsEntity;
}

/**
 * Returns whether every link of a chain has a clause that fits. A clause for single entities or a pattern fits neither a new one nor every one;
 * a clause for one workspace does not fit every entity unless the check names that workspace.
 */
export function covers(chain: readonly TokenAuthority[], target: ScopeTarget): boolean {
  const extent = extentOf(target);
  return chain.every((link) => {
    const clauses = clausesOf(link, target.operation, target.entityType);
    return clauses === null || clauses.some((clause) => fits(clause, extent, target));
  });
}

/**
 * Returns the ids of workspaces outside of which the chain of a token covers the operation on no entity of a type; `null` if
 * its scopes do not name the workspaces.
 */
export function coveredWorkspaces(
  chain: readonly TokenAuthority[],
  operation: Operation,
  entityType: string,
): readonly string[] | null {
  for (const link of chain) {
    const ids = clausesOf(link, operation, entityType)?.map(({ workspaceId }) => workspaceId);
    if (ids?.every((id) => id !== null)) return [...new Set(ids)];
  }
  return null;
}
