import { randomUUID } from 'node:crypto';
import { v7 } from 'uuid';

/** Makes a new identifier, a UUID (RFC 9562). */
export type IdSource = () => string;

/** Identifiers of records: UUIDv7 (section 5.7), so that later ones sort after earlier ones, even within a millisecond. */
export const systemIds: IdSource = () => v7();

/** Identifiers of what is not stored, in no order (UUIDv4): made in a tenth of the time. */
export const requestIds: IdSource = () => randomUUID();
