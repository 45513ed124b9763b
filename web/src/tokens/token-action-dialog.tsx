import type { CombinedError } from 'urql';
import { useLocation } from 'wouter';
import { describeError } from '../api/errors.ts';
import { useAnnounce } from '../components/announcer.tsx';
import { ConfirmDialog } from '../components/dialog.tsx';
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

/** What a stop is called, what it does to whoever uses the token, and what is said once it is done. */
const STOPS = {
  disable: {
    title: 'Disable',
    consequence:
      'Whatever uses it, and every token derived from it, is refused from the next request on, until you enable it again. The secret stays the same.',
    done: 'disabled',
  },
  enable: {
    title: 'Enable',
    consequence: 'The same secret works again from the next request on.',
    done: 'enabled',
  },
  revoke: {
    title: 'Revoke',
    consequence:
      'Its secret is dead for good: whatever uses it, and every token derived from it, stops working at once. The record stays, and can be regenerated with a new secret.',
    done: 'revoked',
  },
  delete: {
    title: 'Delete',
    consequence:
      'The record and its secret are gone: whatever uses it, and every token derived from it, stops working at once. This cannot be taken back; only the audit log keeps its name.',
    done: 'deleted',
  },
} as const;

type Stop = keyof typeof STOPS;

interface StopResult {
  readonly data?: unknown;
  readonly error?: CombinedError | undefined;
}

function useStops() {
  const [disabling, disable] = useDisableTokenMutation();
  const [enabling, enable] = useEnableTokenMutation();
  const [revoking, revoke] = useRevokeTokenMutation();
  const [deleting, remove] = useDeleteTokenMutation();
  return {
    disable: [disabling, disable],
    enable: [enabling, enable],
    revoke: [revoking, revoke],
    delete: [deleting, remove],
  } as const satisfies Record<
    Stop,
    readonly [
      { fetching: boolean; error?: CombinedError | undefined },
      (v: { id: string }) => Promise<StopResult>,
    ]
  >;
}

function StopDialog({ stop, token, onClose }: TokenDialogProps & { stop: Stop }) {
  const { title, consequence, done } = STOPS[stop];
  const announce = useAnnounce();
  const [path, go] = useLocation();
  const [{ fetching, error }, run] = useStops()[stop];
  async function confirm() {
    const result = await run({ id: token.id });
    if (result.error) return;
    announce(`“${token.name}” ${done}`);
    onClose();
    if (stop === 'delete' && path === `/tokens/${token.id}`) go(homeOf(token), { replace: true });
  }
  return (
    <ConfirmDialog
      title={`${title} “${token.name}”`}
      action={title}
      busy={fetching}
      problem={error ? describeError(error) : null}
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

/** The list that a token stands in. */
export function homeOf({ workspace }: Pick<TokenRowFragment, 'workspace'>): string {
  return workspace ? `/workspaces/${workspace.id}/access-tokens` : '/tokens';
}

/** The dialog of an action on a token. */
export function TokenActionDialog({ action, ...props }: TokenDialogProps & { action: TokenAction }) {
  if (action === 'edit') return <EditTokenDialog {...props} />;
  if (action === 'regenerate') return <RegenerateDialog {...props} />;
  return <StopDialog stop={action} {...props} />;
}
