import type { UseMutationResponse } from 'urql';
import {
  useDeleteTokenMutation,
  useDisableTokenMutation,
  useEnableTokenMutation,
  useRevokeTokenMutation,
} from '../generated/hooks.ts';

/** The title and consequence of each lifecycle action, and the announcement after it. */
export const LIFECYCLE = {
  disable: {
    title: 'Disable',
    consequence:
      'Anything using it, or a token derived from it, is refused immediately until you enable it again. The secret stays the same.',
    done: 'disabled',
  },
  enable: {
    title: 'Enable',
    consequence: 'The same secret works again immediately.',
    done: 'enabled',
  },
  revoke: {
    title: 'Revoke',
    consequence:
      'The secret will stop working permanently, and so will every token derived from it. You can regenerate the token to get a new secret.',
    done: 'revoked',
  },
  delete: {
    title: 'Delete',
    consequence:
      "The token and every token derived from it stop working immediately. This can't be undone. Only its name stays, in the audit log.",
    done: 'deleted',
  },
} as const;

/** An action on a token that needs nothing but its id. */
export type LifecycleAction = keyof typeof LIFECYCLE;

type LifecycleMutation = UseMutationResponse<unknown, { id: string }>;

/** Returns the mutation of an action. */
export function useLifecycleMutation(action: LifecycleAction): LifecycleMutation {
  const mutations: Record<LifecycleAction, LifecycleMutation> = {
    disable: useDisableTokenMutation(),
    enable: useEnableTokenMutation(),
    revoke: useRevokeTokenMutation(),
    delete: useDeleteTokenMutation(),
  };
  return mutations[action];
}
