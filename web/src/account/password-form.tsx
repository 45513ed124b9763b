import { type FormEvent, useState } from 'react';
import { Button } from '../components/button.tsx';
import { Checkbox, TextField } from '../components/field.tsx';
import { Section } from '../components/page.tsx';
import { Problem } from '../components/states.tsx';
import { useSubmit } from '../components/use-submit.ts';
import { useChangePasswordMutation } from '../generated/hooks.ts';
import './password-form.css';

const EMPTY = { currentPassword: '', newPassword: '', again: '', revokeTokens: false };

/** Changes the password of the signed-in user. */
export function PasswordForm() {
  const [form, setForm] = useState(EMPTY);
  const { busy, problem, errors, submit } = useSubmit(useChangePasswordMutation(), {
    fields: ['currentPassword', 'newPassword'],
    onDone: () => setForm(EMPTY),
  });
  const { again, ...input } = form;
  const differ = again !== '' && again !== form.newPassword;

  function handleSubmit(event: FormEvent) {
    event.preventDefault();
    void submit({ input }, 'Password changed. Your other sessions were signed out.');
  }

  const password = (key: 'currentPassword' | 'newPassword' | 'again') => ({
    type: 'password',
    required: true,
    value: form[key],
    onChange: (event: { target: HTMLInputElement }) => setForm({ ...form, [key]: event.target.value }),
  });

  return (
    <Section title="Password" lead="Changing your password signs out your other sessions.">
      <form className="password-form" onSubmit={handleSubmit}>
        <TextField
          label="Current password"
          error={errors.currentPassword}
          autoComplete="current-password"
          {...password('currentPassword')}
        />
        <TextField
          label="New password"
          error={errors.newPassword}
          autoComplete="new-password"
          hint="At least 12 characters."
          minLength={12}
          maxLength={256}
          {...password('newPassword')}
        />
        <TextField
          label="Confirm new password"
          autoComplete="new-password"
          error={differ ? "Passwords don't match." : null}
          {...password('again')}
        />
        <Checkbox
          label="Also revoke all my personal tokens"
          hint="If someone knew your old password, they may have created tokens with it."
          checked={form.revokeTokens}
          onChange={(event) => setForm({ ...form, revokeTokens: event.target.checked })}
        />
        {problem && <Problem>{problem}</Problem>}
        <Button type="submit" variant="primary" busy={busy} disabled={again !== form.newPassword}>
          Change password
        </Button>
      </form>
    </Section>
  );
}
