import { randomFillSync, randomUUID } from 'node:crypto';
import { v7 } from 'uuid';

/** Returns a new UUID (RFC 9562). */
export type IdSource = () => string;

const RANDOM_BYTES = 16;
/** How many ids have their random bytes read together: a read takes 2 µs, five times as long as the rest of an id. */
const IDS_TOGETHER = 256;

/** Returns a source of UUIDv7 (section 5.7), of which later ones sort after earlier ones, even within a millisecond. */
export function createOrderedIds(now: () => number = Date.now): IdSource {
  const pool = Buffer.alloc(RANDOM_BYTES * IDS_TOGETHER);
  let used = pool.length;
  let msecs = 0;
  let seq = 0;
  return () => {
    if (used === pool.length) {
      randomFillSync(pool);
      used = 0;
    }
    const random = pool.subarray(used, used + RANDOM_BYTES);
    used += RANDOM_BYTES;
    const present = now();
    if (present > msecs) {
      msecs = present;
      // Half of its range is left for the ids of the same millisecond.
      seq = random.readUInt32BE(6) >>> 1;
    } else {
      seq += 1;
    }
    return v7({ random, msecs, seq });
  };
}

/** Returns an id for a record, as `createOrderedIds` says. */
export const systemIds: IdSource = createOrderedIds();

/** Returns an id that is not stored, a UUIDv4. */
export const requestIds: IdSource = () => randomUUID();
