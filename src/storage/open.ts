import { dirname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import type Database from 'better-sqlite3';
import { type Dialect, Kysely } from 'kysely';
import { systemClock } from '../platform/clock.ts';
import type { DatabaseHandle, SqliteHandle } from './database.ts';
import { watchSqlite } from './external-commits.ts';
import { NO_NOTIFIER } from './notifier.ts';
import { openPostgres } from './postgres/connection.ts';
import { createSqliteDialect, openSqlite, runMigrations } from './sqlite/connection.ts';
import { createDataVersion } from './sqlite/data-version.ts';
import { createPrivateFolder } from './sqlite/files.ts';
import { createSqliteTransact } from './sqlite/transactions.ts';
import { sqliteStats } from './stats.ts';
import { createMemoryStreamSlots } from './stream-slots.ts';
import type { Tables } from './tables.ts';

const IN_MEMORY = ':memory:';

/** Returns whether a `DATABASE_URL` names a PostgreSQL database. */
export function isPostgres(url: string): boolean {
  return /^postgres(ql)?:\/\//.test(url);
}

/** Returns the path that a `file:` URL names, relative to the working directory. Throws on other schemes. */
export function databaseFile(url: string): string {
  if (url === 'file::memory:') return IN_MEMORY;
  if (!url.startsWith('file:'))
    throw new Error('DATABASE_URL must be a file: URL, such as file:./data/postern.db');
  return url.startsWith('file://') ? fileURLToPath(url) : resolve(url.slice('file:'.length));
}

/** Returns the database handle of an open SQLite connection, with its dialect if it already has one. */
export function wrapSqlite(
  connection: Database.Database,
  path: string,
  dialect: Dialect = createSqliteDialect(connection),
): SqliteHandle {
  const db = new Kysely<Tables>({ dialect });
  const file = path === IN_MEMORY ? null : path;
  const { version, keeping, checkAgain } = createDataVersion(connection);
  const transact = createSqliteTransact(db, connection, checkAgain);
  return {
    db,
    connection,
    file,
    clock: systemClock,
    transact: (_locks, work, options) => transact(options?.keepsVersion ? keeping(work) : work),
    autocommit: transact,
    version,
    changedElsewhere: watchSqlite(connection),
    notifier: NO_NOTIFIER,
    streamSlots: createMemoryStreamSlots(),
    migrateAlone: (work) => runMigrations(connection, () => work(db)),
    measure: async () => sqliteStats(connection, file),
    close: () => db.destroy(),
  };
}

/** Opens the SQLite file of a `file:` URL; creates the file and its folder if they do not exist. */
export function openSqliteDatabase(url: string): SqliteHandle {
  const file = databaseFile(url);
  if (file !== IN_MEMORY) createPrivateFolder(dirname(file));
  return wrapSqlite(openSqlite(file), file);
}

/** Opens the database of a `DATABASE_URL`: PostgreSQL, or an SQLite file, which is created if it does not exist. */
export async function openDatabase(url: string): Promise<DatabaseHandle> {
  return isPostgres(url) ? openPostgres(url) : openSqliteDatabase(url);
}
