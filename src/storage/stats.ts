import { statSync } from 'node:fs';
import type Database from 'better-sqlite3';
import { type Kysely, sql } from 'kysely';
import type pg from 'pg';
import type { Tables } from './tables.ts';

/** What a database takes up. */
export interface DatabaseStats {
  /** Bytes by part: `main`, and with SQLite `wal`, the log of what is not in it yet. */
  readonly bytes: Readonly<Record<string, number>>;
  /** Connections by state, with an engine that has a pool: `open`, `idle`, and `waiting`, requests for one. */
  readonly connections: Readonly<Record<string, number>>;
}

/** The size of an SQLite database; `file` is `null` where it is in memory. */
export function sqliteStats(connection: Database.Database, file: string | null): DatabaseStats {
  const number = (pragma: string) => connection.pragma(pragma, { simple: true }) as number;
  const wal = file === null ? undefined : statSync(`${file}-wal`, { throwIfNoEntry: false });
  return {
    bytes: { main: number('page_count') * number('page_size'), wal: wal?.size ?? 0 },
    connections: {},
  };
}

/** The size of a PostgreSQL database, and how this server's pool stands. */
export async function postgresStats(db: Kysely<Tables>, pool: pg.Pool): Promise<DatabaseStats> {
  const { totalCount, idleCount, waitingCount } = pool;
  const { rows } = await sql<{ size: number }>`
    select pg_database_size(current_database()) as size`.execute(db);
  return {
    bytes: { main: rows[0]?.size ?? 0 },
    connections: { open: totalCount, idle: idleCount, waiting: waitingCount },
  };
}
