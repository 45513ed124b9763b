import type { Kysely } from 'kysely';

/** The highest instant that a server on SQLite has seen, in its one row. PostgreSQL has a clock of its own and leaves it empty. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('clock_mark')
    .addColumn('id', 'integer', (c) => c.primaryKey())
    .addColumn('at', 'bigint', (c) => c.notNull())
    .execute();
}
