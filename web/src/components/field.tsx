import { type ComponentProps, type ReactNode, useId } from 'react';
import './field.css';

interface Labelled {
  readonly label: string;
  readonly hint?: ReactNode;
  /** Why the value is invalid. */
  readonly error?: string | null | undefined;
}

/** The attributes that connect a control to its label, hint and error. */
interface Wiring {
  readonly id: string;
  readonly 'aria-describedby': string | undefined;
  readonly 'aria-invalid': true | undefined;
}

function FieldError({ id, children }: { id: string; children: ReactNode }) {
  return (
    <p id={id} className="field-error" role="alert">
      {children}
    </p>
  );
}

/** A control with its label above, and its hint and error below. */
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
      {error && <FieldError id={`${id}-error`}>{error}</FieldError>}
    </div>
  );
}

/** A field for one line of text. */
export function TextField({ label, hint, error, ...props }: Labelled & ComponentProps<'input'>) {
  return (
    <Field label={label} hint={hint} error={error}>
      {(wiring) => <input autoComplete="off" {...props} {...wiring} className="input" />}
    </Field>
  );
}

/** A field for several lines of text. */
export function TextAreaField({ label, hint, error, ...props }: Labelled & ComponentProps<'textarea'>) {
  return (
    <Field label={label} hint={hint} error={error}>
      {(wiring) => <textarea rows={3} {...props} {...wiring} className="input" />}
    </Field>
  );
}

/** A drop-down field; the children are its `<option>` elements. */
export function SelectField({ label, hint, error, ...props }: Labelled & ComponentProps<'select'>) {
  return (
    <Field label={label} hint={hint} error={error}>
      {(wiring) => <select {...props} {...wiring} className="input select" />}
    </Field>
  );
}

/** A labelled checkbox. */
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

/** A group of controls under one label, with an error below. */
export function FieldGroup({
  label,
  error,
  className = 'choices',
  children,
}: {
  label: string;
  error?: string | null | undefined;
  className?: string;
  children: ReactNode;
}) {
  const id = useId();
  return (
    <fieldset className={className} aria-describedby={error ? id : undefined}>
      <legend>{label}</legend>
      {children}
      {error && <FieldError id={id}>{error}</FieldError>}
    </fieldset>
  );
}

/** An option of a `ChoiceField`. */
export interface Choice<T extends string> {
  readonly value: T;
  readonly title: string;
  readonly description: ReactNode;
}

/** Radio buttons, each with an explanation. */
export function ChoiceField<T extends string>({
  label,
  choices,
  value,
  error,
  onChange,
}: {
  label: string;
  choices: readonly Choice<T>[];
  /** `null` while nothing is chosen. */
  value: T | null;
  error?: string | undefined;
  onChange: (value: T) => void;
}) {
  const name = useId();
  return (
    <FieldGroup label={label} error={error}>
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
            <span className="field-hint">{choice.description}</span>
          </span>
        </label>
      ))}
    </FieldGroup>
  );
}
