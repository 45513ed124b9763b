/** The most rows that one transaction changes because something that they depend on has ended. The others follow in chunks. */
export const CHUNK = 50;
