import { type Kysely, sql } from 'kysely';

async function createChannels(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('channels')
    .addColumn('id', 'text', (c) => c.notNull().primaryKey())
    .addColumn('workspace_id', 'text', (c) => c.notNull().references('workspaces.id').onDelete('cascade'))
    .addColumn('name', 'text', (c) => c.notNull())
    .addColumn('description', 'text')
    .addColumn('last_sequence', 'bigint', (c) => c.notNull())
    .addColumn('bytes_published', 'bigint', (c) => c.notNull().defaultTo(0))
    .addColumn('created_at', 'bigint', (c) => c.notNull())
    .addColumn('updated_at', 'bigint', (c) => c.notNull())
    .addCheckConstraint('channels_last_sequence', sql`last_sequence >= 0`)
    .addCheckConstraint('channels_bytes_published', sql`bytes_published >= 0`)
    .execute();
  await db.schema
    .createIndex('channels_by_workspace')
    .on('channels')
    .columns(['workspace_id', 'created_at', 'id'])
    .execute();
}

/** One row for each recipient, granter and operation, so that each share depends on the authority of its own granter. */
async function createChannelShares(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('channel_shares')
    .addColumn('channel_id', 'text', (c) => c.notNull().references('channels.id').onDelete('cascade'))
    .addColumn('user_id', 'text', (c) => c.notNull().references('users.id').onDelete('cascade'))
    // The token, if one gave the share, otherwise the person: never null, so that it can be part of the key.
    .addColumn('granter_id', 'text', (c) => c.notNull())
    .addColumn('granted_by', 'text', (c) => c.references('users.id').onDelete('cascade'))
    // No reference: the rows of a deleted token follow in chunks.
    .addColumn('granted_by_token', 'text')
    .addColumn('operation', 'text', (c) => c.notNull())
    .addColumn('ends_survived', 'bigint')
    .addPrimaryKeyConstraint('channel_shares_key', ['channel_id', 'user_id', 'granter_id', 'operation'])
    .addCheckConstraint(
      'channel_shares_granter',
      sql`coalesce(granted_by_token, granted_by) is not null and granter_id = coalesce(granted_by_token, granted_by)`,
    )
    .addCheckConstraint('channel_shares_operation', sql`operation <> ''`)
    .execute();
  await db.schema
    .createIndex('channel_shares_by_user')
    .on('channel_shares')
    .columns(['user_id', 'channel_id', 'operation'])
    .execute();
  await db.schema
    .createIndex('channel_shares_by_granter')
    .on('channel_shares')
    .columns(['granted_by', 'channel_id', 'user_id'])
    .execute();
  await db.schema
    .createIndex('channel_shares_by_token')
    .on('channel_shares')
    .column('granted_by_token')
    .execute();
  await db.schema
    .createIndex('channel_shares_survivors')
    .on('channel_shares')
    .column('ends_survived')
    .where(sql.ref('ends_survived'), 'is not', null)
    .execute();
}

/** The sequence orders a channel's messages without a gap: clocks and ids of several writers cannot. */
async function createMessages(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('messages')
    .addColumn('id', 'text', (c) => c.notNull().primaryKey())
    .addColumn('channel_id', 'text', (c) => c.notNull().references('channels.id').onDelete('cascade'))
    .addColumn('sequence', 'bigint', (c) => c.notNull())
    .addColumn('payload', 'text', (c) => c.notNull())
    .addColumn('bytes_before', 'bigint', (c) => c.notNull().defaultTo(0))
    .addColumn('published_at', 'bigint', (c) => c.notNull())
    .addColumn('publisher_id', 'text', (c) => c.references('users.id').onDelete('set null'))
    .addUniqueConstraint('messages_in_order', ['channel_id', 'sequence'])
    .addCheckConstraint('messages_sequence', sql`sequence > 0`)
    .addCheckConstraint('messages_bytes_before', sql`bytes_before >= 0`)
    .execute();
  await db.schema
    .createIndex('messages_by_bytes')
    .on('messages')
    .columns(['channel_id', 'bytes_before', 'sequence'])
    .execute();
}

/** Creates the tables of channels, their shares and their messages. */
export async function createChannelTables(db: Kysely<unknown>): Promise<void> {
  await createChannels(db);
  await createChannelShares(db);
  await createMessages(db);
}
