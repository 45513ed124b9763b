import { type FormEvent, type ReactNode, useEffect, useId, useRef, useState } from 'react';
import { Button } from './button.tsx';
import './dialog.css';
import { TextField } from './field.tsx';
import { Problem } from './states.tsx';

/** A modal dialog that is open for as long as it is rendered. The browser traps focus in it and gives it back. */
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
  /** What the button that does it is called. */
  readonly action: string;
  readonly danger?: boolean;
  readonly disabled?: boolean;
  readonly busy: boolean;
  /** Why the last try failed. */
  readonly problem: string | null;
  readonly onSubmit: () => void;
  readonly onClose: () => void;
  readonly children: ReactNode;
}

/** A dialog that asks for something and does one thing with it. */
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

/** Asks before something that cannot be taken back; with `typed`, only who types that word may go on. */
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
          label={`Type ${typed} to go on`}
          value={text}
          onChange={(event) => setText(event.target.value)}
        />
      )}
    </FormDialog>
  );
}
