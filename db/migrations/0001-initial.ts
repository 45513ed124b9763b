import { type Kysely, SqliteAdapter } from 'kysely';
import { createAccountTables } from './0001-initial/accounts.ts';
import { createChannelTables } from './0001-initial/channels.ts';
import { createFederations } from './0001-initial/federations.ts';
import { createGroupTables } from './0001-initial/groups.ts';
import { createOperationsTables } from './0001-initial/operations.ts';
import { createTokenCounts } from './0001-initial/token-counts.ts';
import { createTokenListIndexes } from './0001-initial/token-list-indexes.ts';
import { createTokenSnapshots } from './0001-initial/token-snapshots.ts';
import { createTokenTables } from './0001-initial/tokens.ts';
import { createWorkspaceTables } from './0001-initial/workspaces.ts';

/**
 * Creates the schema of the first release. Instants and durations are integer milliseconds, instants since the epoch; ids
 * are UUIDv7; roles are ranks from 0 (Viewer) to 4 (Owner); operations are names.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await createAccountTables(db);
  await createWorkspaceTables(db);
  await createGroupTables(db);
  await createFederations(db);
  await createTokenTables(db);
  await createChannelTables(db);
  const isSqlite = db.getExecutor().adapter instanceof SqliteAdapter;
  await createOperationsTables(db, isSqlite);
  await createTokenCounts(db, isSqlite);
  await createTokenListIndexes(db, isSqlite);
  await createTokenSnapshots(db, isSqlite);
}
