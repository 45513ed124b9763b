import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { decodeGlobalId } from '../../src/domain/global-id.ts';
import { clientConfig } from '../../src/storage/postgres/client-config.ts';
import { openPostgres } from '../../src/storage/postgres/connection.ts';
import { START, startTestApp, type TestApp } from '../support/app.ts';
import { runOn, siblingUrl } from '../support/postgres-server.ts';
import { createPersonalToken } from '../support/tokens.ts';

/** The number of keys of the only workspace. The planner takes each workspace to have as many. */
const KEYS = 20_000;
/** PostgreSQL plans a named statement again for each of the first five calls, and then for all calls or for none. */
const PLANNED_CALLS = 5;
const CALLS = 12;

const fill = (workspaceId: string) => [
  'set session_replication_role = replica',
  `insert into tokens (id, kind, workspace_id, identifier, name, name_folded, search_text, secret_preview, access, role,
      created_at, updated_at, issued_at, expires_at)
    select 'k' || n, 'WORKSPACE', '${workspaceId}', 'k' || n, 'k' || n, 'k' || n, 'a', 'a', 'ROLE', 1, ${START} + n, n,
      ${START} + n, ${START} + n + 300 * 86400000::bigint from generate_series(1, ${KEYS}) as n`,
  `insert into credential_uses (credential_id, holder_id, at)
    select id, workspace_id, created_at from tokens where workspace_id is not null`,
  `insert into token_counts (holder_id, state, period, amount) values ('${workspaceId}', 'LIVE', 0, ${KEYS})`,
  `insert into audit_events (id, at, action, workspace_id, target_id, detail)
    select 'a' || n, n, 'token.created', '${workspaceId}', 't' || n, '{}' from generate_series(1, ${KEYS}) as n`,
  'reset session_replication_role',
  'analyze',
];

let postern: TestApp;
let pool: pg.Pool;

beforeAll(async () => {
  const template = inject('postgresTemplate') as string;
  const original = new URL(template).pathname.slice(1);
  const name = `${original}_reuse_${randomUUID().slice(0, 8)}`;
  await runOn(siblingUrl(template, 'postgres'), `create database "${name}" template "${original}"`);
  const url = siblingUrl(template, name);
  // With few connections, one of them has enough calls.
  pool = new pg.Pool({ ...clientConfig(url), max: 2 });
  postern = await startTestApp({}, await openPostgres(url, pool));
  await runOn(url, ...fill(decodeGlobalId('Workspace', postern.workspaceId)));
}, 60_000);

afterAll(() => postern?.close());

/** The number of times that a connection planned a statement, and executed it. */
interface Statement {
  readonly text: string;
  readonly plans: number;
  readonly calls: number;
}

/** Returns the named statements of each connection. */
async function statements(): Promise<Statement[]> {
  const clients = await Promise.all(Array.from({ length: pool.totalCount }, () => pool.connect()));
  const found = await Promise.all(
    clients.map((client) =>
      client.query<Statement>(`select statement as text, custom_plans::int as plans,
        (custom_plans + generic_plans)::int as calls from pg_prepared_statements`),
    ),
  );
  for (const client of clients) client.release();
  return found.flatMap(({ rows }) => rows);
}

async function pageOf(connection: string) {
  const { data, errors } = await postern.post(
    `query ($id: ID!) { workspace(id: $id) { page: ${connection} { edges { cursor } } } }`,
    { id: postern.workspaceId },
    postern.owner.session,
  );
  expect(errors).toEqual([]);
  const { edges } = (data as { workspace: { page: { edges: { cursor: string }[] } } }).workspace.page;
  expect(edges).toHaveLength(20);
  return edges[9]?.cursor as string;
}

const LISTS: Record<string, (window: string) => string> = {
  'newest tokens': (window) => `tokens(${window})`,
  'tokens by name': (window) => `tokens(${window}, orderBy: { field: NAME, direction: ASC })`,
  'tokens by expiry': (window) => `tokens(${window}, orderBy: { field: EXPIRES_AT, direction: ASC })`,
  'tokens by last use': (window) => `tokens(${window}, orderBy: { field: LAST_USED_AT, direction: DESC })`,
  'audit events': (window) => `auditEvents(${window})`,
};

test.each(Object.entries(LISTS))('a list of many %s is not planned for each call', async (_, list) => {
  for (let n = 0; n < CALLS; n++) {
    const cursor = await pageOf(list('first: 20'));
    await pageOf(list(`first: 20, after: "${cursor}"`));
  }
  const sent = await statements();
  expect(sent.some(({ text, calls }) => text.includes('order by') && calls > PLANNED_CALLS)).toBe(true);
  expect(sent.filter(({ plans }) => plans > PLANNED_CALLS)).toEqual([]);
});

test('the statements of lookups and locks are not planned again for each call', async () => {
  const { id } = await createPersonalToken(postern, postern.owner.session);
  const disable = 'mutation ($id: ID!) { disableToken(input: { id: $id }) { token { id } } }';
  // Whichever of the two connections a call takes, one has half of the calls of a statement.
  for (let n = 0; n < 4 * PLANNED_CALLS; n++) await postern.post(disable, { id }, postern.owner.session);
  const isRepeated = ({ text, calls }: Statement) => text.includes('unnest') && calls >= 2 * PLANNED_CALLS;
  const repeated = (await statements()).filter(isRepeated);
  expect(repeated.length).toBeGreaterThan(1);
  expect(repeated.filter(({ plans }) => plans > PLANNED_CALLS)).toEqual([]);
});

test('the statements that create a token are not planned again for each call', async () => {
  for (let n = 0; n < 4 * PLANNED_CALLS; n++) await createPersonalToken(postern, postern.owner.session);
  const inserts = (await statements()).filter(({ text }) => text.startsWith('insert into'));
  const isRepeated = ({ calls }: Statement) => calls >= 2 * PLANNED_CALLS;
  for (const table of ['tokens', 'token_secrets', 'audit_events']) {
    const found = inserts.filter((insert) => isRepeated(insert) && insert.text.includes(`into "${table}"`));
    expect(found, table).not.toEqual([]);
  }
  expect(inserts.filter(({ plans }) => plans > PLANNED_CALLS)).toEqual([]);
});
