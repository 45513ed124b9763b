import { useRef, useState } from 'react';
import { describeError } from '../api/errors.ts';
import { useAnnounce } from '../components/announcer.tsx';
import { Button } from '../components/button.tsx';
import { ConfirmDialog } from '../components/dialog.tsx';
import type { TokenRowFragment } from '../generated/hooks.ts';
import { counted } from '../labels.ts';
import './bulk-actions.css';
import { useFreshSecrets } from '../secrets/fresh-secret.tsx';
import { ACTION_NAMES, actionsFor, refusalOf } from './token-actions.ts';
import { LIFECYCLE, type LifecycleAction, useLifecycleMutation } from './token-lifecycle.ts';

const BULK_ACTIONS = ['disable', 'enable', 'revoke', 'delete'] as const satisfies readonly LifecycleAction[];

interface BulkDialogProps {
  readonly action: LifecycleAction;
  readonly tokens: readonly TokenRowFragment[];
  readonly onClose: () => void;
}

/** Performs an action on one token after the other, and stops at the first error. The next attempt continues there. */
function useBulk({ action, tokens, onClose }: BulkDialogProps) {
  const [, execute] = useLifecycleMutation(action);
  const [state, setState] = useState<{ busy: boolean; problem: string | null }>({
    busy: false,
    problem: null,
  });
  const announce = useAnnounce();
  const { forget } = useFreshSecrets();
  const done = useRef(0);

  async function submit() {
    setState({ busy: true, problem: null });
    for (const { id, name } of tokens.slice(done.current)) {
      const { error } = await execute({ id });
      if (error) {
        const problem = `${done.current} of ${tokens.length} ${LIFECYCLE[action].done}. “${name}”: ${describeError(error)}`;
        setState({ busy: false, problem });
        return;
      }
      if (action === 'delete') forget(id);
      done.current += 1;
    }
    announce(`${counted(tokens.length, 'token')} ${LIFECYCLE[action].done}`);
    onClose();
  }
  return { ...state, submit };
}

function BulkDialog(props: BulkDialogProps) {
  const { action, tokens, onClose } = props;
  const { submit, ...form } = useBulk(props);
  const { title, consequence } = LIFECYCLE[action];
  return (
    <ConfirmDialog
      title={`${title} ${counted(tokens.length, 'token')}`}
      action={title}
      form={form}
      onSubmit={submit}
      onClose={onClose}
    >
      <ul>
        {tokens.map(({ id, name, identifier }) => (
          <li key={id}>
            {name} <code className="muted">{identifier}</code>
          </li>
        ))}
      </ul>
      <p>For each: {consequence}</p>
    </ConfirmDialog>
  );
}

/** Returns why an action is not possible for all selected tokens; `null` if it is. */
function refusalFor(action: LifecycleAction, tokens: readonly TokenRowFragment[]): string | null {
  const misfit = tokens.find((token) => !actionsFor(token).includes(action));
  if (misfit) return `Not possible for “${misfit.name}”`;
  return tokens.map((token) => refusalOf(action, token)).find((refusal) => refusal !== null) ?? null;
}

/** The actions on the selected tokens of a list. */
export function BulkActions({
  tokens,
  onClear,
}: {
  tokens: readonly TokenRowFragment[];
  onClear: () => void;
}) {
  const [chosen, setChosen] = useState<Omit<BulkDialogProps, 'onClose'> | null>(null);
  function close() {
    setChosen(null);
    onClear();
  }
  return (
    <>
      {tokens.length > 0 && (
        <fieldset className="bulk">
          <legend className="visually-hidden">Selected tokens</legend>
          <p role="status">{tokens.length} selected</p>
          {BULK_ACTIONS.map((action) => (
            <Button
              key={action}
              small
              variant={action === 'delete' ? 'danger-quiet' : 'plain'}
              refusal={refusalFor(action, tokens)}
              onClick={() => setChosen({ action, tokens })}
            >
              {ACTION_NAMES[action]}
            </Button>
          ))}
          <Button small variant="quiet" onClick={onClear}>
            Clear
          </Button>
        </fieldset>
      )}
      {chosen && <BulkDialog {...chosen} onClose={close} />}
    </>
  );
}
