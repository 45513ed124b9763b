import type { KnownToken, TokenChange } from './token-life.ts';

/** A token with its acknowledged state. */
export interface Entry {
  readonly token: KnownToken;
  /** A requested change without a response: it can have happened, or not. */
  readonly pending: TokenChange | null;
}

/** Everything that the server has acknowledged, by the ids of tokens. */
export interface Ledger {
  readonly size: number;
  /** The number of acknowledged responses. */
  readonly acknowledged: number;
  /** Records an acknowledged response. */
  note(token: KnownToken): void;
  /** Records that a change was sent. */
  begin(token: KnownToken, change: TokenChange): void;
  /** Records that the change was refused, and has not happened. */
  abandon(token: KnownToken): void;
  /** Replaces the state after a check; `null` if it is unknown. */
  settle(id: string, token: KnownToken | null): void;
  /** The tokens that were changed, or could have been, since the last call. */
  takeTouched(): Entry[];
  all(): Entry[];
}

/** Returns an empty ledger. */
export function createLedger(): Ledger {
  const entries = new Map<string, Entry>();
  const touched = new Set<string>();
  let acknowledged = 0;

  function put(token: KnownToken, pending: TokenChange | null): void {
    entries.set(token.id, { token, pending });
    touched.add(token.id);
  }

  return {
    get size() {
      return entries.size;
    },
    get acknowledged() {
      return acknowledged;
    },
    note(token) {
      acknowledged += 1;
      put(token, null);
    },
    begin: put,
    abandon: (token) => put(token, null),
    settle(id, token) {
      if (token) entries.set(id, { token, pending: null });
      else entries.delete(id);
    },
    takeTouched() {
      const taken = [...touched].flatMap((id) => entries.get(id) ?? []);
      touched.clear();
      return taken;
    },
    all: () => [...entries.values()],
  };
}
