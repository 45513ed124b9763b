/** A map by text that holds no more than its capacity, and makes room by dropping what was used least recently. */
export interface LruCache<T> {
  get(key: string): T | undefined;
  /** Stores a value. One that is heavier than the whole capacity is not stored. */
  set(key: string, value: T, weight: number): void;
}

/** A cache whose entries weigh no more than `capacity` in all, in the unit that its callers weigh in. */
export function createLruCache<T>(capacity: number): LruCache<T> {
  /** In the order of their last use. */
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
