import type { UseMutationResponse } from 'urql';
import { useLocation } from 'wouter';
import { ConfirmDialog } from '../components/dialog.tsx';
import { useSubmit } from '../components/use-submit.ts';
import {
  type TokenRowFragment,
  useDeleteTokenMutation,
  useDisableTokenMutation,
  useEnableTokenMutation,
  useRevokeTokenMutation,
} from '../generated/hooks.ts';
import { EditTokenDialog } from './edit-token-dialog.tsx';
import { RegenerateDialog } from './regenerate-dialog.tsx';
import type { TokenAction } from './token-actions.ts';

interface TokenDialogProps {
  readonly token: TokenRowFragment;
  readonly onClose: () => void;
}

/** The title and consequence of each lifecycle action, and the announcement after it. */
const LIFECYCLE = {
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

type LifecycleAction = keyof typeof LIFECYCLE;

type LifecycleMutation = UseMutationResponse<unknown, { id: string }>;

function useLifecycleMutation(action: LifecycleAction): LifecycleMutation {
  const mutations: Record<LifecycleAction, LifecycleMutation> = {
    disable: useDisableTokenMutation(),
    enable: useEnableTokenMutation(),
    revoke: useRevokeTokenMutation(),
    delete: useDeleteTokenMutation(),
  };
  return mutations[action];
}

function LifecycleDialog({ action, token, onClose }: TokenDialogProps & { action: LifecycleAction }) {
  const { title, consequence, done } = LIFECYCLE[action];
  const [path, go] = useLocation();
  const form = useSubmit(useLifecycleMutation(action), { onDone: onClose });
  async function confirm() {
    const data = await form.submit({ id: token.id }, `“${token.name}” ${done}`);
    if (data && action === 'delete' && path === `/tokens/${token.id}`)
      go(listPathOf(token), { replace: true });
  }
  return (
    <ConfirmDialog
      title={`${title} “${token.name}”`}
      action={title}
      form={form}
      onSubmit={confirm}
      onClose={onClose}
    >
      <p>
        <code>{token.identifier}</code>
      </p>
      <p>{consequence}</p>
    </ConfirmDialog>
  );
}

/** Returns the path of the list that contains a token. */
export function listPathOf({ workspace }: Pick<TokenRowFragment, 'workspace'>): string {
  return workspace ? `/workspaces/${workspace.id}/access-tokens` : '/tokens';
}

/** The dialog of an action on a token. */
export function TokenActionDialog({ action, ...props }: TokenDialogProps & { action: TokenAction }) {
  if (action === 'edit') return <EditTokenDialog {...props} />;
  if (action === 'regenerate') return <RegenerateDialog {...props} />;
  return <LifecycleDialog action={action} {...props} />;
}
