import { TextField } from '../components/field.tsx';

/** A new password, typed twice. */
export interface NewPassword {
  readonly newPassword: string;
  readonly again: string;
}

/** Returns whether a new password was typed twice alike. */
export function isConfirmed({ newPassword, again }: NewPassword): boolean {
  return newPassword === again;
}

/** The fields for a new password and its confirmation. */
export function NewPasswordFields({
  value,
  error,
  onChange,
}: {
  value: NewPassword;
  error: string | undefined;
  onChange: (value: NewPassword) => void;
}) {
  const differ = value.again !== '' && !isConfirmed(value);
  return (
    <>
      <TextField
        label="New password"
        error={error}
        type="password"
        autoComplete="new-password"
        hint="At least 12 characters."
        required
        minLength={12}
        value={value.newPassword}
        onChange={(event) => onChange({ ...value, newPassword: event.target.value })}
      />
      <TextField
        label="Confirm new password"
        error={differ ? "Passwords don't match." : null}
        type="password"
        autoComplete="new-password"
        required
        value={value.again}
        onChange={(event) => onChange({ ...value, again: event.target.value })}
      />
    </>
  );
}
