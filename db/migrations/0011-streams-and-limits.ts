import { type ColumnDefinitionBuilder, type Kysely, sql } from 'kysely';

/**
 * The open streams of each credential, counted over all servers of a database; who created a workspace, as far as the
 * audit log knows; and where each message begins among all bytes of its channel, so that the bytes kept can be bounded
 * without adding them up.
 */
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

  await db.schema
    .alterTable('workspaces')
    .addColumn('created_by', 'text', (c) => c.references('users.id').onDelete('set null'))
    .execute();
  await sql`
    update workspaces set created_by = (
      select min(made.actor_id) from audit_events as made
      join users on users.id = made.actor_id
      where made.workspace_id = workspaces.id and made.action = 'workspace.created')`.execute(db);
  await db.schema.createIndex('workspaces_by_creator').on('workspaces').column('created_by').execute();

  const bytes = (c: ColumnDefinitionBuilder) => c.notNull().defaultTo(0);
  await db.schema.alterTable('channels').addColumn('bytes_published', 'bigint', bytes).execute();
  await db.schema.alterTable('messages').addColumn('bytes_before', 'bigint', bytes).execute();
  await sql`
    update messages set bytes_before = placed.bytes_before from (
      select id, sum(octet_length(payload)) over (partition by channel_id order by sequence) - octet_length(payload)
        as bytes_before from messages) as placed
    where placed.id = messages.id`.execute(db);
  await sql`
    update channels set bytes_published = coalesce(
      (select sum(octet_length(payload)) from messages where messages.channel_id = channels.id), 0)`.execute(
    db,
  );
  await db.schema
    .createIndex('messages_by_bytes')
    .on('messages')
    .columns(['channel_id', 'bytes_before', 'sequence'])
    .execute();
}
