import { type Kysely, sql } from 'kysely';

/** One row at most: what tells this installation from others. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('installation')
    .addColumn('singleton', 'integer', (column) => column.primaryKey().check(sql`singleton = 1`))
    .addColumn('id', 'text', (column) => column.notNull())
    .execute();
}
