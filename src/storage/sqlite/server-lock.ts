import { chmodSync, realpathSync } from 'node:fs';
import Database from 'better-sqlite3';
import { OperatorError } from '../../platform/operator-error.ts';
import { errorCodeOf } from '../errors.ts';
import { createPrivateFile, OWNER_ONLY } from './files.ts';

/** A lock that keeps other servers off a database file. */
export interface ServerLock {
  /** Releases the lock. */
  release(): void;
}

/**
 * Makes this process the only server of an existing database file, while the lock is referenced. The operating system
 * releases the lock when the process ends. Throws an `OperatorError` immediately if another server holds it. Does nothing
 * for a database in memory, whose file is `null`.
 *
 * It is SQLite's own lock on an empty file beside the database, so operator commands can use the database meanwhile. The
 * empty file is never deleted: otherwise two servers could lock two files of the same name.
 */
export function acquireServerLock(file: string | null): ServerLock {
  if (file === null) return { release: () => {} };
  // The real path, so that a database has one lock even if it is opened through a link.
  const path = `${realpathSync(file)}-server`;
  // Any user who can read the file could hold a lock on it, and so keep the server from starting.
  if (!createPrivateFile(path)) chmodSync(path, OWNER_ONLY);
  const lock = new Database(path, { timeout: 0 });
  try {
    lock.exec('begin exclusive');
  } catch (error) {
    lock.close();
    if (errorCodeOf(error) !== 'SQLITE_BUSY') throw error;
    throw new OperatorError(
      `Another Postern server uses ${file}. Stop it, or set DATABASE_URL to another file.`,
    );
  }
  return { release: () => lock.close() };
}
