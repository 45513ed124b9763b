import { type Kysely, sql } from 'kysely';

/** No references: the log outlives what it records. */
async function createAuditEvents(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('audit_events')
    .addColumn('id', 'text', (c) => c.notNull().primaryKey())
    .addColumn('at', 'bigint', (c) => c.notNull())
    .addColumn('action', 'text', (c) => c.notNull())
    .addColumn('user_id', 'text')
    .addColumn('workspace_id', 'text')
    .addColumn('actor_kind', 'text')
    .addColumn('actor_id', 'text')
    .addColumn('actor_token_id', 'text')
    .addColumn('target_id', 'text')
    .addColumn('ip', 'text')
    .addColumn('user_agent', 'text')
    .addColumn('detail', 'text', (c) => c.notNull())
    .addCheckConstraint(
      'audit_events_actor_kind',
      sql`actor_kind in ('SESSION', 'PERSONAL_TOKEN', 'WORKSPACE_TOKEN', 'OPERATOR', 'DIRECTORY')`,
    )
    .execute();
  // A filter by action reads each action from its own part of the index. The log of one target is short.
  const indexes = {
    user: ['user_id', 'at', 'id'],
    user_action: ['user_id', 'action', 'at', 'id'],
    workspace: ['workspace_id', 'at', 'id'],
    workspace_action: ['workspace_id', 'action', 'at', 'id'],
    target: ['target_id', 'at', 'id', 'action'],
  };
  for (const [name, columns] of Object.entries(indexes)) {
    const index = db.schema.createIndex(`audit_events_by_${name}`).on('audit_events').columns(columns);
    await index.where(sql.ref(columns[0] as string), 'is not', null).execute();
  }
  await db.schema.createIndex('audit_events_by_time').on('audit_events').column('at').execute();
}

/**
 * The last authorised use of a token or a session, written in batches, apart from what must be durable. Every token has a row
 * from the start, so that the tokens of a holder are ordered by last use in one index.
 */
async function createCredentialUses(db: Kysely<unknown>, isSqlite: boolean): Promise<void> {
  const table = db.schema
    .createTable('credential_uses')
    .addColumn('credential_id', 'text', (c) => c.notNull().primaryKey())
    .addColumn('holder_id', 'text')
    .addColumn('at', 'bigint', (c) => c.notNull())
    .addColumn('ip', 'text')
    .addColumn('user_agent', 'text');
  await (isSqlite ? table.modifyEnd(sql`without rowid`) : table).execute();
  await db.schema
    .createIndex('credential_uses_by_holder')
    .on('credential_uses')
    .columns(['holder_id', 'at', 'credential_id'])
    .where(sql.ref('holder_id'), 'is not', null)
    .execute();
}

async function createAttemptCounters(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('attempt_counters')
    .addColumn('key', 'text', (c) => c.notNull().primaryKey())
    .addColumn('attempts', 'integer', (c) => c.notNull())
    .addColumn('resets_at', 'bigint', (c) => c.notNull())
    .addCheckConstraint('attempt_counters_attempts', sql`attempts >= 0`)
    .execute();
  await db.schema.createIndex('attempt_counters_by_end').on('attempt_counters').column('resets_at').execute();
}

/** Open streams of each credential on PostgreSQL. The key bounds them: no two streams of a credential share a slot. */
async function createStreamTables(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('stream_servers')
    .addColumn('id', 'text', (c) => c.notNull().primaryKey())
    .addColumn('lease_until', 'bigint', (c) => c.notNull())
    .execute();
  await db.schema
    .createTable('stream_slots')
    .addColumn('credential_id', 'text', (c) => c.notNull())
    .addColumn('slot', 'integer', (c) => c.notNull())
    .addColumn('server_id', 'text', (c) => c.notNull().references('stream_servers.id').onDelete('cascade'))
    .addPrimaryKeyConstraint('stream_slots_key', ['credential_id', 'slot'])
    .addCheckConstraint('stream_slots_slot', sql`slot >= 0`)
    .execute();
  await db.schema.createIndex('stream_slots_by_server').on('stream_slots').column('server_id').execute();
}

/** The highest instant that a server on SQLite has seen, and the id of this installation: one row each. */
async function createSingletons(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('clock_mark')
    .addColumn('id', 'integer', (c) => c.notNull().primaryKey())
    .addColumn('at', 'bigint', (c) => c.notNull())
    .execute();
  await db.schema
    .createTable('installation')
    .addColumn('singleton', 'integer', (c) => c.notNull().primaryKey().check(sql`singleton = 1`))
    .addColumn('id', 'text', (c) => c.notNull())
    .execute();
}

/** Creates the audit log and the tables that the running server needs for itself. */
export async function createOperationsTables(db: Kysely<unknown>, isSqlite: boolean): Promise<void> {
  await createAuditEvents(db);
  await createCredentialUses(db, isSqlite);
  await createAttemptCounters(db);
  await createStreamTables(db);
  await createSingletons(db);
}
