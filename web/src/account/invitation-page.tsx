import { Link } from 'wouter';
import { useMeQuery } from '../generated/hooks.ts';
import { AuthLayout } from '../session/auth-layout.tsx';
import { ProviderLinks, usePasswordSignIn } from '../session/provider-sign-in.tsx';
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
  const isAsked = !me && !fetching;
  const { passwords, isLoading } = usePasswordSignIn();
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
      {isAsked && passwords !== 'ON' && (
        <div className="auth-form">
          <p className="muted">
            Sign in first. Then open the link of the invitation again, or paste its secret.
          </p>
          <ProviderLinks next="/invitation" />
        </div>
      )}
      {!(isAsked && passwords === 'OFF') && (
        <InvitationForm
          key={secret}
          linked={secret}
          asks={isAsked && !isLoading}
          createsAccounts={passwords === 'ON'}
        />
      )}
    </AuthLayout>
  );
}
