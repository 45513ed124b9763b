import { type FormEvent, useState } from 'react';
import { Link } from 'wouter';
import { useResetClient } from '../api/api-provider.tsx';
import { Button } from '../components/button.tsx';
import { Problem } from '../components/states.tsx';
import { useSubmit } from '../components/use-submit.ts';
import { useResetPasswordMutation } from '../generated/hooks.ts';
import { AuthLayout } from '../session/auth-layout.tsx';
import { useSignIn } from '../session/use-sign-in.ts';
import { useFragmentSecret } from './fragment-secret.ts';
import { isConfirmed, NewPasswordFields } from './new-password-fields.tsx';

function ResetForm({ secret }: { secret: string }) {
  const [password, setPassword] = useState({ newPassword: '', again: '' });
  const reset = useSubmit(useResetPasswordMutation(), { fields: ['resetLink', 'newPassword'] });
  const signIn = useSignIn();
  const resetClient = useResetClient();
  const problem = reset.errors.resetLink ?? reset.problem ?? signIn.problem;

  async function submit(event: FormEvent) {
    event.preventDefault();
    const { newPassword } = password;
    const data = await reset.submit({ input: { secret, newPassword } });
    const user = data?.resetPassword?.user;
    if (user && (await signIn.signIn(user.email, newPassword))) resetClient('/tokens');
  }

  return (
    <form className="auth-form" onSubmit={submit}>
      <p className="muted">This signs you out everywhere, and can revoke your personal tokens.</p>
      {problem && <Problem>{problem}</Problem>}
      <NewPasswordFields value={password} error={reset.errors.newPassword} onChange={setPassword} />
      <Button
        type="submit"
        variant="primary"
        busy={reset.busy || signIn.busy}
        disabled={!isConfirmed(password)}
      >
        Set password and sign in
      </Button>
    </form>
  );
}

/** Sets a new password with a link from the operator, whose secret is after the # of the address. */
export default function ResetPasswordPage() {
  const secret = useFragmentSecret();
  return (
    <AuthLayout title="Set a new password" footer={<Link href="/sign-in">Back to sign-in</Link>}>
      {secret === '' ? (
        <Problem>This link is incomplete. Open the whole link that you received.</Problem>
      ) : (
        <ResetForm key={secret} secret={secret} />
      )}
    </AuthLayout>
  );
}
