import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { sql } from 'kysely';
import { OperatorError } from '../platform/operator-error.ts';
import type { DatabaseHandle, SqliteHandle } from './database.ts';
import { migrateToLatest } from './migrations.ts';
import { openSqliteDatabase } from './open.ts';
import { copyDatabase, syncToDisk } from './sqlite/backup.ts';
import { isPosternFile } from './sqlite/connection.ts';

/** The `user_version` of a restored file of which the first server that opens it is to warn. */
const AS_IS = 1;

function requireEmptyPlace(file: string): void {
  const rest = ['', '-wal', '-shm'].map((suffix) => `${file}${suffix}`).find(existsSync);
  if (rest === undefined) return;
  throw new OperatorError(
    `${rest} exists already: move it away, or name an empty place with DATABASE_URL. Nothing is overwritten.`,
  );
}

function requireSound({ connection }: SqliteHandle, backup: string): void {
  const integrity = connection.pragma('integrity_check', { simple: true });
  const dangling = connection.pragma('foreign_key_check') as unknown[];
  if (integrity === 'ok' && dangling.length === 0) return;
  throw new OperatorError(`${backup} is damaged: restore another backup.`);
}

async function prepare<T>(
  backup: string,
  copy: string,
  work: (handle: SqliteHandle) => Promise<T>,
): Promise<T> {
  copyDatabase(backup, copy);
  const handle = openSqliteDatabase(`file:${copy}`);
  try {
    requireSound(handle, backup);
    await migrateToLatest(handle);
    return await work(handle);
  } finally {
    await handle.close();
  }
}

/**
 * Puts a backup at the place of a database where there is none, once it was found sound, was migrated, and `work` has done
 * to it what is to be done before anybody uses it. Whatever happens meanwhile, the place holds all of that or nothing.
 * Throws an `OperatorError` where the place is taken, or the backup is damaged or none of Postern's.
 */
export async function restoreDatabase<T>(
  backup: string,
  file: string,
  work: (handle: SqliteHandle) => Promise<T>,
): Promise<T> {
  requireEmptyPlace(file);
  if (!existsSync(backup)) throw new OperatorError(`There is no file ${backup}.`);
  if (!isPosternFile(backup)) throw new OperatorError(`${backup} is not a backup of Postern.`);
  mkdirSync(dirname(file), { recursive: true });
  const workshop = mkdtempSync(`${file}-restoring-`);
  try {
    const copy = join(workshop, 'postern.db');
    const result = await prepare(backup, copy, work);
    syncToDisk(copy);
    renameSync(copy, file);
    syncToDisk(dirname(file));
    return result;
  } finally {
    rmSync(workshop, { recursive: true, force: true });
  }
}

/** Has the first server that opens the file warn that it was restored as it was. */
export function markAsIs({ connection }: SqliteHandle): void {
  connection.pragma(`user_version = ${AS_IS}`);
}

/** Whether a database was restored as it was and no server has been told of it yet; this one now is. */
export async function takeAsIsMark({ file, transact }: DatabaseHandle): Promise<boolean> {
  if (file === null) return false;
  return transact(async (tx) => {
    const { rows } = await sql<{ user_version: number }>`pragma user_version`.execute(tx);
    if (rows[0]?.user_version !== AS_IS) return false;
    await sql`pragma user_version = 0`.execute(tx);
    return true;
  });
}
