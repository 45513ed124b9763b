import type { CombinedError } from 'urql';

/** The user that a tab acts for. */
export interface Person {
  readonly id: string;
  readonly name: string;
  readonly email: string;
}

/** The state of a tab's connection to the server. */
export interface ConnectionState {
  /** The person that the server named first; `null` until then. The tab never acts for anyone else. */
  readonly person: Person | null;
  /** Whether that person is still signed in: the session may have ended, or someone else may have signed in since. */
  readonly session: 'current' | 'ended' | 'replaced';
  /** Whether the person is being asked about the session; a dismissed question leaves a bar on the page. */
  readonly asking: boolean;
  /** Why part of the page could not be refreshed; `null` if all of it is up to date. */
  readonly outdated: CombinedError | null;
  /** Whether failed queries are being sent again. */
  readonly retrying: boolean;
}

/** The state of a connection, and everyone who watches it. */
export interface Connection {
  get(): ConnectionState;
  update(change: Partial<ConnectionState>): void;
  /** Calls `listener` after each change. Returns how to stop that. */
  subscribe(listener: () => void): () => void;
}

const INITIAL: ConnectionState = {
  person: null,
  session: 'current',
  asking: false,
  outdated: null,
  retrying: false,
};

/** A connection about which nothing is known yet. */
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
