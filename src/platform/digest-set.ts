/** A set of SHA-256 digests in a fixed, small space. */
export interface DigestSet {
  /** Adds a digest in hex; returns whether it was absent. */
  add(digest: string): boolean;
  /**
   * Returns whether a digest in hex is in the set. Only its first 64 bits count, so of 10¹³ digests that are not, a set of a
   * million contains less than one.
   */
  has(digest: string): boolean;
}

const FIRST_CAPACITY = 1024;
const WORD_DIGITS = 8;

/**
 * Creates an empty set: a table with open addressing, which takes 12 to 27 bytes a digest. A `Set` of the texts takes more than
 * 100.
 */
export function createDigestSet(): DigestSet {
  let table = new Uint32Array(2 * FIRST_CAPACITY);
  let size = 0;

  /** Returns the index of a digest, or of the free place for it. */
  function find(words: Uint32Array, high: number, low: number): number {
    const mask = words.length / 2 - 1;
    for (let slot = low & mask; ; slot = (slot + 1) & mask) {
      const index = 2 * slot;
      const isFree = words[index] === 0 && words[index + 1] === 0;
      if (isFree || (words[index] === high && words[index + 1] === low)) return index;
    }
  }

  function grow(): void {
    const larger = new Uint32Array(2 * table.length);
    for (let index = 0; index < table.length; index += 2) {
      const [high, low] = [table[index] as number, table[index + 1] as number];
      if (high !== 0 || low !== 0) larger.set([high, low], find(larger, high, low));
    }
    table = larger;
  }

  /** Returns the first 64 bits of a digest, never both zero, which marks a free place. */
  function wordsOf(digest: string): [number, number] {
    const high = Number.parseInt(digest.slice(0, WORD_DIGITS), 16);
    const low = Number.parseInt(digest.slice(WORD_DIGITS, 2 * WORD_DIGITS), 16);
    return [high, high === 0 && low === 0 ? 1 : low];
  }

  return {
    add(digest) {
      const [high, low] = wordsOf(digest);
      const index = find(table, high, low);
      if (table[index] === high && table[index + 1] === low) return false;
      table[index] = high;
      table[index + 1] = low;
      size += 1;
      if (size > (table.length / 2) * 0.6) grow();
      return true;
    },

    has(digest) {
      const [high, low] = wordsOf(digest);
      const index = find(table, high, low);
      return table[index] === high && table[index + 1] === low;
    },
  };
}
