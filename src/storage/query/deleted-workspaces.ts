import { type RawBuilder, type SqlBool, sql } from 'kysely';

/** Returns the condition that a column names no workspace that is deleted and whose rows are still being deleted. */
export function isInExistingWorkspace(column: string): RawBuilder<SqlBool> {
  return sql`${sql.ref(column)} not in (
    select deleted.id from workspaces as deleted where deleted.deleted_at is not null)`;
}
