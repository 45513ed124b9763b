import { existsSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { sql } from 'kysely';
import { OperatorError } from '../platform/operator-error.ts';
import type { DatabaseHandle, SqliteHandle } from './database.ts';
import { migrateToLatest } from './migrations.ts';
import { openSqliteDatabase } from './open.ts';
import { copyDatabase } from './sqlite/backup.ts';
import { isPosternFile } from './sqlite/connection.ts';
import { createPrivateFolder, syncToDisk } from './sqlite/files.ts';

/** The `user_version` of a file that was restored unchanged; the first server that opens it logs a warning. */
const UNCHANGED = 1;

function requireNoFile(file: string): void {
  const existing = ['', '-wal', '-shm'].map((suffix) => `${file}${suffix}`).find(existsSync);
  if (existing === undefined) return;
  throw new OperatorError(
    `${existing} already exists, and nothing is overwritten. Move it, or set DATABASE_URL to a new path.`,
  );
}

function requireIntact({ connection }: SqliteHandle, backup: string): void {
  const integrity = connection.pragma('integrity_check', { simple: true });
  const dangling = connection.pragma('foreign_key_check') as unknown[];
  if (integrity === 'ok' && dangling.length === 0) return;
  throw new OperatorError(`${backup} is damaged. Restore another backup.`);
}

async function prepare<T>(
  backup: string,
  copy: string,
  work: (handle: SqliteHandle) => Promise<T>,
): Promise<T> {
  copyDatabase(backup, copy);
  const handle = openSqliteDatabase(`file:${copy}`);
  try {
    requireIntact(handle, backup);
    await migrateToLatest(handle);
    return await work(handle);
  } finally {
    await handle.close();
  }
}

/**
 * Restores a backup to a path at which there is no database. It checks the integrity of a copy, migrates it and applies
 * `work` before it moves the copy to `file`, so after a failure or a crash `file` is either complete or absent. Throws an
 * `OperatorError` if the file exists, or if the backup is damaged or not a Postern database.
 */
export async function restoreDatabase<T>(
  backup: string,
  file: string,
  work: (handle: SqliteHandle) => Promise<T>,
): Promise<T> {
  requireNoFile(file);
  if (!existsSync(backup)) throw new OperatorError(`${backup} does not exist.`);
  if (!isPosternFile(backup)) throw new OperatorError(`${backup} is not a Postern backup.`);
  createPrivateFolder(dirname(file));
  const folder = mkdtempSync(`${file}-restoring-`);
  try {
    const copy = join(folder, 'postern.db');
    const result = await prepare(backup, copy, work);
    syncToDisk(copy);
    renameSync(copy, file);
    syncToDisk(dirname(file));
    return result;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Marks a file as restored unchanged, so that the first server that opens it logs a warning. */
export function markRestoredUnchanged({ connection }: SqliteHandle): void {
  connection.pragma(`user_version = ${UNCHANGED}`);
}

/** Returns whether a database carries the mark of a file that was restored unchanged, and removes the mark. */
export async function takeRestoredUnchangedMark({ file, transact }: DatabaseHandle): Promise<boolean> {
  if (file === null) return false;
  return transact([], async (tx) => {
    const { rows } = await sql<{ user_version: number }>`pragma user_version`.execute(tx);
    if (rows[0]?.user_version !== UNCHANGED) return false;
    await sql`pragma user_version = 0`.execute(tx);
    return true;
  });
}
