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
import { openTabs, type Tabs } from './tabs.ts';
import { useRefreshOnReturn } from './use-refresh-on-return.ts';

interface Api {
  readonly connection: Connection;
  readonly tabs: Tabs;
  readonly retry: () => void;
  readonly refresh: () => void;
  readonly reset: () => void;
}

const ApiContext = createContext<Api | null>(null);

function useApi(): Api {
  const api = useContext(ApiContext);
  if (!api) throw new Error('useApi needs an ApiProvider above it');
  return api;
}

/** Returns the path to open after sign-in. It is always a path of the console, never another site. */
export function returnPath(search: string): string {
  const path = new URLSearchParams(search).get('next') ?? '/';
  return /^\/(?![/\\])/.test(path) ? path : '/';
}

/** Returns the path of the sign-in page that leads back to `from`. */
export function signInPath(from: string): string {
  return from === '/' ? '/sign-in' : `/sign-in?${new URLSearchParams({ next: from })}`;
}

/** The pages that need no session. */
const PUBLIC_PATHS: readonly string[] = ['/sign-in', '/invitation', '/reset-password', '/sign-in-link'];

/** Redirects to the sign-in page, unless the page needs no session. */
function leaveForSignIn(): void {
  const { pathname, search } = window.location;
  if (!PUBLIC_PATHS.includes(pathname)) {
    navigate(signInPath(pathname + search), { replace: true });
  }
}

const CHANGE_PASSWORD = '/change-password';

/** Opens the page on which the user replaces a generated password. */
function leaveForPassword(): void {
  if (window.location.pathname !== CHANGE_PASSWORD) navigate(CHANGE_PASSWORD, { replace: true });
}

function startApi(generation: number, tabs: Tabs) {
  const connection = createConnection();
  const onChanged = (userId: string) => tabs.tell({ kind: 'changed', userId });
  return {
    generation,
    connection,
    tabs,
    ...createApiClient({
      connection,
      onChanged,
      onAnonymous: leaveForSignIn,
      onTemporaryPassword: leaveForPassword,
    }),
  };
}

/** Provides the API client. A new client remounts all children, so that no data of one user remains for the next. */
export function ApiProvider({ children }: { children: ReactNode }) {
  const [api, setApi] = useState(() => startApi(0, openTabs()));
  const value = useMemo(
    () => ({ ...api, reset: () => setApi(({ generation, tabs }) => startApi(generation + 1, tabs)) }),
    [api],
  );
  useRefreshOnReturn(api.refresh);
  return (
    <ApiContext value={value}>
      <Provider value={api.client}>
        <Fragment key={api.generation}>{children}</Fragment>
      </Provider>
    </ApiContext>
  );
}

/** Returns a function that opens a path with a new client, so that no data of the previous user remains. */
export function useResetClient(): (path: string) => void {
  const { reset } = useApi();
  const [, go] = useLocation();
  return (path) => {
    reset();
    go(path, { replace: true });
  };
}

/** Returns the state of the connection, with the actions on it. */
export function useConnection(): ConnectionState & {
  /** Sends failed queries again. */
  readonly retry: () => void;
  /** Sends all queries of the page again. */
  readonly refresh: () => void;
  /** Opens or closes the dialog about the session. */
  readonly prompt: (prompting: boolean) => void;
  readonly update: Connection['update'];
} {
  const { connection, retry, refresh } = useApi();
  const state = useSyncExternalStore(connection.subscribe, connection.get);
  return {
    ...state,
    retry,
    refresh,
    update: connection.update,
    prompt: (prompting) => connection.update({ prompting }),
  };
}

/** Returns the other tabs of the browser. */
export function useTabs(): Tabs {
  return useApi().tabs;
}
