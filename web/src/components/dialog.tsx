import { type FormEvent, type ReactNode, useEffect, useId, useRef, useState } from 'react';
import { Button } from './button.tsx';
import './dialog.css';
import { TextField } from './field.tsx';
import { Problem } from './states.tsx';

/** A modal dialog that is open while it is rendered. The browser traps the focus; closing restores it. */
function Dialog({ title, onClose, children }: { title: string; onClose: () => void; children: ReactNode }) {
  const ref = useRef<HTMLDialogElement>(null);
  const titleId = useId();
  useEffect(() => {
    const dialog = ref.current;
    const before = document.activeElement;
    dialog?.showModal();
    return () => {
      dialog?.close();
      if (before instanceof HTMLElement && before.isConnected) before.focus();
    };
  }, []);
  return (
    <dialog ref={ref} className="dialog" aria-labelledby={titleId} onClose={onClose}>
      <h2 id={titleId}>{title}</h2>
      {children}
    </dialog>
  );
}

interface FormDialogProps {
  readonly title: string;
  /** The label of the submit button. */
  readonly action: string;
  readonly danger?: boolean;
  readonly disabled?: boolean;
  readonly busy: boolean;
  /** Why the last attempt failed. */
  readonly problem: string | null;
  readonly onSubmit: () => void;
  readonly onClose: () => void;
  readonly children: ReactNode;
}

/** A dialog with a form and one action. */
export function FormDialog(props: FormDialogProps) {
  const { title, action, danger, disabled, busy, problem, onSubmit, onClose, children } = props;
  function submit(event: FormEvent) {
    event.preventDefault();
    if (!disabled && !busy) onSubmit();
  }
  return (
    <Dialog title={title} onClose={onClose}>
      <form className="dialog-form" onSubmit={submit}>
        {children}
        {problem && <Problem>{problem}</Problem>}
        <div className="dialog-actions">
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" variant={danger ? 'danger' : 'primary'} disabled={disabled} busy={busy}>
            {action}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}

/** Asks for confirmation of an action that cannot be undone. With `typed`, the user has to type that text first. */
export function ConfirmDialog({
  typed,
  children,
  ...props
}: Omit<FormDialogProps, 'disabled' | 'danger'> & { typed?: string }) {
  const [text, setText] = useState('');
  return (
    <FormDialog {...props} danger disabled={typed !== undefined && text !== typed}>
      <div className="dialog-text">{children}</div>
      {typed !== undefined && (
        <TextField
          label={`Type “${typed}” to confirm`}
          value={text}
          onChange={(event) => setText(event.target.value)}
        />
      )}
    </FormDialog>
  );
}
