import { type Kysely, sql } from 'kysely';

/** Creates the table of federations: trust of workspaces in the JSON Web Tokens of issuers. */
export async function createFederations(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('federations')
    .addColumn('id', 'text', (c) => c.notNull().primaryKey())
    .addColumn('workspace_id', 'text', (c) => c.notNull().references('workspaces.id').onDelete('cascade'))
    .addColumn('created_by', 'text', (c) => c.references('users.id').onDelete('set null'))
    // What its tokens derive from. A change replaces it, and so ends all of them.
    .addColumn('grant_id', 'text', (c) => c.notNull().unique())
    .addColumn('name', 'text', (c) => c.notNull())
    .addColumn('issuer', 'text', (c) => c.notNull())
    .addColumn('audience', 'text', (c) => c.notNull())
    .addColumn('claims', 'text', (c) => c.notNull())
    .addColumn('role', 'integer', (c) => c.notNull())
    .addColumn('scopes', 'text')
    .addColumn('max_lifetime', 'bigint', (c) => c.notNull())
    .addColumn('single_use', 'integer', (c) => c.notNull())
    .addColumn('created_at', 'bigint', (c) => c.notNull())
    .addColumn('last_used_at', 'bigint')
    .addCheckConstraint('federations_role', sql`role between 0 and 4`)
    .addCheckConstraint('federations_max_lifetime', sql`max_lifetime between 1 and 3600000`)
    .addCheckConstraint('federations_single_use', sql`single_use in (0, 1)`)
    .execute();
  await db.schema
    .createIndex('federations_by_workspace')
    .on('federations')
    .columns(['workspace_id', 'id'])
    .execute();
  await db.schema
    .createIndex('federations_by_audience')
    .on('federations')
    .columns(['audience', 'issuer'])
    .execute();
  await db.schema.createIndex('federations_by_creator').on('federations').column('created_by').execute();
}
