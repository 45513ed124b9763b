import { closeSync, fsyncSync, openSync, renameSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import Database from 'better-sqlite3';
import { OperatorError } from '../../platform/operator-error.ts';

const OWNER_ONLY = 0o600;

/** Waits until a file, or the names in a folder, are on the disk. */
export function syncToDisk(path: string): void {
  const descriptor = openSync(path, 'r');
  fsyncSync(descriptor);
  closeSync(descriptor);
}

/**
 * Copies a database file as it stands at one instant, beside a running server too, and replaces what `target` was
 * before: that holds either the old bytes or all of the new ones, whatever happens in between.
 *
 * `VACUUM INTO` reads one snapshot and hinders no writer; SQLite's backup interface would start over at each
 * write of another process, so that a busy server would never let it end. Freed pages are left out, and with them
 * the remains of what was deleted.
 */
export function copyDatabase(file: string, target: string): void {
  const partial = `${target}.partial`;
  const database = new Database(file, { fileMustExist: true });
  try {
    // SQLite would create the file for everyone to read; an empty one is as good to it.
    closeSync(openSync(partial, 'w', OWNER_ONLY));
    database.prepare('vacuum into ?').run(partial);
    syncToDisk(partial);
    renameSync(partial, target);
    syncToDisk(dirname(target));
  } finally {
    database.close();
    rmSync(partial, { force: true });
  }
}

/** Copies a database file to a new one that only its owner may read. Throws, and leaves it alone, where `target` exists. */
export function backupDatabase(file: string, target: string): void {
  try {
    closeSync(openSync(target, 'wx', OWNER_ONLY));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    throw new OperatorError(`${target} exists already: name a new file for the backup.`);
  }
  try {
    copyDatabase(file, target);
  } catch (error) {
    rmSync(target, { force: true });
    throw error;
  }
}
