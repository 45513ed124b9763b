import type { FormEvent } from 'react';
import { Link } from 'wouter';
import { useResetClient, useTabs } from '../api/api-provider.tsx';
import { Button } from '../components/button.tsx';
import { Problem } from '../components/states.tsx';
import { useSubmit } from '../components/use-submit.ts';
import { useSignInWithLinkMutation } from '../generated/hooks.ts';
import { AuthLayout } from '../session/auth-layout.tsx';
import { useFragmentSecret } from './fragment-secret.ts';

function LinkForm({ secret }: { secret: string }) {
  const { busy, problem, errors, submit } = useSubmit(useSignInWithLinkMutation(), { fields: ['resetLink'] });
  const resetClient = useResetClient();
  const tabs = useTabs();
  const shown = errors.resetLink ?? problem;

  async function handleSubmit(event: FormEvent) {
    event.preventDefault();
    const data = await submit({ input: { secret } });
    const user = data?.signInWithLink?.user;
    if (!user) return;
    tabs.tell({ kind: 'signed-in', userId: user.id });
    resetClient('/account');
  }

  return (
    <form className="auth-form" onSubmit={handleSubmit}>
      <p className="muted">The link works once. Then sign in as you usually do.</p>
      {shown && <Problem>{shown}</Problem>}
      <Button type="submit" variant="primary" busy={busy}>
        Sign in with this link
      </Button>
    </form>
  );
}

/** Signs in with a link from the operator, whose secret is after the # of the address. */
export default function SignInLinkPage() {
  const secret = useFragmentSecret();
  return (
    <AuthLayout title="Sign in" footer={<Link href="/sign-in">Other ways to sign in</Link>}>
      {secret === '' ? (
        <Problem>This link is incomplete. Open the whole link that you received.</Problem>
      ) : (
        <LinkForm key={secret} secret={secret} />
      )}
    </AuthLayout>
  );
}
