import { type FormEvent, type ReactNode, useEffect, useId, useRef, useState } from 'react';
import { Button } from './button.tsx';
import './dialog.css';
import { TextField } from './field.tsx';
import { Problem } from './states.tsx';
import type { Submission } from './use-submit.ts';

/** A modal dialog that is open while it is rendered. The browser traps the focus; closing restores it. */
export function Dialog({
  title,
  onClose,
  children,
}: {
  title: string;
  onClose: () => void;
  children: ReactNode;
}) {
  const ref = useRef<HTMLDialogElement>(null);
  const titleId = useId();
  useEffect(() => {
    const dialog = ref.current;
    const before = document.activeElement;
    dialog?.showModal();
    if (dialog) {
      // A long text is read from its beginning, although the buttons below it have the focus.
      dialog.scrollTop = 0;
      // Focusable for `useKeepFocus`, but only now, so that the first field gets the focus.
      dialog.tabIndex = -1;
    }
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

const IDLE = { busy: false, problem: null };

interface FormDialogProps {
  readonly title: string;
  /** The label of the submit button. */
  readonly action: string;
  readonly danger?: boolean;
  readonly disabled?: boolean;
  /** The state of the submitted mutation. */
  readonly form?: Pick<Submission, 'busy' | 'problem'>;
  readonly onSubmit: () => void;
  readonly onClose: () => void;
  readonly children: ReactNode;
}

/** A dialog with a form and one action. */
export function FormDialog(props: FormDialogProps) {
  const { title, action, danger, disabled, form = IDLE, onSubmit, onClose, children } = props;
  function submit(event: FormEvent) {
    event.preventDefault();
    if (!disabled && !form.busy) onSubmit();
  }
  return (
    <Dialog title={title} onClose={onClose}>
      <form className="dialog-form" onSubmit={submit}>
        {children}
        {form.problem && <Problem>{form.problem}</Problem>}
        <div className="dialog-actions">
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" variant={danger ? 'danger' : 'primary'} disabled={disabled} busy={form.busy}>
            {action}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}

/** A dialog that confirms an action. With `typed`, the user has to type that text first. */
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
