import { type Kysely, sql } from 'kysely';

async function createWorkspaces(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('workspaces')
    .addColumn('id', 'text', (c) => c.notNull().primaryKey())
    .addColumn('name', 'text', (c) => c.notNull())
    .addColumn('slug', 'text', (c) => c.notNull().unique())
    .addColumn('created_at', 'bigint', (c) => c.notNull())
    .addColumn('created_by', 'text', (c) => c.references('users.id').onDelete('set null'))
    .addColumn('personal_tokens', 'text', (c) => c.notNull())
    .addColumn('max_lifetime', 'bigint')
    .addColumn('owner_seen_within', 'bigint')
    .addColumn('require_expiry', 'integer', (c) => c.notNull())
    .addColumn('token_roles', 'integer', (c) => c.notNull())
    .addColumn('deleted_at', 'bigint')
    .addCheckConstraint('workspaces_personal_tokens', sql`personal_tokens in ('ALLOWED', 'FORBIDDEN')`)
    .addCheckConstraint('workspaces_max_lifetime', sql`max_lifetime > 0`)
    .addCheckConstraint('workspaces_owner_seen_within', sql`owner_seen_within > 0`)
    .addCheckConstraint('workspaces_require_expiry', sql`require_expiry in (0, 1)`)
    .addCheckConstraint('workspaces_token_roles', sql`token_roles between 0 and 31`)
    .execute();
  await db.schema.createIndex('workspaces_by_creator').on('workspaces').column('created_by').execute();
  await db.schema
    .createIndex('workspaces_deleted')
    .on('workspaces')
    .column('id')
    .where(sql.ref('deleted_at'), 'is not', null)
    .execute();
}

async function createMembers(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('members')
    .addColumn('workspace_id', 'text', (c) => c.notNull().references('workspaces.id').onDelete('cascade'))
    .addColumn('user_id', 'text', (c) => c.notNull().references('users.id').onDelete('cascade'))
    .addColumn('role', 'integer', (c) => c.notNull())
    // The role that persons and tokens gave; null for a membership that only groups give.
    .addColumn('direct_role', 'integer')
    // The role that a person gave; null for a membership that only tokens or groups gave.
    .addColumn('given_role', 'integer')
    // The highest role of the member's groups; null without one.
    .addColumn('group_role', 'integer')
    .addColumn('joined_at', 'bigint', (c) => c.notNull())
    .addPrimaryKeyConstraint('members_key', ['workspace_id', 'user_id'])
    .addCheckConstraint('members_role', sql`role between 0 and 4`)
    .addCheckConstraint('members_given_role', sql`given_role between 0 and direct_role`)
    .addCheckConstraint('members_group_role', sql`group_role between 0 and 3`)
    .addCheckConstraint(
      'members_highest_role',
      sql`role = case when group_role is null or direct_role >= group_role then coalesce(direct_role, -1) else group_role end`,
    )
    .execute();
  await db.schema
    .createIndex('members_by_user')
    .on('members')
    .columns(['user_id', 'role', 'workspace_id'])
    .execute();
}

/**
 * A role that a token (the granter) gave, once for the token itself and once for each of its ancestors, so that it is
 * found by any of them. The rows outlive the tokens: a deleted token still counts as its ancestor's.
 */
async function createMemberGrants(db: Kysely<unknown>): Promise<void> {
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
    .addCheckConstraint('member_grants_role', sql`role between 0 and 4`)
    .execute();
  await db.schema
    .createIndex('member_grants_by_token')
    .on('member_grants')
    .columns(['token_id', 'role'])
    .execute();
}

async function createEntityTypes(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('entity_types')
    .addColumn('workspace_id', 'text', (c) => c.notNull().references('workspaces.id').onDelete('cascade'))
    .addColumn('name', 'text', (c) => c.notNull())
    .addColumn('description', 'text')
    .addPrimaryKeyConstraint('entity_types_key', ['workspace_id', 'name'])
    .execute();
}

/** The operations of a registered type. A decision reads one row. */
async function createEntityOperations(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('entity_operations')
    .addColumn('workspace_id', 'text', (c) => c.notNull())
    .addColumn('entity_type', 'text', (c) => c.notNull())
    .addColumn('name', 'text', (c) => c.notNull())
    .addColumn('description', 'text')
    .addColumn('role', 'integer', (c) => c.notNull())
    .addPrimaryKeyConstraint('entity_operations_key', ['workspace_id', 'entity_type', 'name'])
    .addForeignKeyConstraint(
      'entity_operations_type',
      ['workspace_id', 'entity_type'],
      'entity_types',
      ['workspace_id', 'name'],
      (c) => c.onDelete('cascade'),
    )
    .addCheckConstraint('entity_operations_role', sql`role between 0 and 4`)
    .execute();
  // Finds the lowest role that any workspace requires, and nothing else: the operations of a workspace are found by its id.
  await sql`create index entity_operations_by_role on entity_operations ((entity_type || ' ' || name), role)`.execute(
    db,
  );
}

/** Creates the tables of workspaces, their members and the entity types that they register. */
export async function createWorkspaceTables(db: Kysely<unknown>): Promise<void> {
  await createWorkspaces(db);
  await createMembers(db);
  await createMemberGrants(db);
  await createEntityTypes(db);
  await createEntityOperations(db);
}
