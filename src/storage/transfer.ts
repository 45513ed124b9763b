import { type Kysely, sql } from 'kysely';
import { OperatorError } from '../platform/operator-error.ts';
import type { DatabaseHandle } from './database.ts';
import { MIGRATIONS, migrateToLatest, pendingMigrations, TRANSFER_IN_PROGRESS } from './migrations.ts';
import type { Tables } from './tables.ts';

const ROWS_PER_STATEMENT = 200;

/** Tables that are not copied: what the server or a trigger rebuilds, open streams, and the clock mark, which only SQLite needs. */
type NotCopied = 'token_snapshots' | 'token_counts' | 'stream_servers' | 'stream_slots' | 'clock_mark';

/** Every copied table with its key, in the order of foreign keys; tables with secrets are last. */
const KEYS: Readonly<Record<Exclude<keyof Tables, NotCopied>, readonly string[]>> = {
  installation: ['singleton'],
  users: ['id'],
  workspaces: ['id'],
  members: ['workspace_id', 'user_id'],
  group_roles: ['workspace_id', 'provider', 'group_name'],
  member_exclusions: ['workspace_id', 'user_id'],
  member_grants: ['workspace_id', 'user_id', 'granter_id', 'token_id'],
  federations: ['id'],
  // Before the tokens, whose trigger adds the rows that are missing.
  credential_uses: ['credential_id'],
  tokens: ['id'],
  token_ancestors: ['token_id', 'ancestor_id'],
  pending_cascades: ['token_id'],
  pending_ends: ['id'],
  pending_grant_ends: ['id'],
  token_issuers: ['token_id', 'issuer_id'],
  token_scopes: ['id'],
  entity_types: ['workspace_id', 'name'],
  entity_operations: ['workspace_id', 'entity_type', 'name'],
  channels: ['id'],
  channel_shares: ['channel_id', 'user_id', 'granter_id', 'operation'],
  messages: ['id'],
  audit_events: ['id'],
  attempt_counters: ['key'],
  invitations: ['id'],
  identities: ['id'],
  identity_groups: ['identity_id', 'name'],
  provider_sign_ins: ['digest'],
  used_jwts: ['digest'],
  sessions: ['id'],
  device_requests: ['digest'],
  reset_links: ['user_id'],
  scim_credentials: ['id'],
  directory_groups: ['id'],
  token_secrets: ['digest'],
  imported_secrets: ['digest'],
};

type Row = Record<string, unknown>;
/** A database whose tables are known by name only. */
type UntypedDatabase = Kysely<Record<string, Row>>;

/** The number of rows of a table that were copied and compared. */
export interface TransferredTable {
  readonly table: string;
  readonly rows: number;
}

/** Reads the rows of a table in batches, in the order of its key. */
async function* pagesOf(db: UntypedDatabase, table: string, key: readonly string[]) {
  const columns = sql.join(key.map((column) => sql.ref(column)));
  for (let after: Row | undefined; ; ) {
    let query = db.selectFrom(table).selectAll();
    if (after) {
      const last = after;
      query = query.where(sql<boolean>`(${columns}) > (${sql.join(key.map((column) => last[column]))})`);
    }
    for (const column of key) query = query.orderBy(column);
    const rows = await query.limit(ROWS_PER_STATEMENT).execute();
    if (rows.length === 0) return;
    yield rows;
    after = rows.at(-1);
  }
}

async function copyTable(
  source: UntypedDatabase,
  target: UntypedDatabase,
  table: string,
  key: readonly string[],
): Promise<void> {
  for await (const rows of pagesOf(source, table, key)) {
    await target
      .insertInto(table)
      .values(rows)
      .onConflict((conflict) => conflict.doNothing())
      .execute();
  }
}

function toText(row: Row): string {
  return JSON.stringify(Object.entries(row).sort(([one], [other]) => (one < other ? -1 : 1)));
}

/** Compares a table row by row in both databases and returns the number of rows. Throws on the first difference. */
async function compareTable(
  source: UntypedDatabase,
  target: UntypedDatabase,
  table: string,
  key: readonly string[],
): Promise<number> {
  let count = 0;
  const copied = pagesOf(target, table, key);
  for await (const rows of pagesOf(source, table, key)) {
    const { value = [] } = await copied.next();
    const differs = rows.findIndex((row, index) => !value[index] || toText(row) !== toText(value[index]));
    if (differs >= 0 || value.length !== rows.length) {
      throw new OperatorError(
        `The table ${table} differs after row ${count + Math.max(differs, 0)}. No server will start on the target.`,
      );
    }
    count += rows.length;
  }
  if (!(await copied.next()).done)
    throw new OperatorError(`The table ${table} has rows that are not in the source.`);
  return count;
}

/** Migrates the target and marks it, so that no server starts on it before the transfer has ended. */
async function prepare(target: DatabaseHandle): Promise<void> {
  const migrations = { ...MIGRATIONS, [TRANSFER_IN_PROGRESS]: { up: async () => {} } };
  const pending = await pendingMigrations(target, migrations);
  const isResumed = !pending.includes(TRANSFER_IN_PROGRESS);
  const isFresh = Object.keys(MIGRATIONS).every((name) => pending.includes(name));
  if (!isResumed && !isFresh) {
    const user = await target.db.selectFrom('users').select('id').limit(1).executeTakeFirst();
    if (user) throw new OperatorError('The target already has users. Name an empty database.');
  }
  await migrateToLatest(target, { migrations });
}

/**
 * Copies all data to an empty database and compares it row by row; continues an interrupted transfer. The source is
 * locked against writes meanwhile and does not change. Throws if the target holds other data.
 */
export async function transfer(source: DatabaseHandle, target: DatabaseHandle): Promise<TransferredTable[]> {
  if ((await pendingMigrations(source)).length > 0) {
    throw new OperatorError('The source has an older schema. Run "postern migrate" first.');
  }
  await prepare(target);
  const to = target.db as unknown as UntypedDatabase;
  const tables = await source.transact([], async (tx) => {
    const from = tx as unknown as UntypedDatabase;
    for (const [table, key] of Object.entries(KEYS)) await copyTable(from, to, table, key);
    const compared: TransferredTable[] = [];
    for (const [table, key] of Object.entries(KEYS)) {
      compared.push({ table, rows: await compareTable(from, to, table, key) });
    }
    return compared;
  });
  await to.deleteFrom('kysely_migration').where('name', '=', TRANSFER_IN_PROGRESS).execute();
  return tables;
}
