import { PostgresAdapter, sql } from 'kysely';
import type { DatabaseHandle } from '../../src/storage/database.ts';

/** Counts each row that is written, in a sequence that no transaction rolls back or waits for. */
const POSTGRES = `
  create sequence touched;
  create function count_row() returns trigger language plpgsql as
    $$ begin perform nextval('touched'); return null; end $$;
  do $$ declare name text; begin
    for name in select tablename from pg_tables where schemaname = current_schema() loop
      execute format('create trigger count_row after insert or update or delete on %I
        for each row execute function count_row()', name);
    end loop;
  end $$`;

/** Counts the rows of all tables that are written, those included that triggers and foreign keys write. */
export interface RowCounter {
  /** Returns the number of rows so far. */
  count(): Promise<number>;
  /** Leaves the database as it was. */
  remove(): Promise<void>;
}

/** Returns a counter of the rows that a database writes. */
export async function createRowCounter({ db }: Pick<DatabaseHandle, 'db'>): Promise<RowCounter> {
  const isPostgres = db.getExecutor().adapter instanceof PostgresAdapter;
  if (isPostgres) await sql.raw(POSTGRES).execute(db);
  const query = isPostgres
    ? sql<{ rows: number }>`select (case when is_called then last_value else 0 end)::int as rows from touched`
    : sql<{ rows: number }>`select total_changes() as rows`;
  return {
    count: async () => (await query.execute(db)).rows[0]?.rows ?? Number.NaN,
    async remove() {
      if (isPostgres) await sql`drop function count_row() cascade; drop sequence touched`.execute(db);
    },
  };
}
