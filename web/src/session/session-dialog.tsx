import { useEffect, useRef, useState } from 'react';
import { signInPath, useConnection } from '../api/api-provider.tsx';
import type { TabUser } from '../api/connection.ts';
import { FormDialog } from '../components/dialog.tsx';
import { TextField } from '../components/field.tsx';
import { CLOSING_PATH, ProofDialog } from './provider-window.tsx';
import { useSignIn } from './use-sign-in.ts';

interface DialogProps {
  readonly user: TabUser;
  readonly onClose: () => void;
}

/** Signs the same user in again, in a dialog over the current page. */
function SignInAgainDialog({ user, onClose }: DialogProps) {
  const [password, setPassword] = useState('');
  const { signIn, ...form } = useSignIn();
  const field = useRef<HTMLInputElement>(null);
  useEffect(() => field.current?.focus(), []);
  async function submit() {
    if (await signIn(user.email, password)) onClose();
    else setPassword('');
  }
  const { pathname, search } = window.location;
  return (
    <ProofDialog
      title="Your session ended"
      user={user}
      verb="Sign in"
      parameters={{ to: CLOSING_PATH }}
      disabled={password === ''}
      form={form}
      onSubmit={submit}
      onClose={onClose}
      lead={
        <>
          Sign in to continue as {user.name}. What you entered on this page is still here.{' '}
          <a href={signInPath(pathname + search)}>Use another account</a> to discard it.
        </>
      }
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
        onChange={(event) => setPassword(event.target.value)}
      />
    </ProofDialog>
  );
}

/** Explains that another user has signed in in this browser. */
function ReplacedDialog({ user, onClose }: DialogProps) {
  return (
    <FormDialog
      title="Someone else signed in"
      action="Reload"
      onSubmit={() => window.location.reload()}
      onClose={onClose}
    >
      <p>
        This page belongs to {user.name} ({user.email}), but someone else has since signed in in this browser.
        Nothing you submit here takes effect.
      </p>
      <p>Copy anything you still need from this page, then reload it.</p>
    </FormDialog>
  );
}

/** The dialog that opens if the session of this page ended or another user signed in. */
export function SessionDialog() {
  const { user, session, prompting, prompt } = useConnection();
  if (!user || !prompting) return null;
  const close = () => prompt(false);
  return session === 'replaced' ? (
    <ReplacedDialog user={user} onClose={close} />
  ) : (
    <SignInAgainDialog user={user} onClose={close} />
  );
}
