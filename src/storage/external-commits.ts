import type Database from 'better-sqlite3';
import { type Kysely, sql } from 'kysely';
import { sharedReadOf } from './shared-read.ts';
import type { Tables } from './tables.ts';

/**
 * Returns whether another process may have committed since the previous call; `true` on the first call. Cheap enough to
 * be called several times a second.
 */
export type ExternalCommits = () => Promise<boolean>;

function watch(readVersion: () => Promise<unknown>): ExternalCommits {
  let last: unknown;
  return async () => {
    const before = last;
    last = await readVersion();
    return last !== before;
  };
}

/** Returns a function that returns a number which changes with each commit of another connection. A call takes 2 µs. */
export function externalVersionOf(connection: Database.Database): () => number {
  const version = connection.prepare<[], number>('pragma data_version').pluck();
  const shared = sharedReadOf(connection);
  return () => {
    shared.end();
    return version.get() as number;
  };
}

/** Reports commits of other processes to an SQLite file. */
export function watchSqlite(connection: Database.Database): ExternalCommits {
  const version = externalVersionOf(connection);
  return watch(async () => version());
}

/** Reports commits to a PostgreSQL database, including those of this process: each one changes the current snapshot. */
export function watchPostgres(db: Kysely<Tables>): ExternalCommits {
  return watch(async () => {
    const { rows } = await sql`select pg_current_snapshot()::text as version`.execute(db);
    return (rows[0] as { version: string }).version;
  });
}
