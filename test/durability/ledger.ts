import type { KnownToken, TokenChange } from './token-life.ts';

/** A token with what is known of it. */
export interface Entry {
  readonly token: KnownToken;
  /** The change that was asked for and not answered: it may have happened, or not. */
  readonly pending: TokenChange | null;
}

/** Everything that the server has acknowledged, by the ids of tokens. */
export interface Ledger {
  readonly size: number;
  /** How many answers have acknowledged something. */
  readonly acknowledged: number;
  /** Takes down an acknowledged answer. */
  note(token: KnownToken): void;
  /** Takes down that a change is under way. */
  begin(token: KnownToken, change: TokenChange): void;
  /** Takes down that the change under way was refused, and has not happened. */
  abandon(token: KnownToken): void;
  /** Replaces what is known after it was checked; `null` where nothing certain is left. */
  settle(id: string, token: KnownToken | null): void;
  /** The tokens that were changed, or were to be, since the last call. */
  takeTouched(): Entry[];
  all(): Entry[];
}

/** A ledger that knows of nothing. */
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
