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

/** The title and consequence of each lifecycle action, and the announcement after it. */
const STOPS = {
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

/** Returns the path of the list that contains a token. */
export function homeOf({ workspace }: Pick<TokenRowFragment, 'workspace'>): string {
  return workspace ? `/workspaces/${workspace.id}/access-tokens` : '/tokens';
}

/** The dialog of an action on a token. */
export function TokenActionDialog({ action, ...props }: TokenDialogProps & { action: TokenAction }) {
  if (action === 'edit') return <EditTokenDialog {...props} />;
  if (action === 'regenerate') return <RegenerateDialog {...props} />;
  return <StopDialog stop={action} {...props} />;
}
