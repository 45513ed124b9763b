import { useState } from 'react';
import { Provider } from 'urql';
import { createApiClient, describeError, isSignedOut } from './client.ts';
import { useSignOutMutation, useViewerQuery } from './generated/hooks.ts';
import { NewToken } from './new-token.tsx';
import { SignIn } from './sign-in.tsx';
import { TokenList } from './token-list.tsx';

/** Shows the tokens of the signed-in user, or the form to sign in. A new client drops the cache of the previous user. */
export function App() {
  const [client, setClient] = useState(createApiClient);
  return (
    <Provider value={client}>
      <Home onUserChange={() => setClient(createApiClient())} />
    </Provider>
  );
}

function Home({ onUserChange }: { onUserChange: () => void }) {
  const [{ data, error, fetching }] = useViewerQuery();
  const [, signOut] = useSignOutMutation();

  if (fetching) return <p>Loading…</p>;
  if (error && isSignedOut(error)) return <SignIn onSignedIn={onUserChange} />;
  if (error) return <p role="alert">{describeError(error)}</p>;
  return (
    <>
      <h1>Tokens of {data?.viewer?.user?.email}</h1>
      <TokenList />
      <NewToken />
      <button type="button" onClick={() => signOut({}).then(onUserChange)}>
        Sign out
      </button>
    </>
  );
}
