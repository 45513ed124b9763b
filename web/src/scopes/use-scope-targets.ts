import { useMemo } from 'react';
import { useScopeTargetsQuery, useWorkspaceScopeTargetsQuery } from '../generated/hooks.ts';
import type { GivenScope } from './scope-draft.ts';
import { NO_TARGETS, toScopeTargets, toWorkspaceTargets } from './scope-targets.ts';

interface TargetOptions {
  /** The workspace that the tokens belong to; absent for a user's own tokens. */
  readonly workspaceId?: string | undefined;
  readonly pause?: boolean;
}

/** Loads the resources that the user can select in a scope. */
export function useScopeTargets({ workspaceId, pause = false }: TargetOptions = {}) {
  const [own, reloadOwn] = useScopeTargetsQuery({ pause: pause || workspaceId !== undefined });
  const [shared, reloadShared] = useWorkspaceScopeTargetsQuery({
    variables: { id: workspaceId ?? '' },
    pause: pause || workspaceId === undefined,
  });
  const ownTargets = useMemo(() => own.data && toScopeTargets(own.data), [own.data]);
  const sharedTargets = useMemo(() => shared.data && toWorkspaceTargets(shared.data), [shared.data]);
  return workspaceId === undefined
    ? { targets: ownTargets, error: own.error, reload: reloadOwn }
    : { targets: sharedTargets, error: shared.error, reload: reloadShared };
}

/** Loads what describes scopes: nothing if they name no resource and no workspace. `undefined` while it loads. */
export function useTargetsOf(scopes: readonly Pick<GivenScope, 'entityId' | 'workspaceId'>[]) {
  const needed = scopes.some(({ entityId, workspaceId }) => entityId || workspaceId);
  const { targets } = useScopeTargets({ pause: !needed });
  return needed ? targets : NO_TARGETS;
}
