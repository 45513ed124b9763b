import { mkdirSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import type Database from 'better-sqlite3';
import { Kysely, type Transaction } from 'kysely';
import { createSqliteDialect, openSqlite } from './sqlite.ts';
import type { Tables } from './tables.ts';

/** What every repository takes first: the database, or the transaction that the call belongs to. */
export type Executor = Kysely<Tables> | Transaction<Tables>;

/** An open database. */
export interface DatabaseHandle {
  readonly db: Kysely<Tables>;
  /** The SQLite connection underneath, for what is not a query: backups and settings. */
  readonly connection: Database.Database;
  /** The path of the file; `:memory:` where there is none. */
  readonly file: string;
  close(): Promise<void>;
}

/** The path that a `file:` URL of `DATABASE_URL` names, relative ones against the working directory. Throws on other schemes. */
export function databaseFile(url: string): string {
  if (url === 'file::memory:') return ':memory:';
  if (!url.startsWith('file:'))
    throw new Error('DATABASE_URL must be a file: URL, such as file:./data/postern.db');
  return url.startsWith('file://') ? fileURLToPath(url) : resolve(url.slice('file:'.length));
}

/** Wraps an open SQLite connection. */
export function wrapDatabase(connection: Database.Database, file: string): DatabaseHandle {
  const db = new Kysely<Tables>({ dialect: createSqliteDialect(connection) });
  return { db, connection, file, close: () => db.destroy() };
}

/** Opens the database of a `DATABASE_URL`, and creates the file and its folder where there is none. */
export function openDatabase(url: string): DatabaseHandle {
  const file = databaseFile(url);
  if (file !== ':memory:') mkdirSync(dirname(file), { recursive: true });
  return wrapDatabase(openSqlite(file), file);
}
