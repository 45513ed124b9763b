import {
  createContext,
  Fragment,
  type ReactNode,
  useContext,
  useMemo,
  useState,
  useSyncExternalStore,
} from 'react';
import { Provider } from 'urql';
import { useLocation } from 'wouter';
import { navigate } from 'wouter/use-browser-location';
import { createApiClient } from './client.ts';
import { type Connection, type ConnectionState, createConnection } from './connection.ts';

interface Api {
  readonly connection: Connection;
  readonly retry: () => void;
  readonly reset: () => void;
}

const ApiContext = createContext<Api | null>(null);

function useApi(): Api {
  const api = useContext(ApiContext);
  if (!api) throw new Error('useApi needs an ApiProvider above it');
  return api;
}

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

function startApi(generation: number) {
  const connection = createConnection();
  return { generation, connection, ...createApiClient({ connection, onAnonymous: leaveForSignIn }) };
}

/** Gives the pages a client. Everything below starts anew with each client: nothing of one person is left for the next. */
export function ApiProvider({ children }: { children: ReactNode }) {
  const [api, setApi] = useState(() => startApi(0));
  const value = useMemo(
    () => ({ ...api, reset: () => setApi(({ generation }) => startApi(generation + 1)) }),
    [api],
  );
  return (
    <ApiContext value={value}>
      <Provider value={api.client}>
        <Fragment key={api.generation}>{children}</Fragment>
      </Provider>
    </ApiContext>
  );
}

/** Goes to a place with an empty memory: what one person saw is gone before the next one signs in. */
export function useResetClient(): (path: string) => void {
  const { reset } = useApi();
  const [, go] = useLocation();
  return (path) => {
    reset();
    go(path, { replace: true });
  };
}

/** The state of the connection, and what can be done about it. */
export function useConnection(): ConnectionState & {
  /** Sends the queries again that failed. */
  readonly retry: () => void;
  /** Opens or closes the question about the session. */
  readonly ask: (asking: boolean) => void;
} {
  const { connection, retry } = useApi();
  const state = useSyncExternalStore(connection.subscribe, connection.get);
  return { ...state, retry, ask: (asking) => connection.update({ asking }) };
}
