import type { Kysely } from 'kysely';

/** The open streams of each credential, counted over all servers of a database. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('stream_servers')
    .addColumn('id', 'text', (c) => c.primaryKey())
    .addColumn('lease_until', 'bigint', (c) => c.notNull())
    .execute();
  // The key is what bounds them: no two streams of a credential have the same slot.
  await db.schema
    .createTable('stream_slots')
    .addColumn('credential_id', 'text', (c) => c.notNull())
    .addColumn('slot', 'integer', (c) => c.notNull())
    .addColumn('server_id', 'text', (c) => c.notNull().references('stream_servers.id').onDelete('cascade'))
    .addPrimaryKeyConstraint('stream_slots_key', ['credential_id', 'slot'])
    .execute();
  await db.schema.createIndex('stream_slots_by_server').on('stream_slots').column('server_id').execute();
}
