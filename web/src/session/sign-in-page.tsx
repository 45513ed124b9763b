import { type FormEvent, type ReactNode, useState } from 'react';
import { Link, useSearch } from 'wouter';
import { returnPath, useResetClient } from '../api/api-provider.tsx';
import { Button } from '../components/button.tsx';
import { TextField } from '../components/field.tsx';
import { Problem } from '../components/states.tsx';
import { AuthLayout } from './auth-layout.tsx';
import { ConfirmedPage } from './confirmed-page.tsx';
import { type ProviderOutcome, useProviderOutcome } from './provider-outcome.ts';
import { ProviderLinks, usePasswordSignIn, useProviderSignIn } from './provider-sign-in.tsx';
import { useSignIn } from './use-sign-in.ts';

/** The page that people sign in on, and to which a provider leads them back. `link` renders the page that links an identity. */
export function SignInPage({ link }: { readonly link: (outcome: ProviderOutcome) => ReactNode }) {
  const outcome = useProviderOutcome();
  if (outcome.intent === 'reauthenticate') return <ConfirmedPage outcome={outcome} />;
  if (outcome.intent === 'link' && outcome.state !== null) return link(outcome);
  return <SignInForm outcome={outcome} />;
}

/** Signs in with email and password or at a provider, then returns to the requested page. */
function SignInForm({ outcome }: { readonly outcome: ProviderOutcome }) {
  const next = returnPath(useSearch());
  const resetClient = useResetClient();
  const [email, setEmail] = useState('');
  const [password, setPassword] = useState('');
  const { signIn, busy, problem: refused } = useSignIn();
  const provider = useProviderSignIn(outcome);
  const problem = refused ?? provider.problem;
  const { passwords, isLoading } = usePasswordSignIn();
  const hasPasswords = !isLoading && passwords !== 'OFF';

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
          {passwords === 'OFF' ? 'Cannot sign in at the provider?' : 'Forgot your password?'} Ask the operator
          of this server for a link.
        </>
      }
    >
      <form className="auth-form" onSubmit={submit}>
        {next !== '/' && !problem && <p className="muted">Sign in to continue.</p>}
        {problem && <Problem>{problem}</Problem>}
        {passwords === 'OPERATOR_ACCOUNTS' && (
          <p className="muted">Only accounts that the operator made for it sign in with a password.</p>
        )}
        {hasPasswords && (
          <>
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
          </>
        )}
        <ProviderLinks next={next} />
      </form>
    </AuthLayout>
  );
}
