import { mkdirSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import type Database from 'better-sqlite3';
import { Kysely, type Transaction } from 'kysely';
import { type Clock, systemClock } from '../platform/clock.ts';
import { type ExternalCommits, watchSqlite } from './external-commits.ts';
import { NO_NOTIFIER, type Notifier } from './notifier.ts';
import { openPostgres } from './postgres/connection.ts';
import { createSqliteDialect, openSqlite, waitLonger } from './sqlite/connection.ts';
import { createDataVersion, type DataVersion } from './sqlite/data-version.ts';
import { createSqliteTransact } from './sqlite/transactions.ts';
import { type DatabaseStats, sqliteStats } from './stats.ts';
import { createMemoryStreamSlots, type StreamSlots } from './stream-slots.ts';
import type { Tables } from './tables.ts';

/** What every repository takes first: the database, or the transaction that the call belongs to. */
export type Executor = Kysely<Tables> | Transaction<Tables>;

/** An open database, whichever engine keeps it. */
export interface DatabaseHandle {
  readonly db: Kysely<Tables>;
  /** The path of an SQLite file; `null` where the data is in memory, or with an engine that serves several of us. */
  readonly file: string | null;
  /** The one clock of all servers of the database. */
  readonly clock: Clock;
  /**
   * Runs work in one transaction, as if no other ran meanwhile: all of it is stored when the promise resolves, none of
   * it when it rejects. The work may be run more than once before that, so it does nothing but through the transaction.
   */
  transact<T>(work: (tx: Transaction<Tables>) => Promise<T>): Promise<T>;
  /**
   * Runs writing statements each of which is right by itself, such as counting. On PostgreSQL each commits alone: others
   * that write the same row wait for it a moment, where transactions would lose to each other and be run again.
   */
  autocommit<T>(work: (db: Executor) => Promise<T>): Promise<T>;
  /** Tells whether anything was committed; `null` where nobody can say so at once. */
  readonly version: DataVersion | null;
  /** Whether another process may have changed the data since this was last asked. */
  readonly changedElsewhere: ExternalCommits;
  /** Tells other servers of the database of changes, and hears of theirs. */
  readonly hints: Notifier;
  readonly streamSlots: StreamSlots;
  /** Runs work that changes the schema; others who would do that meanwhile wait. */
  migrateAlone<T>(work: (db: Kysely<Tables>) => Promise<T>): Promise<T>;
  /** What the database takes up. */
  measure(): Promise<DatabaseStats>;
  close(): Promise<void>;
}

/** An open SQLite database. */
export interface SqliteHandle extends DatabaseHandle {
  /** The connection underneath, for what is not a query: backups and settings. */
  readonly connection: Database.Database;
}

const IN_MEMORY = ':memory:';

/** Whether a `DATABASE_URL` names a PostgreSQL database. */
export function isPostgres(url: string): boolean {
  return /^postgres(ql)?:\/\//.test(url);
}

/** The path that a `file:` URL of `DATABASE_URL` names, relative ones against the working directory. Throws on other schemes. */
export function databaseFile(url: string): string {
  if (url === 'file::memory:') return IN_MEMORY;
  if (!url.startsWith('file:'))
    throw new Error('DATABASE_URL must be a file: URL, such as file:./data/postern.db');
  return url.startsWith('file://') ? fileURLToPath(url) : resolve(url.slice('file:'.length));
}

/** Wraps an open SQLite connection. */
export function wrapSqlite(connection: Database.Database, path: string): SqliteHandle {
  const db = new Kysely<Tables>({ dialect: createSqliteDialect(connection) });
  const file = path === IN_MEMORY ? null : path;
  const transact = createSqliteTransact(db, connection);
  return {
    db,
    connection,
    file,
    clock: systemClock,
    transact,
    autocommit: transact,
    version: createDataVersion(connection),
    changedElsewhere: watchSqlite(connection),
    hints: NO_NOTIFIER,
    streamSlots: createMemoryStreamSlots(),
    migrateAlone: (work) => waitLonger(connection, () => work(db)),
    measure: async () => sqliteStats(connection, file),
    close: () => db.destroy(),
  };
}

/** Opens the SQLite file of a `file:` URL, and creates it and its folder where there is none. */
export function openSqliteDatabase(url: string): SqliteHandle {
  const file = databaseFile(url);
  if (file !== IN_MEMORY) mkdirSync(dirname(file), { recursive: true });
  return wrapSqlite(openSqlite(file), file);
}

/** Opens the database of a `DATABASE_URL`: PostgreSQL, or an SQLite file that is created where there is none. */
export async function openDatabase(url: string): Promise<DatabaseHandle> {
  return isPostgres(url) ? openPostgres(url) : openSqliteDatabase(url);
}
