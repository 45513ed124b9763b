import type { Insertable } from 'kysely';
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

/** How many people own the tokens that are seeded. */
const OWNERS = 1000;
/** How many people are signed in, and own nothing yet. */
export const NEWCOMERS = 5000;
const TOKENS_AT_ONCE = 5000;
const KEPT_AT_ONCE = 1000;
/** As many as Postern has connections. */
const POSTGRES_AT_ONCE = 10;
const YEAR = 365 * DAY;
const NO_RANDOMNESS = new Uint8Array(16);
const READ_AND_LIST = 'READ LIST';

/** How many tokens derive from each of those that have any. */
const DERIVED = 20;

/** How many of so many tokens have derived ones: with those, they have a page to list. Theirs are the first numbers. */
export function parentsAmong(tokens: number): number {
  return Math.floor(tokens / (5 * DERIVED));
}

/** How many of so many tokens derive from nothing. Theirs are the numbers before all others. */
export function rootsAmong(tokens: number): number {
  return tokens - parentsAmong(tokens) * DERIVED;
}

/** What a database is filled with. */
export interface SeedPlan {
  readonly tokens: number;
  /** Whether every second token belongs to one person, and none derives from another. */
  readonly lopsided?: boolean;
}

/** Who owns how much in a lopsided database, by email. */
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
type Row<T extends TableName> = Insertable<Tables[T]>;
type Insert = <T extends TableName>(table: T, rows: readonly Row<T>[]) => Promise<void> | void;

/** Who a token belongs to, and which it derives from. */
interface Holder {
  readonly owner: Row<'users'>;
  readonly parentId: string | null;
}

/** A number where a secret has its random bits: nobody has to guess these, and their digests scatter all the same. */
function bitsOf(n: number): Uint8Array {
  const bits = Buffer.alloc(32);
  bits.writeUInt32BE(n, 28);
  return bits;
}

/** Ids in order, as the server makes them, without asking the system for randomness a million times. */
function createIds(now: number): () => string {
  let seq = 0;
  return () => v7({ msecs: now, seq: seq++, random: NO_RANDOMNESS });
}

/** The secret of a seeded token, by its number: no program needs a list of them from another. */
export function secretOf(n: number): string {
  return composeSecret('PERSONAL', bitsOf(n));
}

/** A session of a newcomer, by its number. */
export function sessionOf(n: number): string {
  return composeSecret('SESSION', bitsOf(n));
}

function userRow(id: string, name: string, now: number): Row<'users'> {
  const email = `${name}@example.com`;
  return { id, email, name, password_hash: '-', created_at: now, deactivated_at: null };
}

/** A workspace that all owners may read: without one, their tokens would be refused. */
async function fillWorkspace(
  insert: Insert,
  owners: readonly Row<'users'>[],
  id: string,
  now: number,
): Promise<void> {
  const policy = policyToColumns(DEFAULT_POLICY);
  await insert('workspaces', [{ id, name: 'Bench', slug: 'bench', created_at: now, ...policy }]);
  const members = owners.map((owner) => {
    return { workspace_id: id, user_id: owner.id, role: rankOf('VIEWER'), joined_at: now };
  });
  await insert('members', members);
}

function sessionRow(id: string, userId: string, n: number, now: number): Row<'sessions'> {
  const digest = digestOf(sessionOf(n));
  const instants = { created_at: now, expires_at: now + YEAR };
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

/** Tells whose each token is. Told of every token in order, as its parents come before it. */
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

/** Inserts everything: people, some of them signed in, and tokens with a secret and two scopes each. */
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

/** Has every token kept as one row to decide on, as it is once it has been used; so many calls go on at once. */
async function keepAll(tokens: number, atOnce: number, keep: (digests: string[]) => Promise<void>) {
  const limit = pLimit(atOnce);
  const firsts = Array.from({ length: Math.ceil(tokens / KEPT_AT_ONCE) }, (_, n) => n * KEPT_AT_ONCE);
  await limit.map(firsts, (first) => {
    const count = Math.min(KEPT_AT_ONCE, tokens - first);
    return keep(Array.from({ length: count }, (_, index) => digestOf(secretOf(first + index))));
  });
}

/** Fills a new SQLite file. */
export async function seedSqlite(url: string, plan: SeedPlan): Promise<void> {
  const handle = openSqliteDatabase(url);
  await migrateToLatest(handle);
  const { connection } = handle;
  // While it is filled, nobody minds if it is lost.
  connection.pragma('synchronous = OFF');
  connection.pragma('cache_size = -1000000');
  connection.exec('begin');
  await fill((table, rows) => {
    const columns = Object.keys(rows[0] ?? {});
    const statement = connection.prepare(
      `insert into ${table} (${columns}) values (${columns.map((column) => `@${column}`)})`,
    );
    for (const row of rows) statement.run(row);
  }, plan);
  connection.exec('commit');
  await keepAll(plan.tokens, 1, (digests) => handle.transact((tx) => storeTokenSnapshots(tx, digests)));
  await handle.close();
}

/** Triggers run once a row: while the tables are filled, there is nothing for them to do but take their time. */
async function setTriggers(client: pg.Client, action: 'disable' | 'enable'): Promise<void> {
  const { rows } = await client.query<{ name: string }>(
    'select distinct tgrelid::regclass::text as name from pg_trigger where not tgisinternal',
  );
  for (const { name } of rows) await client.query(`alter table ${name} ${action} trigger user`);
}

/** Fills a new PostgreSQL database. */
export async function seedPostgres(url: string, plan: SeedPlan): Promise<void> {
  const handle = await openDatabase(url);
  await migrateToLatest(handle);
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await setTriggers(client, 'disable');
  await client.query('begin');
  await fill(async (table, rows) => {
    const columns = Object.keys(rows[0] ?? {}).join(', ');
    await client.query(
      `insert into ${table} (${columns}) select ${columns} from json_populate_recordset(null::${table}, $1)`,
      [JSON.stringify(rows)],
    );
  }, plan);
  await client.query('commit');
  await keepAll(plan.tokens, POSTGRES_AT_ONCE, (digests) => storeTokenSnapshots(handle.db, digests));
  await handle.close();
  await setTriggers(client, 'enable');
  // What autovacuum would do in a minute, and in the middle of the measuring.
  await client.query('vacuum analyze');
  await client.end();
}
