import {
  BUILT_IN_OPERATIONS,
  isBuiltIn,
  normaliseOperations,
  type Operation,
} from '../../../src/domain/scopes.ts';
import type { ScopeTargetsQuery, TokenScopeInput } from '../generated/hooks.ts';

/** A scope while it is being put together; empty strings stand for what is not chosen, or for all. */
export interface ScopeDraft {
  readonly key: string;
  readonly entityType: string;
  readonly entityId: string;
  readonly workspaceId: string;
  readonly operations: readonly Operation[];
}

/** Something that a scope can be limited to. */
interface Target {
  readonly id: string;
  readonly name: string;
}

/** What scopes can be about, as the signed-in person sees it. */
export interface ScopeTargets {
  readonly workspaces: readonly Target[];
  /** The operations of every entity type: Postern's own and those that the workspaces registered. */
  readonly types: ReadonlyMap<string, readonly Operation[]>;
  /** The entities of a type by name; `null` where they belong to another service, and only their ids are known. */
  entitiesOf(entityType: string): readonly Target[] | null;
}

/** Targets from what the server lists. */
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
    types.set(name, normaliseOperations([...(types.get(name) ?? []), ...operations]));
  }
  return {
    workspaces,
    types,
    entitiesOf: (entityType) => entities[entityType] ?? null,
  };
}

/** A scope of which nothing is chosen yet. */
export function emptyDraft(): ScopeDraft {
  // `crypto.randomUUID` is missing on a page that came over plain http.
  const key = crypto.getRandomValues(new Uint32Array(4)).join('-');
  return { key, entityType: '', entityId: '', workspaceId: '', operations: [] };
}

/** Whether a draft says enough to be sent. */
export function isComplete({ entityType, operations }: ScopeDraft): boolean {
  return entityType !== '' && operations.length > 0;
}

/** Whether scopes of a type can be limited to a workspace, once no single entity of Postern's own is named. */
export function takesWorkspace({ entityType, entityId }: ScopeDraft): boolean {
  if (entityType === '' || entityType === 'token' || entityType === 'workspace') return false;
  return !isBuiltIn(entityType) || entityId === '';
}

/** A draft as the API takes it. */
export function toScopeInput(draft: ScopeDraft): TokenScopeInput {
  return {
    entityType: draft.entityType,
    entityId: draft.entityId.trim() || null,
    workspaceId: takesWorkspace(draft) ? draft.workspaceId || null : null,
    operations: [...draft.operations],
  };
}
