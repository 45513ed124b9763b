import { useRef, useState } from 'react';
import { useMe } from '../session/session-gate.tsx';

const PREFIX = 'postern.draft.';

/** Matches a secret of Postern. A draft that contains one is not stored. */
const SECRET = /(?:pat|wst|ses|inv|rst)_[0-9A-Za-z]{49}/;

/** Returns a stored draft; `null` if there is none, or if it has other fields than `initial`. */
function readDraft<Value extends object>(key: string, initial: Value): Value | null {
  try {
    const stored: unknown = JSON.parse(sessionStorage.getItem(key) ?? 'null');
    const fields = (value: object) => Object.keys(value).sort().join();
    if (typeof stored !== 'object' || stored === null) return null;
    return fields(stored) === fields(initial) ? (stored as Value) : null;
  } catch {
    return null;
  }
}

function removeDraft(key: string): void {
  try {
    sessionStorage.removeItem(key);
  } catch {
    // Without storage there is no draft.
  }
}

function writeDraft(key: string, value: object): void {
  const text = JSON.stringify(value);
  try {
    if (SECRET.test(text)) sessionStorage.removeItem(key);
    else sessionStorage.setItem(key, text);
  } catch {
    // Without storage, only the reload loses the draft.
  }
}

/** Deletes the drafts of this tab. */
export function clearDrafts(): void {
  try {
    for (const key of Object.keys(sessionStorage)) {
      if (key.startsWith(PREFIX)) sessionStorage.removeItem(key);
    }
  } catch {
    // Without storage there are no drafts.
  }
}

/** The content of a form that survives a reload of the tab. */
export interface Draft<Value> {
  readonly value: Value;
  /** Whether the content is that of an earlier visit. */
  readonly restored: boolean;
  /** Changes some fields of the latest content, which can be newer than `value`. */
  change(change: Partial<Value>): void;
  /** Deletes the stored content after it was submitted or canceled. */
  clear(): void;
  /** Returns to the initial content. */
  reset(): void;
  /** Whether the content is the initial one. */
  readonly pristine: boolean;
  /** Replaces the content by the initial one with a change. */
  replace(change: Partial<Value>): void;
}

/**
 * Returns the content of a form. The tab stores it under its name and the signed-in user until `clear`. Contents with a
 * secret of Postern are never stored; fields for passwords do not belong in a draft.
 */
export function useDraft<Value extends object>(name: string, initialise: () => Value): Draft<Value> {
  const key = `${PREFIX}${useMe().id}.${name}`;
  const initial = useRef<Value>(undefined as never);
  initial.current ??= initialise();
  const [restored, setRestored] = useState(() => readDraft(key, initial.current));
  const [value, setValue] = useState(restored ?? initial.current);
  const latest = useRef(value);

  function set(next: Value): void {
    latest.current = next;
    setValue(next);
  }

  function store(next: Value): void {
    writeDraft(key, next);
    set(next);
  }

  return {
    value,
    restored: restored !== null,
    pristine: value === initial.current,
    change: (change) => store({ ...latest.current, ...change }),
    replace(change) {
      setRestored(null);
      store({ ...initial.current, ...change });
    },
    clear: () => removeDraft(key),
    reset() {
      removeDraft(key);
      setRestored(null);
      set(initial.current);
    },
  };
}
