import { v7 } from 'uuid';

/** Makes a new identifier: a UUIDv7 (RFC 9562, section 5.7), so that later ones sort after earlier ones. */
export type IdSource = () => string;

/** Identifiers from the system's clock and randomness, in order even within a millisecond. */
export const systemIds: IdSource = () => v7();
