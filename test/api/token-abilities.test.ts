import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Person, startTestApp, type TestApp } from '../support/app.ts';
import { createChannel, mutate } from '../support/channels.ts';
import { createPersonalToken, createWorkspaceToken } from '../support/tokens.ts';
import { verify } from '../support/verify.ts';

let postern: TestApp;
let owner: string;
let workspaceId: string;
let member: Person;

beforeEach(async () => {
  postern = await startTestApp();
  owner = postern.owner.session;
  workspaceId = postern.workspaceId;
  member = await postern.person('Member', 'TEAM_MEMBER');
  await register('READ', 'REFUND');
});

afterEach(() => postern.close());

async function register(...names: string[]) {
  const operations = names.map((name) => ({ name, role: 'VIEWER' }));
  await mutate(
    postern,
    'registerEntityType',
    { workspaceId, name: 'invoice', operations },
    owner,
    '__typename',
  );
}

const DECISION = 'allowed reason required';
const invoice = (operation: string, entityId: string | null) => ({
  operation,
  entityType: 'invoice',
  workspaceId,
  entityId,
});

function checksFor(channelId: string): object[] {
  return [
    ...['acme/1', 'acme', '*', 'acme/../1', null].flatMap((id) => [
      invoice('READ', id),
      invoice('REFUND', id),
    ]),
    ...['READ', 'PUBLISH', 'DELETE'].map((operation) => ({
      operation,
      entityType: 'channel',
      entityId: channelId,
    })),
    { operation: 'LIST', entityType: 'workspace' },
    { operation: 'CREATE', entityType: 'channel', workspaceId },
    { operation: 'READ', entityType: 'token' },
  ];
}

async function abilitiesOf(id: string, checks: readonly object[], by: string) {
  const query = `query ($id: ID!, $checks: [CheckInput!]!) { token(id: $id) { abilities(checks: $checks) { ${DECISION} } } }`;
  return postern.post(query, { id, checks }, by);
}

async function restrictionsOf(id: string, by: string) {
  const fields = 'workspaceId workspace { id } reason entityType operations';
  const { data } = await postern.post(`{ token(id: "${id}") { restrictions { ${fields} } } }`, {}, by);
  return data.token.restrictions;
}

const SCOPES = (scope: object = {}) => ({
  access: 'SCOPED',
  scopes: [
    { entityType: 'invoice', workspaceId, operations: ['READ', 'REFUND'], entityPattern: 'acme/*', ...scope },
    { entityType: 'channel', operations: ['READ'] },
    { entityType: 'token', operations: ['READ', 'CREATE'] },
  ],
});

test('the owner is answered what canAll answers the token itself', async () => {
  const channelId = await createChannel(postern);
  const checks = checksFor(channelId);
  const parent = await createPersonalToken(postern, member.session, SCOPES());
  const child = await createPersonalToken(postern, parent.secret, SCOPES({ entityPattern: 'acme/1/*' }));
  const full = await createPersonalToken(postern, member.session);
  const low = await createWorkspaceToken(postern, 'VIEWER');
  let allowed = 0;
  for (const [token, by] of [
    [parent, member.session],
    [child, member.session],
    [child, parent.secret],
    [full, member.session],
    [low, owner],
  ] as const) {
    const query = `query ($checks: [CheckInput!]!) { viewer { canAll(checks: $checks) { ${DECISION} } } }`;
    const { data: own } = await postern.post(query, { checks }, token.secret);
    const { data } = await abilitiesOf(token.id, checks, by);
    expect(data.token.abilities).toEqual(own.viewer.canAll);
    allowed += data.token.abilities.filter((each: { allowed: boolean }) => each.allowed).length;
  }
  expect(allowed).toBeGreaterThan(15);
});

test('a token that is refused is able to do nothing, and the decisions say why', async () => {
  const checks = [invoice('READ', 'acme/1')];
  const { id } = await createPersonalToken(postern, member.session, SCOPES());
  const reasonOf = async () => (await abilitiesOf(id, checks, member.session)).data.token.abilities;
  const refused = (reason: string) => [{ allowed: false, reason, required: null }];
  await mutate(postern, 'updateToken', { id, access: 'NONE' }, member.session, '__typename');
  expect(await reasonOf()).toEqual(refused('TOKEN_NO_ACCESS'));
  await mutate(postern, 'disableToken', { id }, member.session, '__typename');
  expect(await reasonOf()).toEqual(refused('TOKEN_DISABLED'));
  await mutate(postern, 'revokeToken', { id }, member.session, '__typename');
  expect(await reasonOf()).toEqual(refused('TOKEN_REVOKED'));
});

test('a token whose uses are spent is able to do nothing', async () => {
  const token = await createPersonalToken(postern, member.session, { ...SCOPES(), limits: { uses: 1 } });
  const checks = [invoice('READ', 'acme/1')];
  const [before] = (await abilitiesOf(token.id, checks, member.session)).data.token.abilities;
  expect(before.allowed).toBe(true);
  const query = { operation: 'read', entityType: 'invoice', entityId: 'acme/1', workspaceId };
  expect((await verify(postern, token.secret, query)).status).toBe(204);
  const [after] = (await abilitiesOf(token.id, checks, member.session)).data.token.abilities;
  expect(after).toEqual({ allowed: false, reason: 'TOKEN_USED_UP', required: null });
});

test('asking is no use of the token, and does not end an overlap', async () => {
  const token = await createPersonalToken(postern, member.session, SCOPES());
  await mutate(postern, 'regenerateToken', { id: token.id, overlap: 'PT1H' }, member.session, '__typename');
  await abilitiesOf(token.id, [invoice('READ', 'acme/1')], member.session);
  const { data } = await postern.post(`{ token(id: "${token.id}") { lastUsedAt } }`, {}, member.session);
  expect(data.token.lastUsedAt).toBeNull();
  expect((await postern.post('{ viewer { kind } }', {}, token.secret)).errors).toEqual([]);
});

test('checks are charged to the budget, and 100 at most', async () => {
  const { id } = await createPersonalToken(postern, member.session);
  const check = invoice('READ', null);
  const tooMany = await abilitiesOf(id, Array(101).fill(check), member.session);
  expect(tooMany.errors[0]?.extensions).toMatchObject({
    code: 'BAD_USER_INPUT',
    issues: [{ path: ['checks'] }],
  });
  const many = Array.from({ length: 20 }, (_, index) => `a${index}: abilities(checks: $checks) { allowed }`);
  const query = `query ($id: ID!, $checks: [CheckInput!]!) { token(id: $id) { ${many.join(' ')} } }`;
  const { errors } = await postern.post(query, { id, checks: Array(100).fill(check) }, member.session);
  expect(['LIMIT_REACHED', 'QUERY_TOO_COMPLEX']).toContain(errors[0]?.extensions.code);
});

test('the key of a customer learns its own abilities, and nothing about the token that issued it', async () => {
  const maker = await createWorkspaceToken(postern, 'WORKSPACE_MANAGER');
  const input = {
    ...{ workspaceId, name: 'key', role: 'TEAM_MEMBER', access: 'SCOPED', subject: 'acme' },
    scopes: [{ entityType: 'invoice', operations: ['READ'], entityPattern: 'acme/*' }],
  };
  const { data } = await mutate(postern, 'createWorkspaceToken', input, maker.secret, 'secret token { id }');
  const { secret, token } = data.createWorkspaceToken;
  const checks = [invoice('READ', 'acme/1'), invoice('REFUND', 'acme/1'), invoice('READ', 'other/1')];
  const fields = 'abilities(checks: $checks) { allowed } restrictions { reason }';
  const query = `query ($checks: [CheckInput!]!) { viewer { token { ${fields} issuedBy { ${fields} } } } }`;
  const own = (await postern.post(query, { checks }, secret)).data.viewer.token;
  expect(own.abilities.map((each: { allowed: boolean }) => each.allowed)).toEqual([true, false, false]);
  expect(own.restrictions).toEqual([]);
  expect(own.issuedBy?.abilities ?? null).toBeNull();
  expect(own.issuedBy?.restrictions ?? null).toBeNull();
  const byMaker = await abilitiesOf(token.id, checks, maker.secret);
  expect(byMaker.data.token.abilities).toEqual(
    (await abilitiesOf(token.id, checks, owner)).data.token.abilities,
  );
  await register('LIST');
  const gone = { workspaceId, reason: 'OPERATION_GONE', entityType: 'invoice', operations: ['READ'] };
  expect(await restrictionsOf(token.id, owner)).toEqual([{ ...gone, workspace: { id: workspaceId } }]);
  expect(await restrictionsOf(token.id, maker.secret)).toEqual([{ ...gone, workspace: null }]);
});

test('restrictions name the workspaces whose policy closes them, and operations that are no longer declared', async () => {
  const other = await postern.workspace('Other', [
    [member, 'TEAM_MEMBER'],
    [postern.owner, 'OWNER'],
  ]);
  const there = await createChannel(postern, { workspaceId: other });
  const full = await createPersonalToken(postern, member.session);
  const scoped = await createPersonalToken(postern, member.session, SCOPES());
  const scopes = [{ entityType: 'channel', entityId: there, operations: ['READ'] }];
  const elsewhere = await createPersonalToken(postern, member.session, { access: 'SCOPED', scopes });
  const none = await createPersonalToken(postern, member.session, { access: 'NONE' });
  for (const { id } of [full, scoped, elsewhere, none]) {
    expect(await restrictionsOf(id, member.session)).toEqual([]);
  }
  await register('READ');
  const gone = { workspaceId, reason: 'OPERATION_GONE', entityType: 'invoice', operations: ['REFUND'] };
  expect(await restrictionsOf(scoped.id, member.session)).toEqual([
    { ...gone, workspace: { id: workspaceId } },
  ]);
  for (const id of [workspaceId, other]) {
    const policy = { workspaceId: id, personalTokens: 'FORBIDDEN' };
    await mutate(postern, 'updateTokenPolicy', policy, owner, '__typename');
  }
  const closed = (id: string, workspace: object | null = { id }) => ({
    ...{ workspaceId: id, workspace, reason: 'POLICY', entityType: null, operations: null },
  });
  expect(await restrictionsOf(full.id, member.session)).toEqual([closed(workspaceId), closed(other)]);
  expect(await restrictionsOf(elsewhere.id, member.session)).toEqual([closed(other)]);
  expect(await restrictionsOf(none.id, member.session)).toEqual([]);
  expect(await restrictionsOf(scoped.id, scoped.secret)).toEqual([
    closed(workspaceId, null),
    { ...gone, workspace: null },
  ]);
});
