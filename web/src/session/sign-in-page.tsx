import { type FormEvent, useState } from 'react';
import { Link, useSearch } from 'wouter';
import { returnPath, useFreshStart } from '../api/api-provider.tsx';
import { Button } from '../components/button.tsx';
import { TextField } from '../components/field.tsx';
import { Problem } from '../components/states.tsx';
import { DoorPage } from './door-page.tsx';
import { useSignIn } from './use-sign-in.ts';

/** Email and password, and then back to where one wanted to go. */
export function SignInPage() {
  const next = returnPath(useSearch());
  const startFresh = useFreshStart();
  const [email, setEmail] = useState('');
  const [password, setPassword] = useState('');
  const { signIn, busy, problem } = useSignIn();

  async function submit(event: FormEvent) {
    event.preventDefault();
    if (await signIn(email, password)) startFresh(next);
    else setPassword('');
  }

  return (
    <DoorPage
      title="Sign in"
      footer={
        <>
          Were you invited? <Link href="/invitation">Accept an invitation</Link>
        </>
      }
    >
      <form className="door-form" onSubmit={submit}>
        {next !== '/' && !problem && <p className="muted">Sign in to continue.</p>}
        {problem && <Problem>{problem}</Problem>}
        <TextField
          label="Email"
          type="email"
          name="email"
          autoComplete="username"
          required
          autoFocus
          value={email}
          onChange={(event) => setEmail(event.target.value)}
        />
        <TextField
          label="Password"
          type="password"
          name="password"
          autoComplete="current-password"
          required
          value={password}
          onChange={(event) => setPassword(event.target.value)}
        />
        <Button type="submit" look="primary" busy={busy}>
          Sign in
        </Button>
      </form>
    </DoorPage>
  );
}
