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

/**
 * Selects the state of a PostgreSQL database: statements that report the same state see the same data. A snapshot is the set of
 * transactions whose changes it contains, so each commit changes it. The time of the start distinguishes a server from one that
 * took over, or was restored, and could give the same numbers to other transactions. (PostgreSQL documentation, "Transaction
 * ID and Snapshot Information Functions".)
 */
export const POSTGRES_STATE = sql<string>`(select pg_current_snapshot()::text || ' ' || pg_postmaster_start_time()::text)`;

/** Reports commits to a PostgreSQL database, including those of this process. */
export function watchPostgres(db: Kysely<Tables>): ExternalCommits {
  return watch(async () => {
    const { rows } = await sql<{ state: string }>`select ${POSTGRES_STATE} as state`.execute(db);
    return rows[0]?.state;
  });
}
