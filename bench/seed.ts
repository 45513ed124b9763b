import { type Insertable, sql } from 'kysely';
import pLimit from 'p-limit';
import pg from 'pg';
import { v7 } from 'uuid';
import { DAY } from '../src/domain/duration.ts';
import { rankOf } from '../src/domain/roles.ts';
import { composeSecret, previewPart } from '../src/domain/secret.ts';
import { foldCase } from '../src/domain/text.ts';
import { DEFAULT_POLICY } from '../src/domain/workspace.ts';
import { digestOf } from '../src/platform/hashing.ts';
import { policyToColumns } from '../src/storage/codec.ts';
import { migrateToLatest } from '../src/storage/migrations.ts';
import { openDatabase, openSqliteDatabase } from '../src/storage/open.ts';
import { storeTokenSnapshots } from '../src/storage/repositories/token-snapshots.ts';
import type { Tables } from '../src/storage/tables.ts';

/** The number of users who own the seeded tokens. */
const OWNERS = 1000;
/** The number of users who are signed in and own nothing yet. */
export const NEWCOMERS = 5000;
const TOKENS_AT_ONCE = 5000;
const KEPT_AT_ONCE = 1000;
/** The number of Postern's connections. */
const POSTGRES_AT_ONCE = 10;
const YEAR = 365 * DAY;
const NO_RANDOMNESS = new Uint8Array(16);
const READ_AND_LIST = 'READ LIST';

/** The number of tokens that are used again and again, where not each one is used. */
export const TOKENS_IN_USE = 2000;

/** The number of tokens that derive from each token that has any. */
const DERIVED = 20;

/** The number of tokens with derived ones, whose list has a page. They have the first numbers. */
export function parentsAmong(tokens: number): number {
  return Math.floor(tokens / (5 * DERIVED));
}

/** The number of tokens without a parent. They have the numbers before all others. */
export function rootsAmong(tokens: number): number {
  return tokens - parentsAmong(tokens) * DERIVED;
}

/** What a database is filled with. */
export interface SeedPlan {
  readonly tokens: number;
  /** Whether every second token belongs to one user, and none derives from another. */
  readonly lopsided?: boolean;
}

/** The users of a lopsided database, by email. */
export const BIG_OWNER = 'user0@example.com';

type TableName =
  | 'users'
  | 'workspaces'
  | 'members'
  | 'sessions'
  | 'tokens'
  | 'token_ancestors'
  | 'token_secrets'
  | 'token_scopes';
export type Row<T extends TableName> = Insertable<Tables[T]>;
export type Insert = <T extends TableName>(table: T, rows: readonly Row<T>[]) => Promise<void> | void;

/** The owner of a token, and the token that it derives from. */
interface Holder {
  readonly owner: Row<'users'>;
  readonly parentId: string | null;
}

/** A number for the random bits of a secret: these need no protection, and their digests are spread evenly. */
function bitsOf(n: number): Uint8Array {
  const bits = Buffer.alloc(32);
  bits.writeUInt32BE(n, 28);
  return bits;
}

/** Ids in order, as the server makes them, without a million reads of the system's randomness. */
export function createIds(now: number): () => string {
  let seq = 0;
  return () => v7({ msecs: now, seq: seq++, random: NO_RANDOMNESS });
}

/** The secret of a seeded token, by its number, so that programs need no list of secrets. */
export function secretOf(n: number): string {
  return composeSecret('PERSONAL', bitsOf(n));
}

/** A session of a newcomer, by its number. */
export function sessionOf(n: number): string {
  return composeSecret('SESSION', bitsOf(n));
}

export function userRow(id: string, name: string, now: number): Row<'users'> {
  const email = `${name}@example.com`;
  const instants = { email_verified_at: now, created_at: now, deactivated_at: null };
  return { id, email, name, password_hash: '-', ...instants };
}

/** A workspace that all owners can read; without one, their tokens would be refused. */
async function fillWorkspace(
  insert: Insert,
  owners: readonly Row<'users'>[],
  id: string,
  now: number,
): Promise<void> {
  const policy = policyToColumns(DEFAULT_POLICY);
  await insert('workspaces', [{ id, name: 'Bench', slug: 'bench', created_at: now, ...policy }]);
  const members = owners.map((owner) => {
    const role = rankOf('VIEWER');
    return { workspace_id: id, user_id: owner.id, role, direct_role: role, given_role: role, joined_at: now };
  });
  await insert('members', members);
}

function sessionRow(id: string, userId: string, n: number, now: number): Row<'sessions'> {
  const digest = digestOf(sessionOf(n));
  const instants = { created_at: now, expires_at: now + YEAR, authenticated_at: now };
  return { id, user_id: userId, digest, ...instants, ip: null, user_agent: null };
}

function tokenRow(id: string, { owner, parentId }: Holder, n: number, createdAt: number): Row<'tokens'> {
  const name = `token ${n}`;
  const identifier = `${owner.email}_${n}`;
  return {
    id,
    kind: 'PERSONAL',
    owner_id: owner.id,
    workspace_id: null,
    created_by: owner.id,
    parent_id: parentId,
    identifier,
    name,
    name_folded: foldCase(name),
    description: null,
    search_text: foldCase([name, '', identifier].join('\n')),
    secret_preview: previewPart(secretOf(n)),
    access: 'SCOPED',
    role: null,
    created_at: createdAt,
    updated_at: createdAt,
    issued_at: createdAt,
    regenerated_at: null,
    expires_at: createdAt + YEAR,
    disabled_at: null,
    revoked_at: null,
  };
}

function scopeRows(newId: () => string, tokenId: string): Row<'token_scopes'>[] {
  return ['token', 'workspace'].map((entity_type) => ({
    id: newId(),
    token_id: tokenId,
    entity_type,
    entity_id: null,
    workspace_id: null,
    operations: READ_AND_LIST,
  }));
}

/** Returns the owner and parent of each token. Called with every token in order, because its parents come before it. */
function createHolders(owners: readonly Row<'users'>[], { tokens, lopsided = false }: SeedPlan) {
  const roots = lopsided ? tokens : rootsAmong(tokens);
  const parents = lopsided ? 0 : parentsAmong(tokens);
  const parentIds: string[] = [];
  const ownerOf = (n: number) => owners[lopsided && n % 2 === 0 ? 0 : n % OWNERS] as Row<'users'>;
  return (id: string, n: number): Holder => {
    if (n < parents) parentIds.push(id);
    if (n < roots) return { owner: ownerOf(n), parentId: null };
    const parent = (n - roots) % parents;
    return { owner: ownerOf(parent), parentId: parentIds[parent] as string };
  };
}

async function fillTokens(
  insert: Insert,
  rows: readonly Row<'tokens'>[],
  first: number,
  newId: () => string,
) {
  await insert('tokens', rows);
  const derived = rows.flatMap(({ id, parent_id }) =>
    parent_id == null ? [] : [{ token_id: id, ancestor_id: parent_id }],
  );
  if (derived.length > 0) await insert('token_ancestors', derived);
  const secrets = rows.map(({ id }, index) => {
    return { digest: digestOf(secretOf(first + index)), token_id: id, valid_until: null };
  });
  await insert('token_secrets', secrets);
  const scopes = rows.flatMap(({ id }) => scopeRows(newId, id));
  await insert('token_scopes', scopes);
}

/** Inserts everything: users, some of them signed in, and tokens with a secret and two scopes each. */
async function fill(insert: Insert, plan: SeedPlan): Promise<void> {
  const { tokens } = plan;
  const now = Date.now();
  const newId = createIds(now);
  const owners = Array.from({ length: OWNERS }, (_, n) => userRow(newId(), `user${n}`, now));
  const newcomers = Array.from({ length: NEWCOMERS }, (_, n) => userRow(newId(), `newcomer${n}`, now));
  await insert('users', [...owners, ...newcomers]);
  await fillWorkspace(insert, owners, newId(), now);
  const sessions = newcomers.map(({ id }, n) => sessionRow(newId(), id, n, now));
  await insert('sessions', sessions);
  const holderOf = createHolders(owners, plan);
  for (let first = 0; first < tokens; first += TOKENS_AT_ONCE) {
    const rows = Array.from({ length: Math.min(TOKENS_AT_ONCE, tokens - first) }, (_, index) => {
      const id = newId();
      const n = first + index;
      return tokenRow(id, holderOf(id, n), n, now - tokens + n);
    });
    await fillTokens(insert, rows, first, newId);
  }
}

/** Stores the snapshot of every token, as after its first use, with a number of concurrent calls. */
async function keepAll(tokens: number, atOnce: number, keep: (digests: string[]) => Promise<void>) {
  const limit = pLimit(atOnce);
  const firsts = Array.from({ length: Math.ceil(tokens / KEPT_AT_ONCE) }, (_, n) => n * KEPT_AT_ONCE);
  await limit.map(firsts, (first) => {
    const count = Math.min(KEPT_AT_ONCE, tokens - first);
    return keep(Array.from({ length: count }, (_, index) => digestOf(secretOf(first + index))));
  });
}

/** Fills a new SQLite file by any function. */
export async function fillSqlite(url: string, fillAll: (insert: Insert) => Promise<void>): Promise<void> {
  const handle = openSqliteDatabase(url);
  await migrateToLatest(handle);
  const { connection } = handle;
  // A loss while it is filled does not matter.
  connection.pragma('synchronous = OFF');
  connection.pragma('cache_size = -1000000');
  connection.exec('begin');
  await fillAll((table, rows) => {
    const columns = Object.keys(rows[0] ?? {});
    const statement = connection.prepare(
      `insert into ${table} (${columns}) values (${columns.map((column) => `@${column}`)})`,
    );
    for (const row of rows) statement.run(row);
  });
  connection.exec('commit');
  await handle.close();
}

/** Fills a new SQLite file. */
export async function seedSqlite(url: string, plan: SeedPlan): Promise<void> {
  await fillSqlite(url, (insert) => fill(insert, plan));
  const handle = openSqliteDatabase(url);
  await keepAll(plan.tokens, 1, (digests) => storeTokenSnapshots(handle.transact, digests));
  await handle.close();
}

/** Triggers run once a row and have nothing to do while the tables are filled. */
async function setTriggers(client: pg.Client, action: 'disable' | 'enable'): Promise<void> {
  const { rows } = await client.query<{ name: string }>(
    'select distinct tgrelid::regclass::text as name from pg_trigger where not tgisinternal',
  );
  for (const { name } of rows) await client.query(`alter table ${name} ${action} trigger user`);
}

/** What the triggers of `tokens` would have counted. */
const COUNTS = `insert into token_counts (holder_id, state, period, amount)
  select coalesce(owner_id, workspace_id) as holder, case when revoked_at is null then 'LIVE' else 'REVOKED' end as state,
    0, count(*) from tokens group by holder, state
  union all
  select coalesce(owner_id, workspace_id) as holder, 'DERIVED', 0, count(*)
    from tokens where parent_id is not null group by holder
  union all
  select coalesce(owner_id, workspace_id) as holder, label, expires_at / length as period, count(*)
    from tokens, (values ('EXPIRING_2H', 7200000), ('EXPIRING_5D', 432000000)) as periods(label, length)
    where revoked_at is null and expires_at is not null group by holder, label, period`;

/** What two other triggers of `tokens` would have written. */
const USES = `insert into credential_uses (credential_id, holder_id, at)
  select id, coalesce(owner_id, workspace_id), 0 from tokens`;

const PARENTS = 'update tokens set has_derived = 1 where id in (select parent_id from tokens)';

/** Fills a new PostgreSQL database by any function. Its triggers do not run. */
export async function fillPostgres(url: string, fillAll: (insert: Insert) => Promise<void>): Promise<void> {
  const handle = await openDatabase(url);
  await migrateToLatest(handle);
  await handle.close();
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await setTriggers(client, 'disable');
  await client.query('begin');
  await fillAll(async (table, rows) => {
    const columns = Object.keys(rows[0] ?? {}).join(', ');
    await client.query(
      `insert into ${table} (${columns}) select ${columns} from json_populate_recordset(null::${table}, $1)`,
      [JSON.stringify(rows)],
    );
  });
  await client.query(USES);
  await client.query(PARENTS);
  await client.query(COUNTS);
  await client.query('commit');
  await setTriggers(client, 'enable');
  // Does what autovacuum would do in a minute, during the measurement.
  await client.query('vacuum analyze');
  await client.end();
}

/** Fills a new PostgreSQL database. */
export async function seedPostgres(url: string, plan: SeedPlan): Promise<void> {
  await fillPostgres(url, (insert) => fill(insert, plan));
  const handle = await openDatabase(url);
  await keepAll(plan.tokens, POSTGRES_AT_ONCE, (digests) => storeTokenSnapshots(handle.transact, digests));
  await sql`vacuum analyze`.execute(handle.db);
  await handle.close();
}
