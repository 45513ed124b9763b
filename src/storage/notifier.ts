/**
 * What the servers of one database tell each other. Hints only: one may come late, twice or never, so whoever listens
 * also looks by itself.
 */
export interface Notifier {
  /** Tells the others, soon, that something has changed. */
  notify(): void;
  /** Calls back whenever another one tells so, for as long as the database is open. */
  listen(heard: () => void): void;
}

/** The hints of a database that has one server. */
export const NO_NOTIFIER: Notifier = Object.freeze({ notify: () => {}, listen: () => {} });
