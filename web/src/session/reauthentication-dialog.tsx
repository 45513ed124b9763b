import { useEffect, useRef, useState } from 'react';
import { useConnection } from '../api/api-provider.tsx';
import type { TabUser } from '../api/connection.ts';
import { FormDialog } from '../components/dialog.tsx';
import { TextField } from '../components/field.tsx';
import { useSubmit } from '../components/use-submit.ts';
import { useReauthenticateMutation } from '../generated/hooks.ts';

interface DialogProps {
  readonly user: TabUser;
  /** Called once, with whether the user confirmed the password. */
  readonly confirm: (confirmed: boolean) => void;
}

function ConfirmPasswordDialog({ user, confirm }: DialogProps) {
  const [password, setPassword] = useState('');
  const { submit, errors, ...form } = useSubmit(useReauthenticateMutation(), {
    fields: ['currentPassword'],
    onDone: () => confirm(true),
  });
  const field = useRef<HTMLInputElement>(null);
  useEffect(() => field.current?.focus(), []);
  return (
    <FormDialog
      title="Confirm your password"
      action="Confirm"
      disabled={password === ''}
      form={form}
      onSubmit={() => void submit({ input: { password } })}
      onClose={() => confirm(false)}
    >
      <p>You signed in a while ago. Confirm your password to continue with what you were doing.</p>
      <TextField
        label="Email"
        type="email"
        name="email"
        autoComplete="username"
        readOnly
        value={user.email}
      />
      <TextField
        label="Password"
        type="password"
        name="password"
        autoComplete="current-password"
        required
        ref={field}
        value={password}
        error={errors.currentPassword}
        onChange={(event) => setPassword(event.target.value)}
      />
    </FormDialog>
  );
}

/** The dialog over the page that opens if a change requires a recent sign-in. The change then continues. */
export function ReauthenticationDialog() {
  const { user, confirm } = useConnection();
  return user && confirm && <ConfirmPasswordDialog user={user} confirm={confirm} />;
}
