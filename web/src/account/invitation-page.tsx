import { Link } from 'wouter';
import { useMeQuery } from '../generated/hooks.ts';
import { AuthLayout } from '../session/auth-layout.tsx';
import { useFragmentSecret } from './fragment-secret.ts';
import { InvitationForm } from './invitation-form.tsx';

/**
 * Accepts an invitation to a workspace, with an account or a new one. The secret is after the # of the address, or the user
 * pastes it.
 */
export default function InvitationPage() {
  const secret = useFragmentSecret();
  const [{ data, fetching }] = useMeQuery();
  const me = data?.viewer?.user;
  return (
    <AuthLayout
      title="Accept an invitation"
      footer={
        me ? (
          <>
            You are signed in as {me.email}. <Link href="/">Back to the console</Link>
          </>
        ) : (
          <Link href="/sign-in">Back to sign-in</Link>
        )
      }
    >
      <InvitationForm key={secret} linked={secret} asks={!me && !fetching} />
    </AuthLayout>
  );
}
