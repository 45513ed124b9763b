import { useMemo } from 'react';
import { useScopeTargetsQuery } from '../generated/hooks.ts';
import { type GivenScope, NO_TARGETS, toScopeTargets } from './scope-draft.ts';

/** Loads the resources that the user can select in a scope. */
export function useScopeTargets({ pause = false } = {}) {
  const [{ data, error }, reload] = useScopeTargetsQuery({ pause });
  const targets = useMemo(() => data && toScopeTargets(data), [data]);
  return { targets, error, reload };
}

/** Loads what describes scopes: nothing if they name no resource and no workspace. `undefined` while it loads. */
export function useTargetsOf(scopes: readonly Pick<GivenScope, 'entityId' | 'workspaceId'>[]) {
  const needed = scopes.some(({ entityId, workspaceId }) => entityId || workspaceId);
  const { targets } = useScopeTargets({ pause: !needed });
  return needed ? targets : NO_TARGETS;
}
