import { useMemo } from 'react';
import { useScopeTargetsQuery } from '../generated/hooks.ts';
import { toScopeTargets } from './scope-draft.ts';

/** Loads the resources that the user can select in a scope. */
export function useScopeTargets() {
  const [{ data, error }, reload] = useScopeTargetsQuery();
  const targets = useMemo(() => data && toScopeTargets(data), [data]);
  return { targets, error, reload };
}
