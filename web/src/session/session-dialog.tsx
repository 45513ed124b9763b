import { useEffect, useRef, useState } from 'react';
import { signInPath, useConnection } from '../api/api-provider.tsx';
import type { Person } from '../api/connection.ts';
import { FormDialog } from '../components/dialog.tsx';
import { TextField } from '../components/field.tsx';
import { useSignIn } from './use-sign-in.ts';

interface DialogProps {
  readonly person: Person;
  readonly onClose: () => void;
}

/** Signs the same user in again, over the page that they are working on. */
function SignInAgainDialog({ person, onClose }: DialogProps) {
  const [password, setPassword] = useState('');
  const { signIn, busy, problem } = useSignIn();
  const field = useRef<HTMLInputElement>(null);
  useEffect(() => field.current?.focus(), []);
  async function submit() {
    if (await signIn(person.email, password)) onClose();
    else setPassword('');
  }
  const { pathname, search } = window.location;
  return (
    <FormDialog
      title="Your session ended"
      action="Sign in"
      disabled={password === ''}
      busy={busy}
      problem={problem}
      onSubmit={submit}
      onClose={onClose}
    >
      <p>Sign in to continue. What you entered on this page is still here.</p>
      <TextField
        label="Email"
        type="email"
        name="email"
        autoComplete="username"
        readOnly
        value={person.email}
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
      <p className="muted small">
        Not {person.name}? <a href={signInPath(pathname + search)}>Use another account</a>. This discards what
        you entered.
      </p>
    </FormDialog>
  );
}

/** Explains that another user has signed in in this browser. */
function ReplacedDialog({ person, onClose }: DialogProps) {
  return (
    <FormDialog
      title="Someone else signed in"
      action="Reload"
      busy={false}
      problem={null}
      onSubmit={() => window.location.reload()}
      onClose={onClose}
    >
      <p>
        This page belongs to {person.name} ({person.email}), but someone else has since signed in in this
        browser. Nothing you submit here takes effect.
      </p>
      <p>Copy anything you still need from this page, then reload it.</p>
    </FormDialog>
  );
}

/** Asks what to do if the session of this page ended, or if another user has signed in. */
export function SessionDialog() {
  const { person, session, asking, ask } = useConnection();
  if (!person || !asking) return null;
  const close = () => ask(false);
  return session === 'replaced' ? (
    <ReplacedDialog person={person} onClose={close} />
  ) : (
    <SignInAgainDialog person={person} onClose={close} />
  );
}
