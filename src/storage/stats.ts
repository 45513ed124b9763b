import { realpathSync, statSync } from 'node:fs';
import type Database from 'better-sqlite3';
import { type Kysely, sql } from 'kysely';
import type pg from 'pg';
import type { Tables } from './tables.ts';

/** The size and the connections of a database. */
export interface DatabaseStats {
  /** Bytes by part: `main`, and on SQLite `wal`, the write-ahead log. */
  readonly bytes: Readonly<Record<string, number>>;
  /** Connections of the pool by state on PostgreSQL: `open`, `idle`, and `waiting` for requests that wait for one. */
  readonly connections: Readonly<Record<string, number>>;
  /** How many transactions the database has aborted because of concurrent ones since the start. Expected to be 0. */
  readonly aborted: number;
}

/** Returns the size of an SQLite database; `file` is `null` in memory. */
export function sqliteStats(connection: Database.Database, file: string | null): DatabaseStats {
  const number = (pragma: string) => connection.pragma(pragma, { simple: true }) as number;
  // SQLite keeps the log beside the file itself, not beside a link to it.
  const wal = file === null ? undefined : statSync(`${realpathSync(file)}-wal`, { throwIfNoEntry: false });
  return {
    bytes: { main: number('page_count') * number('page_size'), wal: wal?.size ?? 0 },
    connections: {},
    aborted: 0,
  };
}

/** Returns the size of a PostgreSQL database and the state of this server's connection pool. */
export async function postgresStats(
  db: Kysely<Tables>,
  pool: pg.Pool,
  aborted: number,
): Promise<DatabaseStats> {
  const { totalCount, idleCount, waitingCount } = pool;
  const { rows } = await sql<{ size: number }>`
    select pg_database_size(current_database()) as size`.execute(db);
  return {
    bytes: { main: rows[0]?.size ?? 0 },
    connections: { open: totalCount, idle: idleCount, waiting: waitingCount },
    aborted,
  };
}
