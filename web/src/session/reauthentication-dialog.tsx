import { useEffect, useRef, useState } from 'react';
import { useConnection, useTabs } from '../api/api-provider.tsx';
import type { TabUser } from '../api/connection.ts';
import { TextField } from '../components/field.tsx';
import { useSubmit } from '../components/use-submit.ts';
import { useReauthenticateMutation } from '../generated/hooks.ts';
import { ProofDialog } from './provider-window.tsx';

interface DialogProps {
  readonly user: TabUser;
  /** Called once, with whether the user confirmed. */
  readonly confirm: (confirmed: boolean) => void;
}

function ConfirmationDialog({ user, confirm }: DialogProps) {
  const [password, setPassword] = useState('');
  const { submit, errors, ...form } = useSubmit(useReauthenticateMutation(), {
    fields: ['currentPassword'],
    onDone: () => confirm(true),
  });
  const field = useRef<HTMLInputElement>(null);
  const tabs = useTabs();
  useEffect(() => field.current?.focus(), []);
  // The session is the same in every tab and window, so a confirmation in one of them counts here.
  useEffect(
    () =>
      tabs.listen(({ kind, userId }) => {
        if (kind === 'reauthenticated' && userId === user.id) confirm(true);
      }),
    [tabs, user.id, confirm],
  );
  return (
    <ProofDialog
      title="Confirm who you are"
      user={user}
      verb="Confirm"
      parameters={{ intent: 'reauthenticate' }}
      disabled={password === ''}
      form={form}
      onSubmit={() => void submit({ input: { password } })}
      onClose={() => confirm(false)}
      lead="You signed in a while ago. Confirm who you are to continue with what you were doing."
    >
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
    </ProofDialog>
  );
}

/** The dialog over the page that opens if a change requires a recent sign-in. The change then continues. */
export function ReauthenticationDialog() {
  const { user, confirm } = useConnection();
  return user && confirm && <ConfirmationDialog user={user} confirm={confirm} />;
}
