import { useEffect, useRef, useState } from 'react';
import { useTabs } from '../api/api-provider.tsx';
import { describeError } from '../api/errors.ts';
import { useCompleteSignInMutation, useSignInOptionsQuery } from '../generated/hooks.ts';

/** The messages of the errors that the callback of a provider leaves in the address. */
const PROBLEMS: Readonly<Record<string, string>> = {
  ACCESS_DENIED: 'Your provider did not let you sign in here.',
  PROVIDER_UNAVAILABLE: "Your provider can't be reached. Try again in a moment.",
  PROVIDER_FAILED: 'Your provider sent something that is not valid. Ask the operator of this server.',
  SIGN_IN_EXPIRED: 'This sign-in has expired or began in another browser. Try again.',
  SESSION_REQUIRED: 'Sign in first.',
};

/** Finishes the sign-in that the address of the page contains, then opens the page that the person wanted to see. */
export function useProviderSignIn(): { readonly busy: boolean; readonly problem: string | null } {
  const [, complete] = useCompleteSignInMutation();
  const tabs = useTabs();
  const [fragment] = useState(() => new URLSearchParams(window.location.hash.slice(1)));
  const error = fragment.get('error');
  const state = fragment.get('intent') === 'sign-in' ? fragment.get('state') : null;
  const [problem, setProblem] = useState(error && (PROBLEMS[error] ?? PROBLEMS.PROVIDER_FAILED ?? null));
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
