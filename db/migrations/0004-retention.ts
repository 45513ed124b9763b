import type { Kysely } from 'kysely';

/** What is forgotten when its time is over is found by that time: audit rows, invitations and counted sign-ins. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema.createIndex('audit_events_by_time').on('audit_events').column('at').execute();
  await db.schema.createIndex('invitations_by_expiry').on('invitations').column('expires_at').execute();
  await db.schema.createIndex('sign_in_attempts_by_end').on('sign_in_attempts').column('resets_at').execute();
}
