import { type Kysely, sql } from 'kysely';
import { OperatorError } from '../platform/operator-error.ts';
import type { DatabaseHandle } from './database.ts';
import { MIGRATIONS, migrateToLatest, pendingMigrations, TRANSFER_UNDER_WAY } from './migrations.ts';
import type { Tables } from './tables.ts';

const ROWS_AT_ONCE = 200;

/**
 * What is worked out from other tables where it is missing, what is only open, and the clock of SQLite, which PostgreSQL
 * does not need.
 */
type NotMoved = 'token_snapshots' | 'stream_servers' | 'stream_slots' | 'clock_mark';

/** Every table with its key, in the order that references ask for; what opens doors comes last. */
const KEYS: Readonly<Record<Exclude<keyof Tables, NotMoved>, readonly string[]>> = {
  installation: ['singleton'],
  users: ['id'],
  workspaces: ['id'],
  members: ['workspace_id', 'user_id'],
  member_grants: ['workspace_id', 'user_id', 'granter_id', 'token_id'],
  tokens: ['id'],
  token_ancestors: ['token_id', 'ancestor_id'],
  token_scopes: ['id'],
  entity_types: ['workspace_id', 'name'],
  channels: ['id'],
  channel_shares: ['channel_id', 'user_id', 'granter_id', 'operation'],
  messages: ['id'],
  audit_events: ['id'],
  credential_uses: ['credential_id'],
  attempt_counters: ['key'],
  invitations: ['id'],
  sessions: ['id'],
  token_secrets: ['digest'],
};

type Row = Record<string, unknown>;
/** A database whose tables are only known by name. */
type Anything = Kysely<Record<string, Row>>;

/** How many rows of a table were moved and compared. */
export interface TransferredTable {
  readonly table: string;
  readonly rows: number;
}

/** The rows of a table in the order of its key, some at a time. */
async function* pagesOf(db: Anything, table: string, key: readonly string[], depth?: number) {
  const columns = sql.join(key.map((column) => sql.ref(column)));
  for (let after: Row | undefined; ; ) {
    let query = db.selectFrom(table).selectAll();
    if (after) {
      const last = after;
      query = query.where(sql<boolean>`(${columns}) > (${sql.join(key.map((column) => last[column]))})`);
    }
    // A token is stored after those that it derives from.
    if (depth !== undefined) {
      query = query.where(
        sql<boolean>`(select count(*) from token_ancestors as l where l.token_id = tokens.id) = ${depth}`,
      );
    }
    for (const column of key) query = query.orderBy(column);
    const rows = await query.limit(ROWS_AT_ONCE).execute();
    if (rows.length === 0) return;
    yield rows;
    after = rows.at(-1);
  }
}

async function copyRows(
  source: Anything,
  target: Anything,
  table: string,
  key: readonly string[],
  depth?: number,
) {
  let count = 0;
  for await (const rows of pagesOf(source, table, key, depth)) {
    await target
      .insertInto(table)
      .values(rows)
      .onConflict((conflict) => conflict.doNothing())
      .execute();
    count += rows.length;
  }
  return count;
}

async function copyTable(
  source: Anything,
  target: Anything,
  table: string,
  key: readonly string[],
): Promise<void> {
  if (table !== 'tokens') {
    await copyRows(source, target, table, key);
    return;
  }
  for (let depth = 0; (await copyRows(source, target, table, key, depth)) > 0; depth++);
}

function toText(row: Row): string {
  return JSON.stringify(Object.entries(row).sort(([one], [other]) => (one < other ? -1 : 1)));
}

/** Compares a table row by row, both ways; tells how many there are. Throws where any differs. */
async function compareTable(
  source: Anything,
  target: Anything,
  table: string,
  key: readonly string[],
): Promise<number> {
  let count = 0;
  const moved = pagesOf(target, table, key);
  for await (const rows of pagesOf(source, table, key)) {
    const { value = [] } = await moved.next();
    const differs = rows.findIndex((row, index) => !value[index] || toText(row) !== toText(value[index]));
    if (differs >= 0 || value.length !== rows.length) {
      throw new OperatorError(
        `The table ${table} differs after row ${count + Math.max(differs, 0)}: nothing is served from it.`,
      );
    }
    count += rows.length;
  }
  if (!(await moved.next()).done)
    throw new OperatorError(`The table ${table} has rows that the source has not.`);
  return count;
}

/** Makes the target ready, and marks it so that no server starts on it before the transfer has ended. */
async function prepare(target: DatabaseHandle): Promise<void> {
  const migrations = { ...MIGRATIONS, [TRANSFER_UNDER_WAY]: { up: async () => {} } };
  const pending = await pendingMigrations(target, migrations);
  const isResumed = !pending.includes(TRANSFER_UNDER_WAY);
  const isFresh = Object.keys(MIGRATIONS).every((name) => pending.includes(name));
  if (!isResumed && !isFresh) {
    const user = await target.db.selectFrom('users').select('id').limit(1).executeTakeFirst();
    if (user) throw new OperatorError('The target has users already: name an empty database.');
  }
  await migrateToLatest(target, { migrations });
}

/**
 * Copies everything from one database to an empty one and compares it row by row; where it was interrupted, it goes on.
 * The source is locked against changes meanwhile, and stays as it is. Throws where the target holds something else.
 */
export async function transfer(source: DatabaseHandle, target: DatabaseHandle): Promise<TransferredTable[]> {
  if ((await pendingMigrations(source)).length > 0) {
    throw new OperatorError('The source has an older schema: run "postern migrate" first.');
  }
  await prepare(target);
  const to = target.db as unknown as Anything;
  const tables = await source.transact(async (tx) => {
    const from = tx as unknown as Anything;
    for (const [table, key] of Object.entries(KEYS)) await copyTable(from, to, table, key);
    const compared: TransferredTable[] = [];
    for (const [table, key] of Object.entries(KEYS)) {
      compared.push({ table, rows: await compareTable(from, to, table, key) });
    }
    return compared;
  });
  await to.deleteFrom('kysely_migration').where('name', '=', TRANSFER_UNDER_WAY).execute();
  return tables;
}
