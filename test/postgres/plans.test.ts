import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { decodeGlobalId } from '../../src/domain/global-id.ts';
import { openPool, openPostgres } from '../../src/storage/postgres/connection.ts';
import { START, startTestApp, type TestApp } from '../support/app.ts';
import { createChannel, publish } from '../support/channels.ts';
import { runOn, siblingUrl } from '../support/postgres-server.ts';
import { createPersonalToken, createWorkspaceToken } from '../support/tokens.ts';
import { verify } from '../support/verify.ts';

/** The number of keys of one workspace. */
const KEYS = 100_000;

/** Fills the tables that grow, so that the plans are those of a database in use. */
const fill = (bigWorkspace: string) => [
  'set session_replication_role = replica',
  `insert into users (id, email, name, password_hash, created_at)
    select 'u' || n, n || '@example.com', 'a', 'none', n from generate_series(1, 2000) as n`,
  `insert into sessions (id, user_id, digest, created_at, expires_at, authenticated_at)
    select 's' || n, 'u' || (n % 2000 + 1), 's' || n, n, 9e15, n from generate_series(1, 5000) as n`,
  `insert into workspaces (id, name, slug, created_at, created_by, personal_tokens, require_expiry, token_roles)
    select 'w' || n, 'a', 'w' || n, n, 'u' || n, 'ALLOWED', 0, 31 from generate_series(1, 2000) as n`,
  `insert into members (workspace_id, user_id, role, direct_role, given_role, joined_at)
    select 'w' || n, 'u' || ((n + m * 7) % 2000 + 1), m, m, m, n from generate_series(1, 2000) as n, generate_series(0, 4) as m`,
  `insert into member_grants (workspace_id, user_id, granter_id, token_id, role)
    select workspace_id, user_id, 'w' || joined_at, 'w' || joined_at, role from members`,
  `insert into tokens (id, kind, owner_id, identifier, name, name_folded, search_text, secret_preview, access, created_at,
      updated_at, issued_at, expires_at)
    select 'p' || n, 'PERSONAL', 'u' || (n % 2000 + 1), 'p' || n, 'a', 'a', 'a', 'a', 'FULL', n, n, n, 9e15
    from generate_series(1, 6000) as n`,
  `insert into tokens (id, kind, workspace_id, identifier, name, name_folded, search_text, secret_preview, access, role,
      created_at, updated_at, issued_at, expires_at)
    select 'w' || n, 'WORKSPACE', 'w' || (n % 2000 + 1), 'w' || n, 'a', 'a', 'a', 'a', 'ROLE', 1, n, n, n, 9e15
    from generate_series(1, 5000) as n`,
  `insert into token_ancestors (token_id, ancestor_id)
    select 'p' || n, 'p' || (n % 100 + 1) from generate_series(1001, 6000) as n`,
  `insert into token_scopes (id, token_id, entity_type, operations)
    select 'c' || n, 'p' || n, 'channel', 'READ' from generate_series(1, 20000) as n`,
  "insert into token_secrets (digest, token_id) select 'd' || id, id from tokens",
  `insert into token_snapshots (digest, token_id, user_id, ancestor_count, content)
    select 'd' || id, id, owner_id, 0, '[]' from tokens`,
  `insert into credential_uses (credential_id, holder_id, at)
    select id, coalesce(owner_id, workspace_id), 1 from tokens`,
  `insert into channels (id, workspace_id, name, last_sequence, created_at, updated_at)
    select 'c' || n, 'w' || (n % 2000 + 1), 'a', 10, n, n from generate_series(1, 5000) as n`,
  `insert into channel_shares (channel_id, user_id, granter_id, granted_by, operation)
    select 'c' || (n % 5000 + 1), 'u' || (n % 2000 + 1), 'u' || (n % 1999 + 1), 'u' || (n % 1999 + 1), 'READ'
    from generate_series(1, 20000) as n`,
  `insert into messages (id, channel_id, sequence, payload, published_at)
    select 'm' || n, 'c' || (n % 5000 + 1), n / 5000 + 1, '{}', n from generate_series(1, 20000) as n`,
  `insert into audit_events (id, at, action, user_id, workspace_id, target_id, detail)
    select 'a' || n, n, 'token.created', 'u' || (n % 2000 + 1), 'w' || (n % 2000 + 1), 't' || n, '{}'
    from generate_series(1, 40000) as n`,
  "insert into attempt_counters (key, attempts, resets_at) select 'k' || n, 1, 9e15 from generate_series(1, 5000) as n",
  `insert into tokens (id, kind, workspace_id, identifier, name, name_folded, search_text, secret_preview, access, role,
      created_at, updated_at, issued_at, expires_at)
    select 'k' || n, 'WORKSPACE', '${bigWorkspace}', 'k' || n, 'a', 'a', 'a', 'a', 'ROLE', 1, n, n, ${START} + n,
      ${START} + n + 300 * 86400000::bigint + n * 7919 % 1000 * 60000 from generate_series(1, ${KEYS}) as n`,
  `insert into token_counts (holder_id, state, period, amount) values ('${bigWorkspace}', 'LIVE', 0, ${KEYS})`,
  'reset session_replication_role',
  'analyze',
];

const BIG =
  `users sessions workspaces members member_grants tokens token_ancestors token_scopes token_secrets token_snapshots
  credential_uses channels channel_shares messages audit_events attempt_counters`.split(/\s+/);

interface PlanNode {
  readonly 'Node Type': string;
  readonly 'Relation Name'?: string;
  readonly Plans?: readonly PlanNode[];
}

let postern: TestApp;
/** The id of a workspace with many keys. */
let big: string;
let admin: pg.Client;
/** The parameters of each statement that the server has sent, by its text. */
const statements = new Map<string, unknown[]>();

/** Records each statement with parameters that a connection sends. */
function record(client: pg.PoolClient): void {
  const send = client.query.bind(client) as (...args: unknown[]) => unknown;
  client.query = ((...args: unknown[]) => {
    const [config] = args as [{ text?: string; values?: unknown[] }];
    if (config.text && config.values) statements.set(config.text, config.values);
    return send(...args);
  }) as typeof client.query;
}

beforeAll(async () => {
  const template = inject('postgresTemplate') as string;
  const original = new URL(template).pathname.slice(1);
  const name = `${original}_plans_${randomUUID().slice(0, 8)}`;
  await runOn(siblingUrl(template, 'postgres'), `create database "${name}" template "${original}"`);
  const url = siblingUrl(template, name);
  const pool = openPool(url);
  pool.on('connect', record);
  postern = await startTestApp({}, await openPostgres(url, pool));
  big = await postern.workspace('big', [[postern.owner, 'OWNER']]);
  await runOn(url, ...fill(decodeGlobalId('Workspace', big)));
  admin = new pg.Client({ connectionString: url });
  await admin.connect();
}, 60_000);

afterAll(async () => {
  await admin?.end();
  await postern?.close();
});

/** Returns the big tables that a plan reads from beginning to end. */
function scanned(node: PlanNode): string[] {
  const table = node['Relation Name'] ?? '';
  const own = node['Node Type'].endsWith('Seq Scan') && BIG.includes(table) ? [table] : [];
  return [...own, ...(node.Plans ?? []).flatMap(scanned)];
}

/** Returns the tables that the statements of a call read from beginning to end, with the statements. */
async function scansOf(call: () => Promise<unknown>): Promise<string[]> {
  statements.clear();
  await call();
  const found: string[] = [];
  for (const [text, values] of statements) {
    if (!/^(?:with|select|insert|update|delete)\b/i.test(text.trim())) continue;
    const { rows } = await admin.query(`explain (format json) ${text}`, values);
    const [{ Plan: plan }] = rows[0]['QUERY PLAN'] as [{ Plan: PlanNode }];
    for (const table of scanned(plan)) found.push(`${table}: ${text}`);
  }
  expect(statements.size).toBeGreaterThan(0);
  return found;
}

async function call(query: string, variables: object = {}, secret: string = postern.owner.session) {
  const { errors, data } = await postern.post(query, variables, secret);
  expect(errors).toEqual([]);
  return data;
}

const personal = () => createPersonalToken(postern, postern.owner.session);
const change = (field: string) => async () => {
  const { id } = await personal();
  await call(`mutation ($id: ID!) { ${field} }`, { id });
};

const IMPACT = `query ($id: ID!, $maxLifetime: Duration, $personalTokens: PersonalTokenPolicy) { workspace(id: $id) {
  tokenPolicyImpact(maxLifetime: $maxLifetime, personalTokens: $personalTokens) { isComplete workspaceTokens { id } }
} }`;

const CALLS: Record<string, () => Promise<unknown>> = {
  createToken: personal,
  createWorkspaceToken: () => createWorkspaceToken(postern, 'TEAM_MEMBER'),
  disableToken: change('disableToken(input: { id: $id }) { token { id } }'),
  regenerateToken: change('regenerateToken(input: { id: $id }) { secret }'),
  revokeToken: change('revokeToken(input: { id: $id }) { token { id } }'),
  'revokeToken with takeBack': async () => {
    const { id, secret } = await createWorkspaceToken(postern, 'ADMINISTRATOR');
    const { id: userId } = await postern.person('Raised', 'VIEWER');
    const role = 'workspaceId: $workspaceId, userId: $userId, role: TEAM_MEMBER';
    const variables = { workspaceId: postern.workspaceId, userId };
    await call(
      `mutation ($workspaceId: ID!, $userId: ID!) { updateMemberRole(input: { ${role} }) { __typename } }`,
      variables,
      secret,
    );
    await call('mutation ($id: ID!) { revokeToken(input: { id: $id, takeBack: true }) { __typename } }', {
      id,
    });
  },
  deleteToken: change('deleteToken(input: { id: $id }) { deletedTokenId }'),
  '/verify of a derived token': async () => {
    const scopes = [
      { entityType: 'token', operations: ['CREATE'] },
      { entityType: 'workspace', operations: ['READ'] },
    ];
    const parent = await createPersonalToken(postern, postern.owner.session, { access: 'SCOPED', scopes });
    const child = await createPersonalToken(postern, parent.secret, { access: 'SCOPED', scopes });
    const check = { operation: 'READ', entityType: 'workspace', entityId: postern.workspaceId };
    expect((await verify(postern, child.secret, check)).status).toBe(204);
  },
  'a page of tokens': () =>
    call('{ tokens(first: 20) { totalCount edges { node { id scopes { id } lastUsedAt } } } }'),
  'a page of tokens by name': () =>
    call('{ tokens(first: 20, orderBy: { field: NAME, direction: ASC }) { edges { node { id } } } }'),
  'a page of tokens by last use': () =>
    call('{ tokens(first: 20, orderBy: { field: LAST_USED_AT, direction: DESC }) { nodes { id } } }'),
  'lists of tokens with filters': () =>
    call(`{
      a: tokens(filter: { access: [NONE] }) { totalCount nodes { id } }
      b: tokens(filter: { status: [USED_UP, EXPIRED, DISABLED] }) { totalCount nodes { id } }
      c: tokens(filter: { expiresBefore: "2000-01-01T00:00:00Z" }) { totalCount nodes { id } }
      d: tokens(filter: { unusedSince: "1960-01-01T00:00:00Z" }) { totalCount nodes { id } }
      e: tokens(filter: { search: "absent" }) { totalCount nodes { id } }
    }`),
  'the summary of all tokens': () => call('{ tokenSummary { total active expiringSoon } }'),
  'a list of tokens that is read in chunks': () =>
    call(
      `{ tokens(filter: { access: [FULL], search: "a", expiresBefore: "9999-01-01T00:00:00Z" }) { totalCount nodes { id } } }`,
    ),
  'an access check in all workspaces': () =>
    call('{ viewer { can(operation: "DELETE", entityType: "document") { allowed } } }'),
  "a page of a workspace's tokens": () =>
    call(
      'query ($id: ID!) { workspace(id: $id) { tokens(first: 20) { edges { node { id } } } tokenSummary { total } } }',
      {
        id: postern.workspaceId,
      },
    ),
  'a page of an audit log': () =>
    call('query ($id: ID!) { workspace(id: $id) { auditEvents(first: 20) { edges { node { id } } } } }', {
      id: postern.workspaceId,
    }),
  'a page of an audit log, of some actions': () =>
    call(
      `query ($id: ID!) { workspace(id: $id) {
        auditEvents(filter: { actions: ["user.created", "token.deleted"] }) { totalCount nodes { id } } } }`,
      { id: postern.workspaceId },
    ),
  'lists of many keys without a hit': () =>
    call(
      `query ($id: ID!) { workspace(id: $id) {
        a: tokens(filter: { status: [EXPIRED] }) { totalCount nodes { id } }
        b: tokens(filter: { expiresBefore: "2000-01-01T00:00:00Z" }) { totalCount nodes { id } }
        c: tokens(filter: { search: "absent" }) { totalCount nodes { id } }
      } }`,
      { id: big },
    ),
  'what a shorter lifetime would cut off of many keys': () => call(IMPACT, { id: big, maxLifetime: 'P301D' }),
  'what a lifetime that no key has would cut off': () => call(IMPACT, { id: big, maxLifetime: 'P1D' }),
  'what a policy without personal tokens would cut off': () =>
    call(IMPACT, { id: big, personalTokens: 'FORBIDDEN' }),
  inviteMember: () =>
    call('mutation ($input: InviteMemberInput!) { inviteMember(input: $input) { invitation { id } } }', {
      input: { workspaceId: postern.workspaceId, email: 'guest@example.com', role: 'VIEWER' },
    }),
  deleteAllTokens: async () => {
    await personal();
    await call('mutation { deleteAllTokens { deletedCount } }');
  },
  signIn: () => postern.signIn(postern.owner.email),
  publishMessage: async () => {
    const channelId = await createChannel(postern);
    await publish(postern, channelId, 'a');
  },
};

test.each(Object.entries(CALLS))('%s reads no big table from beginning to end', async (_, each) => {
  expect(await scansOf(each)).toEqual([]);
});

test('the plan of a statement without an index is found', async () => {
  const { db } = postern.database;
  const search = db.selectFrom('tokens').selectAll().where('name', '=', 'b');
  expect(await scansOf(() => search.execute())).toHaveLength(1);
});
