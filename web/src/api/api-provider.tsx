import { createContext, type ReactNode, useCallback, useContext, useMemo, useState } from 'react';
import { Provider } from 'urql';
import { useLocation } from 'wouter';
import { navigate } from 'wouter/use-browser-location';
import { createApiClient } from './client.ts';

const ForgetContext = createContext<() => void>(() => {});

/** Where sign-in leads back to; a place of the console only, never another site. */
export function returnPath(search: string): string {
  const path = new URLSearchParams(search).get('next') ?? '/';
  return /^\/(?![/\\])/.test(path) ? path : '/';
}

/** The sign-in page that leads back to a place. */
export function signInPath(from: string): string {
  return from === '/' ? '/sign-in' : `/sign-in?${new URLSearchParams({ next: from })}`;
}

/** Leaves for the sign-in page, from wherever one is. */
function leaveForSignIn(): void {
  const { pathname, search } = window.location;
  if (pathname !== '/sign-in' && pathname !== '/invitation') {
    navigate(signInPath(pathname + search), { replace: true });
  }
}

/** Gives the pages a client; when nobody is signed in any more, leads to sign-in and back. */
export function ApiProvider({ children }: { children: ReactNode }) {
  const [generation, setGeneration] = useState(0);
  // biome-ignore lint/correctness/useExhaustiveDependencies: a new generation is a new client
  const client = useMemo(() => createApiClient({ onSignedOut: leaveForSignIn }), [generation]);
  const forget = useCallback(() => setGeneration((current) => current + 1), []);
  return (
    <ForgetContext value={forget}>
      <Provider value={client}>{children}</Provider>
    </ForgetContext>
  );
}

/** Goes to a place with an empty memory: what one person saw is gone before the next one signs in. */
export function useFreshStart(): (path: string) => void {
  const forget = useContext(ForgetContext);
  const [, go] = useLocation();
  return (path) => {
    forget();
    go(path, { replace: true });
  };
}
