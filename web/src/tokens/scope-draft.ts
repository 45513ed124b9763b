import {
  BUILT_IN_OPERATIONS,
  isBuiltIn,
  normaliseOperations,
  type Operation,
} from '../../../src/domain/scopes.ts';
import type { ScopeTargetsQuery, TokenScopeInput } from '../generated/hooks.ts';

/** A scope that the user is editing; an empty string means "not selected" or "all". */
export interface ScopeDraft {
  readonly key: string;
  readonly entityType: string;
  readonly entityId: string;
  readonly workspaceId: string;
  readonly operations: readonly Operation[];
}

/** A resource that a scope can be limited to. */
interface Target {
  readonly id: string;
  readonly name: string;
}

/** The resources that the user can select in a scope. */
export interface ScopeTargets {
  readonly workspaces: readonly Target[];
  /** The operations of every resource type, built-in and registered. */
  readonly types: ReadonlyMap<string, readonly Operation[]>;
  /** Returns the resources of a type; `null` if they belong to another service and cannot be listed. */
  entitiesOf(entityType: string): readonly Target[] | null;
}

/** Returns the targets in a query result. */
export function toScopeTargets(data: ScopeTargetsQuery): ScopeTargets {
  const workspaces = data.workspaces?.nodes ?? [];
  const entities: Record<string, readonly Target[]> = {
    workspace: workspaces,
    channel: (data.channels?.nodes ?? []).map(({ id, name, workspace }) => ({
      id,
      name: `${name} (${workspace.name})`,
    })),
    token: (data.tokens?.nodes ?? []).map(({ id, name, identifier }) => ({
      id,
      name: `${name} (${identifier})`,
    })),
  };
  const types = new Map<string, readonly Operation[]>(Object.entries(BUILT_IN_OPERATIONS));
  for (const { name, operations } of workspaces.flatMap(({ entityTypes }) => entityTypes)) {
    types.set(name, normaliseOperations([...(types.get(name) ?? []), ...(operations as Operation[])]));
  }
  return {
    workspaces,
    types,
    entitiesOf: (entityType) => entities[entityType] ?? null,
  };
}

/** Returns an empty scope. */
export function emptyDraft(): ScopeDraft {
  // `crypto.randomUUID` is missing on a page that was loaded over plain HTTP.
  const key = crypto.getRandomValues(new Uint32Array(4)).join('-');
  return { key, entityType: '', entityId: '', workspaceId: '', operations: [] };
}

/** Whether a draft is complete. */
export function isComplete({ entityType, operations }: ScopeDraft): boolean {
  return entityType !== '' && operations.length > 0;
}

/** Whether the scope can be limited to a workspace. A scope on a single built-in resource cannot. */
export function takesWorkspace({ entityType, entityId }: ScopeDraft): boolean {
  if (entityType === '' || entityType === 'token' || entityType === 'workspace') return false;
  return !isBuiltIn(entityType) || entityId === '';
}

type ScopeField = 'entityType' | 'entityId' | 'workspaceId' | 'operations';
type ScopePath = `scopes.${number}.${ScopeField}`;

/** The errors of one scope, by field. */
export type ScopeErrors = Readonly<Partial<Record<ScopeField, string>>>;

const SCOPE_FIELDS: readonly ScopeField[] = ['entityType', 'entityId', 'workspaceId', 'operations'];

/** Returns the paths of the fields of the scope at an index of the input. */
export function scopePaths(index: number): ScopePath[] {
  return SCOPE_FIELDS.map((field): ScopePath => `scopes.${index}.${field}`);
}

/** Returns the errors of the scope at an index of the input. */
export function errorsOfScope(
  errors: Readonly<Partial<Record<ScopePath, string>>>,
  index: number,
): ScopeErrors {
  return Object.fromEntries(SCOPE_FIELDS.map((field) => [field, errors[`scopes.${index}.${field}`]]));
}

/** Returns a draft as an API input. */
export function toScopeInput(draft: ScopeDraft): TokenScopeInput {
  return {
    entityType: draft.entityType,
    entityId: draft.entityId.trim() || null,
    workspaceId: takesWorkspace(draft) ? draft.workspaceId || null : null,
    operations: [...draft.operations],
  };
}
