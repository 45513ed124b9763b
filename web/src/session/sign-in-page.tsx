import { type FormEvent, useState } from 'react';
import { Link, useSearch } from 'wouter';
import { returnPath, useResetClient } from '../api/api-provider.tsx';
import { Button } from '../components/button.tsx';
import { TextField } from '../components/field.tsx';
import { Problem } from '../components/states.tsx';
import { AuthLayout } from './auth-layout.tsx';
import { ProviderLinks, useProviderSignIn } from './provider-sign-in.tsx';
import { useSignIn } from './use-sign-in.ts';

/** Signs in with email and password, then returns to the requested page. */
export function SignInPage() {
  const next = returnPath(useSearch());
  const resetClient = useResetClient();
  const [email, setEmail] = useState('');
  const [password, setPassword] = useState('');
  const { signIn, busy, problem: refused } = useSignIn();
  const provider = useProviderSignIn();
  const problem = refused ?? provider.problem;

  async function submit(event: FormEvent) {
    event.preventDefault();
    if (await signIn(email, password)) resetClient(next);
    else setPassword('');
  }

  return (
    <AuthLayout
      title="Sign in"
      footer={
        <>
          Have an invitation? <Link href="/invitation">Accept an invitation</Link>
          <br />
          Forgot your password? Ask the operator of this server for a reset link.
        </>
      }
    >
      <form className="auth-form" onSubmit={submit}>
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
        <Button type="submit" variant="primary" busy={busy || provider.busy}>
          Sign in
        </Button>
        <ProviderLinks next={next} />
      </form>
    </AuthLayout>
  );
}
