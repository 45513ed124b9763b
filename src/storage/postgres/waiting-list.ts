import type { KeyedLock } from '../locks.ts';

/** The most entries that are looked through for those that can run. */
const MOST_EXAMINED = 1000;

/** What an entry holds while it runs. */
export interface Claim {
  readonly keys: readonly KeyedLock[];
  /** Whether the entry can run together with others. */
  readonly canShare: boolean;
}

/** Entries that wait for a connection, in the order of their arrival. */
export interface WaitingList<Entry extends Claim> {
  add(entry: Entry): void;
  /**
   * Removes and returns the first entry that can run now, with up to `most - 1` later ones that can share its transaction.
   * Entries that can share stay unless there are `least` of them, 1 or more. Entries whose keys are held stay, without a connection, and
   * none of their keys is given to a later entry.
   */
  take(most: number, least: number): Entry[];
  /** Releases the keys of entries that have run. */
  release(entries: readonly Entry[]): void;
}

/** Returns the keys that some entries hold, with the number of holders; a negative number for one exclusive holder. */
function createHeldKeys() {
  const held = new Map<string, number>();
  return {
    isFree: ({ key, exclusive }: KeyedLock) => {
      const holders = held.get(key) ?? 0;
      return exclusive ? holders === 0 : holders >= 0;
    },
    /** Holds a key, even if it is not free: then one exclusive holder counts more than any others. */
    hold({ key, exclusive }: KeyedLock): void {
      const holders = held.get(key) ?? 0;
      held.set(key, exclusive || holders < 0 ? -1 : holders + 1);
    },
    release({ key, exclusive }: KeyedLock): void {
      const holders = exclusive ? 0 : (held.get(key) ?? 1) - 1;
      if (holders === 0) held.delete(key);
      else held.set(key, holders);
    },
  };
}

/**
 * Creates a list of changes that wait for a connection. The database keeps changes apart; the list only avoids that changes
 * which wait for each other, such as those of one user, occupy the connections that others could use.
 */
export function createWaitingList<Entry extends Claim>(): WaitingList<Entry> {
  const running = createHeldKeys();
  let waiting: Entry[] = [];

  function find(most: number, least: number): Entry[] {
    const sharing: Entry[] = [];
    /** The first entry that runs by itself. */
    let single: Entry | undefined;
    const passed = createHeldKeys();
    for (const entry of waiting.slice(0, MOST_EXAMINED)) {
      const isFree = entry.keys.every((key) => running.isFree(key) && passed.isFree(key));
      if (isFree && entry.canShare) sharing.push(entry);
      else if (isFree) single ??= entry;
      // A key that is passed over is held, so that later entries do not overtake this one for ever.
      entry.keys.forEach(passed.hold);
      if (sharing.length === most || (single && sharing.length === 0)) break;
    }
    if (sharing.length >= least) return sharing;
    return single ? [single] : [];
  }

  return {
    add: (entry) => void waiting.push(entry),
    take(most, least) {
      const found = find(most, least);
      waiting = waiting.filter((entry) => !found.includes(entry));
      for (const { keys } of found) keys.forEach(running.hold);
      return found;
    },
    release: (entries) => {
      for (const { keys } of entries) keys.forEach(running.release);
    },
  };
}
