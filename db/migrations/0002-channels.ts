import type { Kysely } from 'kysely';

/** Channels with their shares and messages, and the entity types that workspaces register. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('channels')
    .addColumn('id', 'text', (c) => c.primaryKey())
    .addColumn('workspace_id', 'text', (c) => c.notNull().references('workspaces.id').onDelete('cascade'))
    .addColumn('name', 'text', (c) => c.notNull())
    .addColumn('description', 'text')
    .addColumn('last_sequence', 'bigint', (c) => c.notNull())
    .addColumn('created_at', 'bigint', (c) => c.notNull())
    .addColumn('updated_at', 'bigint', (c) => c.notNull())
    .execute();
  await db.schema
    .createIndex('channels_by_workspace')
    .on('channels')
    .columns(['workspace_id', 'created_at', 'id'])
    .execute();

  await db.schema
    .createTable('channel_shares')
    .addColumn('channel_id', 'text', (c) => c.notNull().references('channels.id').onDelete('cascade'))
    .addColumn('user_id', 'text', (c) => c.notNull().references('users.id').onDelete('cascade'))
    .addColumn('operations', 'integer', (c) => c.notNull())
    .addPrimaryKeyConstraint('channel_shares_key', ['channel_id', 'user_id'])
    .execute();
  await db.schema
    .createIndex('channel_shares_by_user')
    .on('channel_shares')
    .columns(['user_id', 'channel_id'])
    .execute();

  // The sequence orders a channel's messages without a gap: clocks and ids of several writers could not.
  await db.schema
    .createTable('messages')
    .addColumn('id', 'text', (c) => c.primaryKey())
    .addColumn('channel_id', 'text', (c) => c.notNull().references('channels.id').onDelete('cascade'))
    .addColumn('sequence', 'bigint', (c) => c.notNull())
    .addColumn('payload', 'text', (c) => c.notNull())
    .addColumn('published_at', 'bigint', (c) => c.notNull())
    .addColumn('publisher_id', 'text', (c) => c.references('users.id').onDelete('set null'))
    .addUniqueConstraint('messages_in_order', ['channel_id', 'sequence'])
    .execute();

  await db.schema
    .createTable('entity_types')
    .addColumn('workspace_id', 'text', (c) => c.notNull().references('workspaces.id').onDelete('cascade'))
    .addColumn('name', 'text', (c) => c.notNull())
    .addColumn('description', 'text')
    .addColumn('operations', 'text', (c) => c.notNull())
    .addPrimaryKeyConstraint('entity_types_key', ['workspace_id', 'name'])
    .execute();
}
