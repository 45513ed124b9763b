import { type FormEvent, useState } from 'react';
import { describeError } from '../api/errors.ts';
import { useAnnounce } from '../components/announcer.tsx';
import { Button } from '../components/button.tsx';
import { Checkbox, TextField } from '../components/field.tsx';
import { Section } from '../components/page.tsx';
import { Problem } from '../components/states.tsx';
import { useChangePasswordMutation } from '../generated/hooks.ts';
import './password-form.css';

const EMPTY = { currentPassword: '', newPassword: '', again: '', revokeTokens: false };

/** A new password for the own account. */
export function PasswordForm() {
  const announce = useAnnounce();
  const [form, setForm] = useState(EMPTY);
  const [{ fetching, error }, change] = useChangePasswordMutation();
  const { again, ...input } = form;
  const differ = again !== '' && again !== form.newPassword;

  async function submit(event: FormEvent) {
    event.preventDefault();
    const result = await change({ input });
    if (result.error) return;
    setForm(EMPTY);
    announce('Password changed; your other sessions have ended');
  }

  const password = (key: 'currentPassword' | 'newPassword' | 'again') => ({
    type: 'password',
    required: true,
    value: form[key],
    onChange: (event: { target: HTMLInputElement }) => setForm({ ...form, [key]: event.target.value }),
  });

  return (
    <Section title="Password" lead="Changing it ends your other sessions.">
      <form className="password-form" onSubmit={submit}>
        <TextField
          label="Present password"
          autoComplete="current-password"
          {...password('currentPassword')}
        />
        <TextField
          label="New password"
          autoComplete="new-password"
          hint="At least 12 characters."
          minLength={12}
          maxLength={256}
          {...password('newPassword')}
        />
        <TextField
          label="New password again"
          autoComplete="new-password"
          error={differ ? 'The two differ.' : null}
          {...password('again')}
        />
        <Checkbox
          label="Revoke all my personal tokens too"
          hint="If somebody may have read the old password, they may have made tokens with it."
          checked={form.revokeTokens}
          onChange={(event) => setForm({ ...form, revokeTokens: event.target.checked })}
        />
        {error && <Problem>{describeError(error)}</Problem>}
        <Button type="submit" variant="primary" busy={fetching} disabled={again !== form.newPassword}>
          Change password
        </Button>
      </form>
    </Section>
  );
}
