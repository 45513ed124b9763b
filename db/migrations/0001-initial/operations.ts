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
  // A log filtered to rare actions is read from its index alone, which has the action for that.
  for (const log of ['user', 'workspace', 'target']) {
    await db.schema
      .createIndex(`audit_events_by_${log}`)
      .on('audit_events')
      .columns([`${log}_id`, 'at', 'id', 'action'])
      .execute();
  }
  await db.schema.createIndex('audit_events_by_time').on('audit_events').column('at').execute();
}

/** The last authorised use of a token or a session, written in batches, apart from what must be durable. */
async function createCredentialUses(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('credential_uses')
    .addColumn('credential_id', 'text', (c) => c.notNull().primaryKey())
    .addColumn('at', 'bigint', (c) => c.notNull())
    .addColumn('ip', 'text')
    .addColumn('user_agent', 'text')
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
export async function createOperationsTables(db: Kysely<unknown>): Promise<void> {
  await createAuditEvents(db);
  await createCredentialUses(db);
  await createAttemptCounters(db);
  await createStreamTables(db);
  await createSingletons(db);
}
