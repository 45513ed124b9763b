import type { Kysely } from 'kysely';

/** A log that is narrowed to rare actions is read from its index alone, which has the action for that. */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const log of ['user', 'workspace', 'target']) {
    const name = `audit_events_by_${log}`;
    await db.schema.dropIndex(name).execute();
    await db.schema
      .createIndex(name)
      .on('audit_events')
      .columns([`${log}_id`, 'at', 'id', 'action'])
      .execute();
  }
}
