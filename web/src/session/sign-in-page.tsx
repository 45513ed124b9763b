import { type FormEvent, useState } from 'react';
import { Link, useSearch } from 'wouter';
import { returnPath, useFreshStart } from '../api/api-provider.tsx';
import { explain } from '../api/errors.ts';
import { Button } from '../components/button.tsx';
import { TextField } from '../components/field.tsx';
import { Problem } from '../components/states.tsx';
import { useSignInMutation } from '../generated/hooks.ts';
import { DoorPage } from './door-page.tsx';

/** Email and password, and then back to where one wanted to go. */
export function SignInPage() {
  const next = returnPath(useSearch());
  const startFresh = useFreshStart();
  const [email, setEmail] = useState('');
  const [password, setPassword] = useState('');
  const [{ fetching, error }, signIn] = useSignInMutation();

  async function submit(event: FormEvent) {
    event.preventDefault();
    const answer = await signIn({ input: { email, password } });
    if (answer.error) setPassword('');
    else startFresh(next);
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
        {next !== '/' && !error && <p className="muted">Sign in to go on where you were.</p>}
        {error && <Problem>{explain(error)}</Problem>}
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
        <Button type="submit" look="primary" busy={fetching}>
          Sign in
        </Button>
      </form>
    </DoorPage>
  );
}
