import { TextAreaField, TextField } from './field.tsx';
import type { Submission } from './use-submit.ts';

/** A name and an optional description. */
export interface Naming {
  readonly name: string;
  readonly description: string;
}

/** A name and, if the form has a field for it, a description. */
export type SomeNaming = Pick<Naming, 'name'> & Partial<Naming>;

/** The field for a name; if `value` has a description, also the field for it. */
export function NamingFields<Value extends SomeNaming>({
  value,
  errors,
  placeholder,
  autoFocus,
  onChange,
}: {
  value: Value;
  errors: Submission<keyof Naming>['errors'];
  placeholder?: string;
  autoFocus?: boolean;
  onChange: (value: Value) => void;
}) {
  return (
    <>
      <TextField
        label="Name"
        required
        placeholder={placeholder}
        autoFocus={autoFocus}
        error={errors.name}
        value={value.name}
        onChange={(event) => onChange({ ...value, name: event.target.value })}
      />
      {value.description !== undefined && (
        <TextAreaField
          label="Description (optional)"
          error={errors.description}
          rows={2}
          value={value.description}
          onChange={(event) => onChange({ ...value, description: event.target.value })}
        />
      )}
    </>
  );
}
