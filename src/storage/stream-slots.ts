/** A slot that an open stream holds. */
export interface StreamSlot {
  /** Frees the slot. Idempotent. */
  release(): void;
}

/** Counts the open streams of each credential, over all servers of the database. */
export interface StreamSlots {
  /**
   * Takes one of the `most` slots of a credential; `null` if all are taken. The limit is exact under concurrent calls.
   * `onLost` is called if this server loses the slot, which others can take from then on: the stream must end.
   */
  take(credentialId: string, most: number, onLost: () => void): Promise<StreamSlot | null>;
  /** Frees every slot of this server. */
  close(): Promise<void>;
}

/** Creates slots in memory, for a database with one server. */
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
