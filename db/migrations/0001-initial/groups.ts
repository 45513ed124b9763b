import { type Kysely, sql } from 'kysely';

/** The groups of a person at a provider. `groups_at` of the identity says by which statement. */
async function createIdentityGroups(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('identity_groups')
    .addColumn('identity_id', 'text', (c) => c.notNull().references('identities.id').onDelete('cascade'))
    .addColumn('name', 'text', (c) => c.notNull())
    .addPrimaryKeyConstraint('identity_groups_key', ['identity_id', 'name'])
    .addCheckConstraint('identity_groups_name', sql`name <> ''`)
    .execute();
  await db.schema
    .createIndex('identity_groups_by_name')
    .on('identity_groups')
    .columns(['name', 'identity_id'])
    .execute();
}

/** The groups that directories manage by SCIM. Their members are in `identity_groups`, by the name of the group. */
async function createDirectoryGroups(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('directory_groups')
    .addColumn('id', 'text', (c) => c.notNull().primaryKey())
    .addColumn('provider', 'text', (c) => c.notNull())
    .addColumn('name', 'text', (c) => c.notNull())
    .addColumn('external_id', 'text')
    // The next name, while members move to it; null otherwise.
    .addColumn('renamed_to', 'text')
    .addColumn('created_at', 'bigint', (c) => c.notNull())
    .addUniqueConstraint('directory_groups_name', ['provider', 'name'])
    .addUniqueConstraint('directory_groups_renamed_to', ['provider', 'renamed_to'])
    .execute();
}

/** The roles that the groups of providers have in workspaces. */
async function createGroupRoles(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('group_roles')
    .addColumn('workspace_id', 'text', (c) => c.notNull().references('workspaces.id').onDelete('cascade'))
    .addColumn('provider', 'text', (c) => c.notNull())
    .addColumn('group_name', 'text', (c) => c.notNull())
    .addColumn('role', 'integer', (c) => c.notNull())
    .addPrimaryKeyConstraint('group_roles_key', ['workspace_id', 'provider', 'group_name'])
    .addCheckConstraint('group_roles_role', sql`role between 0 and 3`)
    .execute();
  await db.schema
    .createIndex('group_roles_by_group')
    .on('group_roles')
    .columns(['provider', 'group_name'])
    .execute();
}

/** The former members that groups do not make members again until they are invited. */
async function createMemberExclusions(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('member_exclusions')
    .addColumn('workspace_id', 'text', (c) => c.notNull().references('workspaces.id').onDelete('cascade'))
    .addColumn('user_id', 'text', (c) => c.notNull().references('users.id').onDelete('cascade'))
    .addColumn('excluded_at', 'bigint', (c) => c.notNull())
    .addPrimaryKeyConstraint('member_exclusions_key', ['workspace_id', 'user_id'])
    .execute();
  await db.schema
    .createIndex('member_exclusions_by_user')
    .on('member_exclusions')
    .column('user_id')
    .execute();
}

/** Creates the tables of groups of providers and of the roles that they give. */
export async function createGroupTables(db: Kysely<unknown>): Promise<void> {
  await createIdentityGroups(db);
  await createDirectoryGroups(db);
  await createGroupRoles(db);
  await createMemberExclusions(db);
}
