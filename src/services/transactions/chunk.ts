/** The most rows that one transaction changes because something that they depend on has ended. The others follow in chunks. */
export const CHUNK = 50;

/** The pause between two chunks, in milliseconds, in which other transactions run. */
export const PAUSE_MS = 10;
