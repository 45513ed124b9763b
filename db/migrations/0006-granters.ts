import type { Kysely } from 'kysely';

/**
 * Replaces the shares of channels by one row for each recipient, granter and operation, so that a share can be judged by
 * the present authority of its granter. Earlier shares do not record who gave them, so they cannot be judged and end here.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema.dropTable('channel_shares').execute();
  await db.schema
    .createTable('channel_shares')
    .addColumn('channel_id', 'text', (c) => c.notNull().references('channels.id').onDelete('cascade'))
    .addColumn('user_id', 'text', (c) => c.notNull().references('users.id').onDelete('cascade'))
    // The token, if one gave the share, otherwise the person: never null, so that it can be part of the key.
    .addColumn('granter_id', 'text', (c) => c.notNull())
    .addColumn('granted_by', 'text', (c) => c.references('users.id').onDelete('cascade'))
    .addColumn('granted_by_token', 'text', (c) => c.references('tokens.id').onDelete('cascade'))
    .addColumn('operation', 'text', (c) => c.notNull())
    .addPrimaryKeyConstraint('channel_shares_key', ['channel_id', 'user_id', 'granter_id', 'operation'])
    .execute();
  await db.schema
    .createIndex('channel_shares_by_user')
    .on('channel_shares')
    .columns(['user_id', 'channel_id', 'operation'])
    .execute();
  await db.schema
    .createIndex('channel_shares_by_granter')
    .on('channel_shares')
    .column('granted_by')
    .execute();
  await db.schema
    .createIndex('channel_shares_by_token')
    .on('channel_shares')
    .column('granted_by_token')
    .execute();
  // Which invitations a person made, and which tokens have just expired, is asked for without a scan.
  await db.schema.createIndex('invitations_by_maker').on('invitations').column('invited_by').execute();
  await db.schema.createIndex('tokens_by_expiry').on('tokens').column('expires_at').execute();
}
