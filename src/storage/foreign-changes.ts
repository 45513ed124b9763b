import { sql } from 'kysely';
import type { Executor } from './database.ts';

/** A number that is another one after a change by any other connection to the database; own changes leave it as it is. */
export async function foreignVersion(db: Executor): Promise<number> {
  const { rows } = await sql<{ data_version: number }>`pragma data_version`.execute(db);
  return (rows[0] as { data_version: number }).data_version;
}
