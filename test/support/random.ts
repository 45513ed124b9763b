/** Repeatable pseudo-random values: the same seed always gives the same values. */
export interface Random {
  /** An integer from 0, below a bound. */
  below(bound: number): number;
  /** Whether an event of this probability happens. */
  chance(probability: number): boolean;
  /** One of the items. Throws if there are none. */
  pick<T>(items: readonly T[]): T;
  /** Some of the items, in their order; each is included with a probability of one half. */
  some<T>(items: readonly T[]): T[];
}

/** Returns random values from a seed (the mulberry32 generator). */
export function seededRandom(seed: number): Random {
  let state = seed >>> 0;
  function fraction(): number {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }
  return {
    below: (bound) => Math.floor(fraction() * bound),
    chance: (probability) => fraction() < probability,
    pick(items) {
      if (items.length === 0) throw new Error('there is nothing to pick from');
      return items[Math.floor(fraction() * items.length)] as (typeof items)[number];
    },
    some: (items) => items.filter(() => fraction() < 0.5),
  };
}
