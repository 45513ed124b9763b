import { useState } from 'react';
import { FormDialog } from './dialog.tsx';
import { type Naming, NamingFields, type SomeNaming } from './naming-fields.tsx';
import type { Submission } from './use-submit.ts';

/** A dialog for a name; if `initial` has a description, also for that. */
export function NameDialog<Value extends SomeNaming>({
  title,
  action,
  initial,
  form,
  onSubmit,
  onClose,
}: {
  title: string;
  action: string;
  initial: Value;
  form: Submission<keyof Naming>;
  onSubmit: (naming: Value) => void;
  onClose: () => void;
}) {
  const [naming, setNaming] = useState(initial);
  return (
    <FormDialog
      title={title}
      action={action}
      disabled={naming.name.trim() === ''}
      form={form}
      onSubmit={() => onSubmit(naming)}
      onClose={onClose}
    >
      <NamingFields value={naming} errors={form.errors} onChange={setNaming} />
    </FormDialog>
  );
}
