import { useEffect, useRef, useState } from 'react';
import { useTabs } from '../api/api-provider.tsx';
import { createSessionClient } from '../api/client.ts';
import { codeOf, describeError, isReauthenticationRequired } from '../api/errors.ts';
import { Button } from '../components/button.tsx';
import { Loading, Problem } from '../components/states.tsx';
import {
  MeDocument,
  type MeQuery,
  ReauthenticateDocument,
  type ReauthenticateMutation,
} from '../generated/hooks.ts';
import { AuthLayout } from './auth-layout.tsx';
import type { ProviderOutcome } from './provider-outcome.ts';

/** Passes a sign-in at a provider to the server; resolves with the user of the session, or with why it does not count. */
async function reauthenticate(state: string): Promise<{ userId?: string | undefined; problem?: string }> {
  const client = createSessionClient();
  const input = { input: { state } };
  const { error } = await client.mutation<ReauthenticateMutation>(ReauthenticateDocument, input).toPromise();
  if (error?.graphQLErrors.some((each) => codeOf(each) === 'NOT_FOUND')) {
    return { problem: 'You signed in as someone who is not linked to your account here.' };
  }
  if (error && isReauthenticationRequired(error)) {
    return { problem: 'Your provider does not say that you have just signed in, so this does not count.' };
  }
  if (error) return { problem: describeError(error) };
  const { data } = await client.query<MeQuery>(MeDocument, {}).toPromise();
  return { userId: data?.viewer?.user?.id };
}

/** The page of a window in which a user has confirmed at a provider who they are. It closes itself. */
export function ConfirmedPage({ outcome }: { readonly outcome: ProviderOutcome }) {
  const { state } = outcome;
  const tabs = useTabs();
  const [problem, setProblem] = useState(outcome.problem);
  const [done, setDone] = useState(false);
  const begun = useRef(false);

  useEffect(() => {
    if (state === null || begun.current) return;
    begun.current = true;
    window.history.replaceState(null, '', '/sign-in');
    void reauthenticate(state).then((result) => {
      if (result.userId === undefined) return setProblem(result.problem ?? 'Your session has ended.');
      tabs.tell({ kind: 'reauthenticated', userId: result.userId });
      setDone(true);
      window.close();
    });
  }, [state, tabs]);

  return (
    <AuthLayout title="Confirm who you are">
      {problem && <Problem>{problem}</Problem>}
      {problem && <Button onClick={() => window.close()}>Close this window</Button>}
      {done && <p>Close this window, and continue in the other one.</p>}
      {!problem && !done && <Loading what="your session" />}
    </AuthLayout>
  );
}
