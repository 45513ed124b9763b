import { BUILT_IN_OPERATIONS, isBuiltIn, type Operation } from '../../../src/domain/scopes.ts';
import type { ScopeTargetsQuery, WorkspaceScopeTargetsQuery } from '../generated/hooks.ts';
import { isolate } from '../labels.ts';

/** A resource that a scope can be limited to. */
export interface Target {
  readonly id: string;
  readonly name: string;
}

/** The resources that the user can select in a scope. */
export interface ScopeTargets {
  readonly workspaces: readonly Target[];
  /** The only workspace that scopes can be about, for tokens that belong to it; `null` if they can be about all. */
  readonly within: Target | null;
  /** The names of the resource types, built-in and registered. */
  readonly types: readonly string[];
  /** Returns the workspaces that a scope on a type can be limited to. */
  workspacesOf(entityType: string): readonly Target[];
  /** Returns the operations that a scope can list; those of a registered type depend on its workspace. */
  operationsOf(scope: { readonly entityType: string; readonly workspaceId: string }): readonly Operation[];
  /** Returns the resources of a type; `null` if they belong to another service and cannot be listed. */
  entitiesOf(entityType: string): readonly Target[] | null;
  /** Whether there are more resources of a type than `entitiesOf` returns. */
  isCut(entityType: string): boolean;
}

type Workspaces = NonNullable<ScopeTargetsQuery['workspaces']>['nodes'];

/** Returns the types that workspaces registered, each with the id of its workspace. */
function registeredIn(workspaces: Workspaces) {
  return workspaces.flatMap(({ id, entityTypes }) =>
    entityTypes.map((type) => ({ ...type, workspaceId: id })),
  );
}

function targetsOf({ workspaces, channels, tokens }: ScopeTargetsQuery, within: Target | null): ScopeTargets {
  const lists = { workspace: workspaces, channel: channels, token: tokens };
  const found = workspaces?.nodes ?? [];
  const entities: Record<string, readonly Target[]> = {
    workspace: found,
    channel: (channels?.nodes ?? []).map(({ id, name, workspace }) => ({
      id,
      name: within ? name : `${isolate(name)} (${isolate(workspace.name)})`,
    })),
    token: (tokens?.nodes ?? []).map(({ id, name, identifier }) => ({
      id,
      name: `${isolate(name)} (${identifier})`,
    })),
  };
  const builtIn = Object.keys(BUILT_IN_OPERATIONS).filter((type) => !within || type !== 'token');
  const registered = registeredIn(found);
  const registrationsOf = (entityType: string) => registered.filter(({ name }) => name === entityType);
  return {
    workspaces: found,
    within,
    types: [...new Set([...builtIn, ...registered.map(({ name }) => name)])],
    workspacesOf(entityType) {
      if (isBuiltIn(entityType)) return found;
      const ids = registrationsOf(entityType).map(({ workspaceId }) => workspaceId);
      return found.filter(({ id }) => ids.includes(id));
    },
    operationsOf({ entityType, workspaceId }) {
      if (isBuiltIn(entityType)) return BUILT_IN_OPERATIONS[entityType];
      const type = registrationsOf(entityType).find((each) => each.workspaceId === workspaceId);
      return type ? type.operations.map(({ name }) => name as Operation) : [];
    },
    entitiesOf: (entityType) => entities[entityType] ?? null,
    isCut: (entityType) => lists[entityType as keyof typeof lists]?.pageInfo.hasNextPage ?? false,
  };
}

/** Returns the targets of a user's own tokens. */
export function toScopeTargets(data: ScopeTargetsQuery): ScopeTargets {
  return targetsOf(data, null);
}

/** Returns the targets of tokens that belong to a workspace: nothing outside it, and no tokens. */
export function toWorkspaceTargets({ workspace }: WorkspaceScopeTargetsQuery): ScopeTargets {
  const workspaces = { nodes: workspace ? [workspace] : [], pageInfo: { hasNextPage: false } };
  const channels = workspace?.channels ?? null;
  return targetsOf({ workspaces, channels, tokens: null }, workspace);
}

/** The targets without any resource: enough to describe scopes that name none. */
export const NO_TARGETS: ScopeTargets = toScopeTargets({ workspaces: null, channels: null, tokens: null });
