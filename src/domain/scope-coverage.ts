import type { TokenAuthority } from './principal.ts';
import { concerns, isBuiltIn, type Operation, type ScopeRule } from './scopes.ts';

/** One clause of what a token's scopes reach: an entity or all, in a workspace or in all. */
export interface VisibilityClause {
  readonly entityId: string | null;
  readonly workspaceId: string | null;
}

/** An operation on one entity of a type or, without an id, on the type. */
export interface ScopeTarget {
  readonly operation: Operation;
  readonly entityType: string;
  /** Without it, the check is about every entity of the type, unless `any` is set. */
  readonly entityId?: string | undefined;
  /** Asks whether there is an entity that the caller may do it to, where none is named. */
  readonly any?: boolean | undefined;
  /** Where the entity is; without it, one entity may be in any workspace, and every entity is in all of them. */
  readonly workspaceId?: string | undefined;
}

/** How much of an entity type a check is about: one entity, one that does not exist yet, any one, or every one. */
type Extent = 'ONE' | 'NEW' | 'ANY' | 'EVERY';

function extentOf({ operation, entityType, entityId, any }: ScopeTarget): Extent {
  // Postern assigns the ids of its own entities. Those of a registered type are chosen by its service, maybe beforehand.
  if (operation === 'CREATE' && (entityId === undefined || isBuiltIn(entityType))) return 'NEW';
  if (entityId !== undefined) return 'ONE';
  return any ? 'ANY' : 'EVERY';
}

/** The clauses of one link for an operation; `null` if the link has no limit. */
export function clausesOf(
  link: TokenAuthority,
  operation: Operation,
  entityType: string,
): readonly ScopeRule[] | null {
  if (link.access === 'FULL' && entityType !== 'token') return null;
  if (link.access !== 'SCOPED') return [];
  return link.scopes.filter((scope) => concerns(scope, operation, entityType));
}

function fits(clause: VisibilityClause, extent: Extent, { entityId, workspaceId }: ScopeTarget): boolean {
  const fitsWorkspace =
    clause.workspaceId === null ||
    (workspaceId === undefined ? extent !== 'EVERY' : clause.workspaceId === workspaceId);
  const fitsEntity =
    clause.entityId === null || extent === 'ANY' || (extent === 'ONE' && clause.entityId === entityId);
  return fitsWorkspace && fitsEntity;
}

/**
 * Whether every link of a chain has a clause that fits. A clause for single entities fits neither a new one nor every one;
 * a clause for one workspace does not fit every entity unless the check names that workspace.
 */
export function covers(chain: readonly TokenAuthority[], target: ScopeTarget): boolean {
  const extent = extentOf(target);
  return chain.every((link) => {
    const clauses = clausesOf(link, target.operation, target.entityType);
    return clauses === null || clauses.some((clause) => fits(clause, extent, target));
  });
}
