import type { FormEvent } from 'react';
import { describeError } from './client.ts';
import { useSignInMutation } from './generated/hooks.ts';

/** A form that signs in with email and password. The server sets a cookie that scripts cannot read. */
export function SignIn({ onSignedIn }: { onSignedIn: () => void }) {
  const [{ error, fetching }, signIn] = useSignInMutation();

  async function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const input = { email: String(form.get('email')), password: String(form.get('password')) };
    const result = await signIn({ input });
    if (!result.error) onSignedIn();
  }

  return (
    <form onSubmit={submit}>
      <h1>Sign in</h1>
      <label>
        Email <input name="email" type="email" autoComplete="username" required />
      </label>
      <label>
        Password <input name="password" type="password" autoComplete="current-password" required />
      </label>
      <button type="submit" disabled={fetching}>
        Sign in
      </button>
      {error && <p role="alert">{describeError(error)}</p>}
    </form>
  );
}
