import { useEffect } from 'react';
import { useLocation } from 'wouter';
import { Button, ButtonLink } from '../components/button.tsx';
import { Description, DescriptionList } from '../components/description-list.tsx';
import { Problem } from '../components/states.tsx';
import { useSubmit } from '../components/use-submit.ts';
import { useLinkIdentityMutation, useSignInOptionsQuery } from '../generated/hooks.ts';
import { AuthLayout } from '../session/auth-layout.tsx';
import type { ProviderOutcome } from '../session/provider-outcome.ts';
import { SessionGate, useMe } from '../session/session-gate.tsx';

function LinkIdentityForm({ state, provider, identity }: ProviderOutcome) {
  const me = useMe();
  const [, go] = useLocation();
  const [{ data }] = useSignInOptionsQuery();
  const { submit, busy, problem } = useSubmit(useLinkIdentityMutation(), {
    onDone: () => go('/account', { replace: true }),
  });
  const label = data?.signInOptions?.providers.find(({ id }) => id === provider)?.label ?? provider;
  useEffect(() => window.history.replaceState(null, '', '/sign-in'), []);
  return (
    <AuthLayout title="Link an identity">
      <p>From now on, a person who signs in with this identity is signed in to your account.</p>
      <DescriptionList>
        <Description name="Your account here">{`${me.name} (${me.email})`}</Description>
        <Description name={`Identity at ${label}`}>{identity}</Description>
      </DescriptionList>
      {problem && <Problem>{problem}</Problem>}
      <div className="dialog-actions">
        <ButtonLink href="/account">Cancel</ButtonLink>
        <Button
          variant="primary"
          busy={busy}
          onClick={() => void submit({ state: state ?? '' }, `Identity at ${label} linked`)}
        >
          Link identity
        </Button>
      </div>
    </AuthLayout>
  );
}

/** Asks a signed-in user whether to link the identity with which they have just signed in at a provider. */
export default function LinkIdentityPage({ outcome }: { readonly outcome: ProviderOutcome }) {
  return (
    <SessionGate>
      <LinkIdentityForm {...outcome} />
    </SessionGate>
  );
}
