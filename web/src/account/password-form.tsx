import { type FormEvent, useState } from 'react';
import { Button } from '../components/button.tsx';
import { Checkbox, TextField } from '../components/field.tsx';
import { Section } from '../components/page.tsx';
import { Problem } from '../components/states.tsx';
import { useSubmit } from '../components/use-submit.ts';
import { useChangePasswordMutation } from '../generated/hooks.ts';
import { isConfirmed, NewPasswordFields } from './new-password-fields.tsx';
import './password-form.css';

const EMPTY = { currentPassword: '', newPassword: '', again: '', revokeTokens: false };

/** Changes the password of the signed-in user. */
export function PasswordForm() {
  const [form, setForm] = useState(EMPTY);
  const { busy, problem, errors, submit } = useSubmit(useChangePasswordMutation(), {
    fields: ['currentPassword', 'newPassword'],
    onDone: () => setForm(EMPTY),
  });
  const { again: _again, ...input } = form;

  function handleSubmit(event: FormEvent) {
    event.preventDefault();
    void submit({ input }, 'Password changed. Your other sessions were signed out.');
  }

  return (
    <Section title="Password" lead="Changing your password signs out your other sessions.">
      <form className="password-form" onSubmit={handleSubmit}>
        <TextField
          label="Current password"
          error={errors.currentPassword}
          type="password"
          autoComplete="current-password"
          required
          value={form.currentPassword}
          onChange={(event) => setForm({ ...form, currentPassword: event.target.value })}
        />
        <NewPasswordFields
          value={form}
          error={errors.newPassword}
          onChange={(password) => setForm({ ...form, ...password })}
        />
        <Checkbox
          label="Also revoke all my personal tokens"
          hint="If someone knew your old password, they may have created tokens with it."
          checked={form.revokeTokens}
          onChange={(event) => setForm({ ...form, revokeTokens: event.target.checked })}
        />
        {problem && <Problem>{problem}</Problem>}
        <Button type="submit" variant="primary" busy={busy} disabled={!isConfirmed(form)}>
          Change password
        </Button>
      </form>
    </Section>
  );
}
