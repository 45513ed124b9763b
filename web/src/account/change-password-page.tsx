import { type FormEvent, useState } from 'react';
import { signInPath, useResetClient } from '../api/api-provider.tsx';
import { Button } from '../components/button.tsx';
import { TextField } from '../components/field.tsx';
import { Problem } from '../components/states.tsx';
import { useSubmit } from '../components/use-submit.ts';
import { useChangePasswordMutation, useSignOutMutation } from '../generated/hooks.ts';
import { AuthLayout } from '../session/auth-layout.tsx';
import { isConfirmed, NewPasswordFields } from './new-password-fields.tsx';

const EMPTY = { currentPassword: '', newPassword: '', again: '' };

function SignOut() {
  const resetClient = useResetClient();
  const signOut = useSubmit(useSignOutMutation(), { onDone: () => resetClient(signInPath('/')) });
  return (
    <Button small busy={signOut.busy} onClick={() => signOut.submit({})}>
      Sign out
    </Button>
  );
}

/** Replaces a generated password. Until then, the server refuses everything else. */
export default function ChangePasswordPage() {
  const [form, setForm] = useState(EMPTY);
  const resetClient = useResetClient();
  const { busy, problem, errors, submit } = useSubmit(useChangePasswordMutation(), {
    fields: ['currentPassword', 'newPassword'],
    onDone: () => resetClient('/tokens'),
  });

  function handleSubmit(event: FormEvent) {
    event.preventDefault();
    const { currentPassword, newPassword } = form;
    void submit({ input: { currentPassword, newPassword } }, 'Password changed');
  }

  return (
    <AuthLayout title="Choose your password" footer={<SignOut />}>
      <form className="auth-form" onSubmit={handleSubmit}>
        <p className="muted">You signed in with a generated password. Choose your own to continue.</p>
        {problem && <Problem>{problem}</Problem>}
        <TextField
          label="Generated password"
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
        <Button type="submit" variant="primary" busy={busy} disabled={!isConfirmed(form)}>
          Change password
        </Button>
      </form>
    </AuthLayout>
  );
}
