import { type Kysely, sql } from 'kysely';

const OWNER = 4;

/**
 * Stores which roles a person gave and which a workspace token gave, so that those of a token can be taken back. Who gave
 * the roles that exist is not known; they count as given by a person. Open invitations of a token to the role Owner end:
 * no token makes an Owner any more.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  // The role that a person gave; null for a membership that only tokens gave.
  await db.schema.alterTable('members').addColumn('given_role', 'integer').execute();
  await sql`update members set given_role = role`.execute(db);
  // A role that a token (the granter) gave, once for the token itself and once for each of its ancestors, so that it is
  // found by any of them. The rows outlive the tokens: a token that was deleted still counts as its ancestor's.
  await db.schema
    .createTable('member_grants')
    .addColumn('workspace_id', 'text', (c) => c.notNull())
    .addColumn('user_id', 'text', (c) => c.notNull())
    .addColumn('granter_id', 'text', (c) => c.notNull())
    .addColumn('token_id', 'text', (c) => c.notNull())
    .addColumn('role', 'integer', (c) => c.notNull())
    .addPrimaryKeyConstraint('member_grants_key', ['workspace_id', 'user_id', 'granter_id', 'token_id'])
    .addForeignKeyConstraint(
      'member_grants_member',
      ['workspace_id', 'user_id'],
      'members',
      ['workspace_id', 'user_id'],
      (c) => c.onDelete('cascade'),
    )
    .execute();
  for (const column of ['token_id', 'granter_id']) {
    await db.schema.createIndex(`member_grants_by_${column}`).on('member_grants').column(column).execute();
  }
  await sql`delete from invitations where invited_by_token is not null and role = ${OWNER}`.execute(db);
}
