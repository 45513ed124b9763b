/** A map with a bounded total weight. It drops the least recently used entries. */
export interface LruCache<T> {
  get(key: string): T | undefined;
  /** Stores a value, unless its weight exceeds the capacity. */
  set(key: string, value: T, weight: number): void;
}

/** Creates a cache whose entries weigh at most `capacity` in total, in any unit. */
export function createLruCache<T>(capacity: number): LruCache<T> {
  /** Entries in the order of their last use. */
  const entries = new Map<string, { readonly value: T; readonly weight: number }>();
  let total = 0;

  function remove(key: string): void {
    total -= entries.get(key)?.weight ?? 0;
    entries.delete(key);
  }

  return {
    get(key) {
      const entry = entries.get(key);
      if (!entry) return undefined;
      entries.delete(key);
      entries.set(key, entry);
      return entry.value;
    },

    set(key, value, weight) {
      remove(key);
      if (weight > capacity) return;
      entries.set(key, { value, weight });
      total += weight;
      for (const oldest of entries.keys()) {
        if (total <= capacity) break;
        remove(oldest);
      }
    },
  };
}
