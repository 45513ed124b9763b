import { useLocation } from 'wouter';
import { ConfirmDialog } from '../components/dialog.tsx';
import { useSubmit } from '../components/use-submit.ts';
import type { TokenRowFragment } from '../generated/hooks.ts';
import { useFreshSecrets } from '../secrets/fresh-secret.tsx';
import { EditTokenDialog } from './edit-token-dialog.tsx';
import { RegenerateDialog } from './regenerate-dialog.tsx';
import { listPathOf, type TokenAction } from './token-actions.ts';
import { LIFECYCLE, type LifecycleAction, useLifecycleMutation } from './token-lifecycle.ts';

interface TokenDialogProps {
  readonly token: TokenRowFragment;
  readonly onClose: () => void;
}

function LifecycleDialog({ action, token, onClose }: TokenDialogProps & { action: LifecycleAction }) {
  const { title, consequence, done } = LIFECYCLE[action];
  const [path, go] = useLocation();
  const { forget } = useFreshSecrets();
  const form = useSubmit(useLifecycleMutation(action), { onDone: onClose });
  async function confirm() {
    const data = await form.submit({ id: token.id }, `“${token.name}” ${done}`);
    if (data && action === 'delete') forget(token.id);
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

/** The dialog of an action on a token. */
export function TokenActionDialog({ action, ...props }: TokenDialogProps & { action: TokenAction }) {
  if (action === 'edit') return <EditTokenDialog {...props} />;
  if (action === 'regenerate') return <RegenerateDialog {...props} />;
  return <LifecycleDialog action={action} {...props} />;
}
