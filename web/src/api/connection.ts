import type { CombinedError } from 'urql';

/** The user that a tab acts for. */
export interface TabUser {
  readonly id: string;
  readonly name: string;
  readonly email: string;
  /** Whether the user can sign in with a password. */
  readonly hasPassword: boolean | null;
  /** The identities of the user at providers. */
  readonly identities: readonly { readonly provider: string }[] | null;
}

/** The state of a tab's connection to the server. */
export interface ConnectionState {
  /** The first user that the server returned; `null` until then. The tab never acts for anyone else. */
  readonly user: TabUser | null;
  /** Whether that user is still signed in, the session has ended, or another user has signed in. */
  readonly session: 'current' | 'ended' | 'replaced';
  /** Whether the dialog about the session is open. If the user dismisses it, a bar stays on the page. */
  readonly prompting: boolean;
  /** Answers the question who the user is, which a change waits for; `null` if none is waiting. */
  readonly confirm: ((confirmed: boolean) => void) | null;
  /** Why part of the page could not be refreshed; `null` if all of it is up to date. */
  readonly outdated: CombinedError | null;
  /** Whether failed queries are being sent again. */
  readonly retrying: boolean;
}

/** An observable connection state. */
export interface Connection {
  get(): ConnectionState;
  update(change: Partial<ConnectionState>): void;
  /** Calls `listener` after each change. Returns a function that ends the subscription. */
  subscribe(listener: () => void): () => void;
}

const INITIAL: ConnectionState = {
  user: null,
  session: 'current',
  prompting: false,
  confirm: null,
  outdated: null,
  retrying: false,
};

/** Returns a connection in its initial state. */
export function createConnection(): Connection {
  const listeners = new Set<() => void>();
  let state = INITIAL;
  return {
    get: () => state,
    update(change) {
      const next = { ...state, ...change };
      const keys = Object.keys(change) as (keyof ConnectionState)[];
      if (keys.every((key) => next[key] === state[key])) return;
      state = next;
      for (const listener of listeners) listener();
    },
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}
