import { useEffect, useRef, useState } from 'react';
import { useTabs } from '../api/api-provider.tsx';
import { describeError } from '../api/errors.ts';
import { type PasswordSignIn, useCompleteSignInMutation, useSignInOptionsQuery } from '../generated/hooks.ts';
import type { ProviderOutcome } from './provider-outcome.ts';

/** Finishes a sign-in at a provider, then opens the page that the person wanted to see. */
export function useProviderSignIn(outcome: ProviderOutcome): {
  readonly busy: boolean;
  readonly problem: string | null;
} {
  const { state } = outcome;
  const [, complete] = useCompleteSignInMutation();
  const tabs = useTabs();
  const [problem, setProblem] = useState(outcome.problem);
  const [busy, setBusy] = useState(state !== null);
  const begun = useRef(false);

  useEffect(() => {
    // React runs effects twice in development, and a state works once.
    if (state === null || begun.current) return;
    begun.current = true;
    window.history.replaceState(null, '', '/sign-in');
    void complete({ state }).then(({ data, error: refusal }) => {
      const session = data?.completeSignIn;
      if (session?.user) tabs.tell({ kind: 'signed-in', userId: session.user.id });
      if (session) window.location.replace(session.to);
      else {
        setProblem(refusal ? describeError(refusal) : null);
        setBusy(false);
      }
    });
  }, [state, complete, tabs]);

  return { busy, problem };
}

/** Returns who signs in with a password: everyone who has one if the server does not say. */
export function usePasswordSignIn(): { readonly passwords: PasswordSignIn; readonly isLoading: boolean } {
  const [{ data, fetching }] = useSignInOptionsQuery();
  return { passwords: data?.signInOptions?.passwords ?? 'ON', isLoading: fetching && !data };
}

/** Links that begin a sign-in at each provider; nothing if there is none. */
export function ProviderLinks({ next }: { readonly next: string }) {
  const [{ data }] = useSignInOptionsQuery();
  const providers = data?.signInOptions?.providers ?? [];
  return providers.map(({ id, label, startUrl }) => (
    <a key={id} className="button" href={`${startUrl}?${new URLSearchParams({ to: next })}`}>
      Sign in with {label}
    </a>
  ));
}
