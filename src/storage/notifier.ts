/**
 * Sends change notifications between the servers of one database. They are hints: one can arrive late, twice or never, so
 * listeners also poll.
 */
export interface Notifier {
  /** Notifies the other servers, with a short delay, that something changed. */
  notify(): void;
  /** Calls `onChange` for each notification from another server, until the database is closed. */
  listen(onChange: () => void): void;
}

/** The notifier of a database with one server: it does nothing. */
export const NO_NOTIFIER: Notifier = Object.freeze({ notify: () => {}, listen: () => {} });
