/** The slot that an open stream takes of its credential. */
export interface StreamSlot {
  /** Gives the slot back. Idempotent. */
  release(): void;
}

/** Counts the open streams of each credential, over all servers of the database. */
export interface StreamSlots {
  /**
   * Takes one of the `most` slots of a credential; `null` if all are taken. Exact, however many ask at once. `onLost` is
   * called if this server can no longer hold the slot, so that others may take it: the stream has to end then.
   */
  take(credentialId: string, most: number, onLost: () => void): Promise<StreamSlot | null>;
  /** Gives back every slot of this server. */
  close(): Promise<void>;
}

/** Slots in memory, for a database that has one server. */
export function createMemoryStreamSlots(): StreamSlots {
  const taken = new Map<string, number>();

  function add(credentialId: string, change: 1 | -1): void {
    const count = (taken.get(credentialId) ?? 0) + change;
    if (count > 0) taken.set(credentialId, count);
    else taken.delete(credentialId);
  }

  return {
    async take(credentialId, most) {
      if ((taken.get(credentialId) ?? 0) >= most) return null;
      add(credentialId, 1);
      let released = false;
      return {
        release() {
          if (!released) add(credentialId, -1);
          released = true;
        },
      };
    },
    async close() {
      taken.clear();
    },
  };
}
