import { type ComponentProps, type ReactNode, useId } from 'react';
import './field.css';

interface Labelled {
  readonly label: string;
  readonly hint?: ReactNode;
  /** What is wrong with the value. */
  readonly error?: string | null | undefined;
}

/** What ties a control to its label, hint and error. */
interface Wiring {
  readonly id: string;
  readonly 'aria-describedby': string | undefined;
  readonly 'aria-invalid': true | undefined;
}

/** A label above a control, with a hint and an error below that are tied to it. */
function Field({ label, hint, error, children }: Labelled & { children: (wiring: Wiring) => ReactNode }) {
  const id = useId();
  const described = [hint ? `${id}-hint` : '', error ? `${id}-error` : ''].filter(Boolean).join(' ');
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      {children({ id, 'aria-describedby': described || undefined, 'aria-invalid': error ? true : undefined })}
      {hint && (
        <p id={`${id}-hint`} className="field-hint">
          {hint}
        </p>
      )}
      {error && (
        <p id={`${id}-error`} className="field-error" role="alert">
          {error}
        </p>
      )}
    </div>
  );
}

/** One line of text. */
export function TextField({ label, hint, error, ...props }: Labelled & ComponentProps<'input'>) {
  return (
    <Field label={label} hint={hint} error={error}>
      {(wiring) => <input autoComplete="off" {...props} {...wiring} className="input" />}
    </Field>
  );
}

/** Several lines of text. */
export function TextAreaField({ label, hint, error, ...props }: Labelled & ComponentProps<'textarea'>) {
  return (
    <Field label={label} hint={hint} error={error}>
      {(wiring) => <textarea rows={3} {...props} {...wiring} className="input" />}
    </Field>
  );
}

/** One of several, each an `<option>` among the children. */
export function SelectField({ label, hint, error, ...props }: Labelled & ComponentProps<'select'>) {
  return (
    <Field label={label} hint={hint} error={error}>
      {(wiring) => <select {...props} {...wiring} className="input select" />}
    </Field>
  );
}

/** Yes or no. */
export function Checkbox({
  label,
  hint,
  ...props
}: { label: ReactNode; hint?: ReactNode } & Omit<ComponentProps<'input'>, 'type'>) {
  return (
    <label className="checkbox">
      <input type="checkbox" {...props} />
      <span>
        {label}
        {hint && <span className="field-hint">{hint}</span>}
      </span>
    </label>
  );
}

/** One of several choices, each with an explanation. */
export interface Choice<T extends string> {
  readonly value: T;
  readonly title: string;
  readonly meaning: ReactNode;
}

/** A few choices, each with a sentence. */
export function ChoiceField<T extends string>({
  label,
  choices,
  value,
  onChange,
}: {
  label: string;
  choices: readonly Choice<T>[];
  value: T;
  onChange: (value: T) => void;
}) {
  const name = useId();
  return (
    <fieldset className="choices">
      <legend>{label}</legend>
      {choices.map((choice) => (
        <label key={choice.value} className="choice">
          <input
            type="radio"
            name={name}
            value={choice.value}
            checked={choice.value === value}
            onChange={() => onChange(choice.value)}
          />
          <span>
            <span className="choice-title">{choice.title}</span>
            <span className="field-hint">{choice.meaning}</span>
          </span>
        </label>
      ))}
    </fieldset>
  );
}
