import { useState } from 'react';
import type { CombinedError } from 'urql';
import { describeFormError } from '../api/errors.ts';
import { FormDialog } from './dialog.tsx';
import { TextAreaField, TextField } from './field.tsx';

/** A name and an optional description. */
export interface Naming {
  readonly name: string;
  readonly description: string;
}

/** A dialog for a name and, if requested, a description. */
export function NameDialog({
  title,
  action,
  initial = { name: '', description: '' },
  withDescription,
  busy,
  error,
  onSubmit,
  onClose,
}: {
  title: string;
  action: string;
  initial?: Naming;
  withDescription?: boolean;
  busy: boolean;
  error: CombinedError | undefined;
  onSubmit: (naming: Naming) => void;
  onClose: () => void;
}) {
  const [naming, setNaming] = useState(initial);
  const { form, fields } = describeFormError(error, withDescription ? ['name', 'description'] : ['name']);
  return (
    <FormDialog
      title={title}
      action={action}
      disabled={naming.name.trim() === ''}
      busy={busy}
      problem={form}
      onSubmit={() => onSubmit(naming)}
      onClose={onClose}
    >
      <TextField
        label="Name"
        required
        maxLength={100}
        error={fields.name}
        value={naming.name}
        onChange={(event) => setNaming({ ...naming, name: event.target.value })}
      />
      {withDescription && (
        <TextAreaField
          label="Description (optional)"
          maxLength={500}
          error={fields.description}
          rows={2}
          value={naming.description}
          onChange={(event) => setNaming({ ...naming, description: event.target.value })}
        />
      )}
    </FormDialog>
  );
}
