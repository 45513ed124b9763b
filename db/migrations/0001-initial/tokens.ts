import { type Kysely, sql } from 'kysely';

/** A personal token has an owner and no role; a workspace token has a workspace and acts with a role in it. */
const KIND = sql`
  (kind = 'PERSONAL' and owner_id is not null and workspace_id is null
    and access in ('NONE', 'SCOPED', 'FULL') and role is null
    and subject is null and metadata is null and issued_by is null and federation_id is null)
  or (kind = 'WORKSPACE' and owner_id is null and workspace_id is not null
    and access in ('ROLE', 'SCOPED') and role is not null and role between 0 and 4)`;

async function createTokens(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('tokens')
    .addColumn('id', 'text', (c) => c.notNull().primaryKey())
    .addColumn('kind', 'text', (c) => c.notNull())
    .addColumn('owner_id', 'text', (c) => c.references('users.id').onDelete('cascade'))
    .addColumn('workspace_id', 'text', (c) => c.references('workspaces.id').onDelete('cascade'))
    .addColumn('created_by', 'text', (c) => c.references('users.id').onDelete('set null'))
    // No reference: descendants of a deleted token are deleted in chunks.
    .addColumn('parent_id', 'text')
    .addColumn('has_derived', 'integer', (c) => c.notNull().defaultTo(0))
    .addColumn('identifier', 'text', (c) => c.notNull().unique())
    .addColumn('name', 'text', (c) => c.notNull())
    .addColumn('name_folded', 'text', (c) => c.notNull())
    .addColumn('description', 'text')
    .addColumn('search_text', 'text', (c) => c.notNull())
    .addColumn('secret_preview', 'text', (c) => c.notNull())
    .addColumn('is_imported', 'integer', (c) => c.notNull().defaultTo(0))
    .addColumn('access', 'text', (c) => c.notNull())
    .addColumn('role', 'integer')
    .addColumn('subject', 'text')
    .addColumn('metadata', 'text')
    // No reference: it outlives the token that it names.
    .addColumn('issued_by', 'text')
    // No reference: the tokens of a deleted federation are deleted in chunks.
    .addColumn('federation_id', 'text')
    .addColumn('networks', 'text')
    .addColumn('requests_per_minute', 'integer')
    .addColumn('uses', 'integer')
    .addColumn('uses_left', 'integer')
    .addColumn('created_at', 'bigint', (c) => c.notNull())
    .addColumn('updated_at', 'bigint', (c) => c.notNull())
    .addColumn('issued_at', 'bigint', (c) => c.notNull())
    .addColumn('regenerated_at', 'bigint')
    .addColumn('expires_at', 'bigint')
    .addColumn('disabled_at', 'bigint')
    .addColumn('revoked_at', 'bigint')
    .addColumn('ends_survived', 'bigint')
    .addCheckConstraint('tokens_kind', KIND)
    .addCheckConstraint('tokens_has_derived', sql`has_derived in (0, 1)`)
    .addCheckConstraint('tokens_subject', sql`subject <> ''`)
    .addCheckConstraint('tokens_is_imported', sql`is_imported in (0, 1)`)
    .addCheckConstraint('tokens_requests_per_minute', sql`requests_per_minute > 0`)
    .addCheckConstraint(
      'tokens_uses',
      sql`case when uses is null then uses_left is null
        else uses > 0 and uses_left is not null and uses_left between 0 and uses end`,
    )
    .execute();
}

/**
 * Most tokens lack a part of these columns, so the indexes are partial: a new token writes no entry where its column is null.
 * A cascade from the referenced table compares the column and still finds its rows by them.
 */
const PARTIAL_INDEXES: Readonly<Record<string, readonly string[]>> = {
  tokens_by_owner: ['owner_id', 'created_at', 'id'],
  tokens_by_workspace: ['workspace_id', 'created_at', 'id'],
  tokens_by_parent: ['parent_id', 'created_at', 'id'],
};

async function indexTokens(db: Kysely<unknown>): Promise<void> {
  for (const [name, columns] of Object.entries(PARTIAL_INDEXES)) {
    const index = db.schema
      .createIndex(name)
      .on('tokens')
      .columns([...columns]);
    await index.where(sql.ref(columns[0] as string), 'is not', null).execute();
  }
  await db.schema
    .createIndex('tokens_by_subject')
    .on('tokens')
    .columns(['workspace_id', 'subject', 'created_at', 'id'])
    .where(sql.ref('subject'), 'is not', null)
    .execute();
  await db.schema
    .createIndex('tokens_imported')
    .on('tokens')
    .column('expires_at')
    .where(sql<boolean>`is_imported = 1 and revoked_at is null`)
    .execute();
  const isFederated = sql<boolean>`federation_id is not null`;
  await db.schema
    .createIndex('tokens_federated')
    .on('tokens')
    .columns(['workspace_id', 'expires_at'])
    .where(isFederated)
    .execute();
  await db.schema
    .createIndex('tokens_federated_by_expiry')
    .on('tokens')
    .column('expires_at')
    .where(isFederated)
    .execute();
  await db.schema.createIndex('tokens_by_expiry').on('tokens').column('expires_at').execute();
  await db.schema
    .createIndex('tokens_survivors')
    .on('tokens')
    .column('ends_survived')
    .where(sql.ref('ends_survived'), 'is not', null)
    .execute();
}

/**
 * Every token that a derived one descends from, so that a subtree or a chain is one indexed read. A row outlives the ancestor,
 * so that a token without it is refused until it is deleted too.
 */
async function createTokenAncestors(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('token_ancestors')
    .addColumn('token_id', 'text', (c) => c.notNull().references('tokens.id').onDelete('cascade'))
    .addColumn('ancestor_id', 'text', (c) => c.notNull())
    .addPrimaryKeyConstraint('token_ancestors_key', ['token_id', 'ancestor_id'])
    .execute();
  await db.schema
    .createIndex('token_ancestors_by_ancestor')
    .on('token_ancestors')
    .columns(['ancestor_id', 'token_id'])
    .execute();
}

/** Tokens whose end has yet to be stored in the rows of some descendants, or of members with roles from them. */
async function createPendingCascades(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('pending_cascades')
    // No reference: it outlives a deleted token.
    .addColumn('token_id', 'text', (c) => c.notNull().primaryKey())
    .addColumn('user_id', 'text', (c) => c.references('users.id').onDelete('cascade'))
    .addColumn('workspace_id', 'text', (c) => c.references('workspaces.id').onDelete('cascade'))
    .addColumn('at', 'bigint', (c) => c.notNull())
    .addColumn('after_id', 'text', (c) => c.notNull())
    .addColumn('deletes_grants', 'integer', (c) => c.notNull())
    .addColumn('takes_back', 'integer', (c) => c.notNull())
    .addColumn('actor', 'text', (c) => c.notNull())
    .addColumn('detail', 'text', (c) => c.notNull())
    .addCheckConstraint('pending_cascades_holder', sql`(user_id is null) <> (workspace_id is null)`)
    .addCheckConstraint('pending_cascades_deletes_grants', sql`deletes_grants in (0, 1)`)
    .addCheckConstraint('pending_cascades_takes_back', sql`takes_back in (0, 1)`)
    .execute();
}

/** Sets of tokens of a user or a workspace that ended, which has yet to be stored in the rows of some of them. */
async function createPendingEnds(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('pending_ends')
    .addColumn('id', 'text', (c) => c.notNull().primaryKey())
    .addColumn('number', 'bigint', (c) => c.notNull())
    .addColumn('user_id', 'text', (c) => c.references('users.id').onDelete('cascade'))
    .addColumn('workspace_id', 'text', (c) => c.references('workspaces.id').onDelete('cascade'))
    .addColumn('subject', 'text')
    .addColumn('created_by', 'text')
    .addColumn('issued_by', 'text')
    .addColumn('since', 'bigint')
    .addColumn('deletes', 'integer', (c) => c.notNull())
    .addColumn('deletes_grants', 'integer', (c) => c.notNull())
    .addColumn('at', 'bigint', (c) => c.notNull())
    .addColumn('after_at', 'bigint', (c) => c.notNull())
    .addColumn('after_id', 'text', (c) => c.notNull())
    .addColumn('actor', 'text', (c) => c.notNull())
    .addColumn('detail', 'text', (c) => c.notNull())
    .addCheckConstraint('pending_ends_number', sql`number > 0`)
    .addCheckConstraint('pending_ends_holder', sql`(user_id is null) <> (workspace_id is null)`)
    .addCheckConstraint('pending_ends_since', sql`since is null or issued_by is not null`)
    .addCheckConstraint('pending_ends_deletes', sql`deletes in (0, 1)`)
    .addCheckConstraint('pending_ends_deletes_grants', sql`deletes_grants in (0, 1)`)
    .execute();
}

/** Sets of shares or invitations that ended, whose rows have yet to be deleted. */
async function createPendingGrantEnds(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('pending_grant_ends')
    .addColumn('id', 'text', (c) => c.notNull().primaryKey())
    .addColumn('number', 'bigint', (c) => c.notNull())
    .addColumn('kind', 'text', (c) => c.notNull())
    .addColumn('user_id', 'text', (c) => c.references('users.id').onDelete('cascade'))
    .addColumn('workspace_id', 'text', (c) => c.references('workspaces.id').onDelete('cascade'))
    // No reference: it outlives a deleted token.
    .addColumn('token_id', 'text')
    .addColumn('recipient_id', 'text', (c) => c.references('users.id').onDelete('cascade'))
    .addColumn('at', 'bigint', (c) => c.notNull())
    .addColumn('actor', 'text')
    .addCheckConstraint('pending_grant_ends_number', sql`number > 0`)
    .addCheckConstraint('pending_grant_ends_kind', sql`kind in ('SHARES', 'INVITATIONS')`)
    .addCheckConstraint('pending_grant_ends_holder', sql`(user_id is null) <> (workspace_id is null)`)
    // All that a user gave, or what a token gave, or what a user was given in a workspace.
    .addCheckConstraint(
      'pending_grant_ends_set',
      sql`case when recipient_id is null then user_id is not null or token_id is not null
        else token_id is null and user_id is null and kind = 'SHARES' end`,
    )
    .execute();
}

/**
 * The token that issued another one for a subject, and each of its ancestors, so that what was issued is found by any of
 * them. A row outlives its issuer: what a deleted token issued still counts as issued by its ancestors.
 */
async function createTokenIssuers(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('token_issuers')
    .addColumn('token_id', 'text', (c) => c.notNull().references('tokens.id').onDelete('cascade'))
    .addColumn('issuer_id', 'text', (c) => c.notNull())
    .addPrimaryKeyConstraint('token_issuers_key', ['token_id', 'issuer_id'])
    .execute();
  await db.schema
    .createIndex('token_issuers_by_issuer')
    .on('token_issuers')
    .columns(['issuer_id', 'token_id'])
    .execute();
}

/** A token has one secret, or two during an overlap: then the old one carries `valid_until`. */
async function createTokenSecrets(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('token_secrets')
    .addColumn('digest', 'text', (c) => c.notNull().primaryKey())
    .addColumn('token_id', 'text', (c) => c.notNull().references('tokens.id').onDelete('cascade'))
    .addColumn('valid_until', 'bigint')
    .execute();
  await db.schema.createIndex('token_secrets_by_token').on('token_secrets').column('token_id').execute();
}

/** Every digest that was ever imported, also those whose tokens are deleted: none is imported a second time. */
async function createImportedSecrets(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('imported_secrets')
    .addColumn('digest', 'text', (c) => c.notNull().primaryKey())
    .addColumn('sequence', 'bigint', (c) => c.notNull().unique())
    // No reference: the record outlives the user or workspace.
    .addColumn('holder_id', 'text', (c) => c.notNull())
    .addCheckConstraint('imported_secrets_sequence', sql`sequence > 0`)
    .execute();
}

async function createTokenScopes(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('token_scopes')
    .addColumn('id', 'text', (c) => c.notNull().primaryKey())
    .addColumn('token_id', 'text', (c) => c.notNull().references('tokens.id').onDelete('cascade'))
    .addColumn('entity_type', 'text', (c) => c.notNull())
    .addColumn('entity_id', 'text')
    .addColumn('workspace_id', 'text')
    .addColumn('operations', 'text', (c) => c.notNull())
    .addCheckConstraint('token_scopes_operations', sql`operations <> ''`)
    .execute();
  await db.schema
    .createIndex('token_scopes_by_token')
    .on('token_scopes')
    .columns(['token_id', 'id'])
    .execute();
}

async function createInvitations(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('invitations')
    .addColumn('id', 'text', (c) => c.notNull().primaryKey())
    .addColumn('workspace_id', 'text', (c) => c.notNull().references('workspaces.id').onDelete('cascade'))
    .addColumn('email', 'text', (c) => c.notNull())
    .addColumn('role', 'integer', (c) => c.notNull())
    .addColumn('digest', 'text', (c) => c.notNull().unique())
    .addColumn('invited_by', 'text', (c) => c.references('users.id').onDelete('set null'))
    // No reference: the rows of a deleted token follow in chunks.
    .addColumn('invited_by_token', 'text')
    .addColumn('created_at', 'bigint', (c) => c.notNull())
    .addColumn('expires_at', 'bigint', (c) => c.notNull())
    .addColumn('void_reason', 'text')
    .addColumn('ends_survived', 'bigint')
    .addUniqueConstraint('invitations_once', ['workspace_id', 'email'])
    // Only a person can invite an owner.
    .addCheckConstraint(
      'invitations_role',
      sql`role between 0 and case when invited_by_token is null then 4 else 3 end`,
    )
    .addCheckConstraint(
      'invitations_void_reason',
      sql`void_reason in ('ADDRESS_RELEASED', 'INVITER_LOST_AUTHORITY')`,
    )
    .execute();
  await db.schema.createIndex('invitations_by_token').on('invitations').column('invited_by_token').execute();
  await db.schema.createIndex('invitations_by_maker').on('invitations').column('invited_by').execute();
  await db.schema.createIndex('invitations_by_expiry').on('invitations').column('expires_at').execute();
  await db.schema
    .createIndex('invitations_survivors')
    .on('invitations')
    .column('ends_survived')
    .where(sql.ref('ends_survived'), 'is not', null)
    .execute();
}

/** Creates the tables of tokens, with their secrets and scopes, and of invitations, which tokens can create. */
export async function createTokenTables(db: Kysely<unknown>): Promise<void> {
  await createTokens(db);
  await indexTokens(db);
  await createTokenAncestors(db);
  await createPendingCascades(db);
  await createPendingEnds(db);
  await createPendingGrantEnds(db);
  await createTokenIssuers(db);
  await createTokenSecrets(db);
  await createImportedSecrets(db);
  await createTokenScopes(db);
  await createInvitations(db);
}
