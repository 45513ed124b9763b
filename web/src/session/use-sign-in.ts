import { useState } from 'react';
import { useTabs } from '../api/api-provider.tsx';
import { createSessionClient } from '../api/client.ts';
import { describeError, isSignedOut } from '../api/errors.ts';
import { MeDocument, type MeQuery, useSignInMutation } from '../generated/hooks.ts';

const METADATA = '/.well-known/oauth-authorization-server';

/** Returns the origin in the server's configuration; the current origin if that is unknown. */
async function serverOrigin(): Promise<string> {
  try {
    const response = await fetch(METADATA);
    const { issuer } = (await response.json()) as { issuer: string };
    return new URL(issuer).origin;
  } catch {
    return window.location.origin;
  }
}

/** Returns the user of the new session, or why the browser does not send its cookie. */
async function findSession(): Promise<{ problem: string | null; userId: string | undefined }> {
  const { data, error } = await createSessionClient().query<MeQuery>(MeDocument, {}).toPromise();
  const problem = error && isSignedOut(error) ? await describeLostSession() : null;
  return { problem, userId: data?.viewer?.user?.id };
}

async function describeLostSession(): Promise<string> {
  const origin = await serverOrigin();
  return origin === window.location.origin
    ? "Your password is correct, but this browser didn't store the session cookie. Allow cookies for this site, then sign in again."
    : `Your password is correct, but you can't sign in at this address because this server expects ${origin}. Open the console there.`;
}

/** Signs in with email and password, and checks that the browser stores the session. */
export function useSignIn() {
  const [, send] = useSignInMutation();
  const tabs = useTabs();
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);

  /** Resolves with whether the user is now signed in; if not, `problem` says why. */
  async function signIn(email: string, password: string): Promise<boolean> {
    setBusy(true);
    const { error } = await send({ input: { email, password } });
    const found = error ? { problem: describeError(error), userId: undefined } : await findSession();
    if (found.userId) tabs.tell({ kind: 'signed-in', userId: found.userId });
    setProblem(found.problem);
    setBusy(false);
    return found.problem === null;
  }

  return { signIn, busy, problem };
}
