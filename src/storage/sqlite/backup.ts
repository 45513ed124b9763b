import { mkdtempSync, renameSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import Database from 'better-sqlite3';
import { OperatorError } from '../../platform/operator-error.ts';
import { createPrivateFile, syncToDisk } from './files.ts';

/**
 * Copies one snapshot of a database file to `target`, also while a server runs. An existing target is replaced atomically:
 * after a crash it holds either its old content or the complete copy.
 *
 * `VACUUM INTO` does not block writers. SQLite's backup API starts over whenever another process writes, so on a busy
 * server it would never finish. The copy leaves out free pages, and with them the remains of deleted rows.
 */
export function copyDatabase(file: string, target: string): void {
  const database = new Database(file, { fileMustExist: true });
  let folder: string | null = null;
  try {
    // A new folder that only its owner can enter: in a shared one, another user could have created the file or a link first.
    folder = mkdtempSync(`${target}.partial-`);
    const partial = join(folder, 'postern.db');
    // SQLite would create a world-readable file. It accepts an empty file with stricter permissions.
    createPrivateFile(partial);
    database.prepare('vacuum into ?').run(partial);
    syncToDisk(partial);
    renameSync(partial, target);
    syncToDisk(dirname(target));
  } finally {
    database.close();
    if (folder !== null) rmSync(folder, { recursive: true, force: true });
  }
}

/** Copies a database file to a new file that only its owner can read. Throws an `OperatorError` if `target` exists. */
export function backupDatabase(file: string, target: string): void {
  if (!createPrivateFile(target)) {
    throw new OperatorError(`${target} already exists. Name a new file for the backup.`);
  }
  try {
    copyDatabase(file, target);
  } catch (error) {
    rmSync(target, { force: true });
    throw error;
  }
}
