import type Database from 'better-sqlite3';
import { type Kysely, sql } from 'kysely';
import type { Tables } from './tables.ts';

/**
 * Whether another process may have changed the database since this was last asked; the first time, it may. Cheap enough
 * to be asked several times a second.
 */
export type ExternalCommits = () => Promise<boolean>;

function watch(readVersion: () => Promise<unknown>): ExternalCommits {
  let known: unknown;
  return async () => {
    const before = known;
    known = await readVersion();
    return known !== before;
  };
}

/** What SQLite tells, for 2 µs, of what other connections have committed to a file: another number after each time. */
export function externalVersionOf(connection: Database.Database): () => number {
  const version = connection.prepare<[], number>('pragma data_version').pluck();
  return () => version.get() as number;
}

/** Foreign changes of an SQLite file. */
export function watchSqlite(connection: Database.Database): ExternalCommits {
  const version = externalVersionOf(connection);
  return watch(async () => version());
}

/** Foreign changes of a PostgreSQL database: every commit moves its snapshots, those of this process included. */
export function watchPostgres(db: Kysely<Tables>): ExternalCommits {
  return watch(async () => {
    const { rows } = await sql`select pg_current_snapshot()::text as version`.execute(db);
    return (rows[0] as { version: string }).version;
  });
}
