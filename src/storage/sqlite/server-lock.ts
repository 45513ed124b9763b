import { realpathSync } from 'node:fs';
import Database from 'better-sqlite3';
import { OperatorError } from '../../platform/operator-error.ts';

/** Keeps other servers away from a database file. */
export interface ServerLock {
  /** Lets the next server in. */
  release(): void;
}

/**
 * Makes this process the one server of a database file, for as long as the lock is referenced and the process lives:
 * the system drops it with the process, however that ends. The file must exist; where there is none there is nothing to
 * lock. Throws at once where another server holds it.
 *
 * The lock is SQLite's own on an empty file beside the database, so that operator commands can use the database
 * itself meanwhile. That file stays: removing it would let two servers lock two files of the same name.
 */
export function acquireServerLock(file: string | null): ServerLock {
  if (file === null) return { release: () => {} };
  // The real path: one database has one lock, by whatever link it is reached.
  const lock = new Database(`${realpathSync(file)}-server`, { timeout: 0 });
  try {
    lock.exec('begin exclusive');
  } catch (error) {
    lock.close();
    if ((error as { code?: string }).code !== 'SQLITE_BUSY') throw error;
    throw new OperatorError(
      `Another Postern server uses ${file}: stop it, or set DATABASE_URL to another file.`,
    );
  }
  return { release: () => lock.close() };
}
