import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Operation } from '../../src/domain/scopes.ts';
import { type Person, startTestApp, type TestApp } from '../support/app.ts';
import { createChannel, mutate, share } from '../support/channels.ts';
import { refusalsBelow, refusalsFor } from '../support/role-gate.ts';
import { createPersonalToken, createWorkspaceToken } from '../support/tokens.ts';

let postern: TestApp;
let owner: string;
let workspaceId: string;
let member: Person;

beforeEach(async () => {
  postern = await startTestApp();
  owner = postern.owner.session;
  workspaceId = postern.workspaceId;
  member = await postern.person('Member', 'TEAM_MEMBER');
});

afterEach(() => postern.close());

function register(input: object, by: string | null = owner) {
  const declared = { workspaceId, name: 'pipeline', operations: ['READ', 'PUBLISH'], ...input };
  return mutate(postern, 'registerEntityType', declared, by, 'entityType { name description operations }');
}

function unregister(name: string, by: string | null = owner) {
  return mutate(postern, 'unregisterEntityType', { workspaceId, name }, by, 'unregisteredName');
}

async function types(by: string = owner) {
  const query = `{ workspace(id: "${workspaceId}") { entityTypes { name description operations } } }`;
  return (await postern.post(query, {}, by)).data.workspace.entityTypes;
}

/** Returns the reason with which viewer.can denies an operation on a pipeline; `null` if it is allowed. */
async function obstacle(
  secret: string,
  operation: Operation,
  where: { entityId?: string; workspaceId?: string } = { entityId: 'acme/site' },
): Promise<string | null> {
  const checks = [{ operation, entityType: 'pipeline', ...where }];
  const query = 'query ($checks: [CheckInput!]!) { viewer { canAll(checks: $checks) { allowed reason } } }';
  const [decision] = (await postern.post(query, { checks }, secret)).data.viewer.canAll;
  expect(decision.allowed).toBe(decision.reason === null);
  return decision.reason;
}

function scopedToken(scope: object, by: string = member.session) {
  const scopes = [{ entityType: 'pipeline', operations: ['PUBLISH'], ...scope }];
  return mutate(
    postern,
    'createToken',
    { name: 't', access: 'SCOPED', scopes },
    by,
    'secret token { id scopes { entityType entityId operations } }',
  );
}

test('a type is registered, registered again and unregistered', async () => {
  const first = { name: 'pipeline', description: 'What builds', operations: ['READ', 'PUBLISH'] };
  const made = await register({ description: 'What builds', operations: ['PUBLISH', 'READ', 'READ'] });
  expect(made.data.registerEntityType.entityType).toEqual(first);
  await register({ name: 'archive', operations: ['LIST'] });
  const archive = { name: 'archive', description: null, operations: ['LIST'] };
  expect(await types(member.session)).toEqual([archive, first]);

  await register({ operations: ['DELETE'] });
  const second = { name: 'pipeline', description: null, operations: ['DELETE'] };
  expect(await types()).toEqual([archive, second]);

  expect((await unregister('pipeline')).data.unregisterEntityType.unregisteredName).toBe('pipeline');
  expect(await types()).toEqual([archive]);
  expect((await unregister('pipeline')).code).toBe('NOT_FOUND');
});

test.each([
  ['a built-in name', { name: 'channel' }, ['input', 'name']],
  ['no operations', { operations: [] }, ['input', 'operations']],
  ['a description that is too long', { description: 'x'.repeat(501) }, ['input', 'description']],
])('%s registers no type', async (_what, input, path) => {
  const { errors } = await register(input);
  expect(errors).toMatchObject([{ extensions: { code: 'BAD_USER_INPUT', issues: [{ path }] } }]);
  expect(await types()).toEqual([]);
});

test('a name that is not a slug registers no type', async () => {
  for (const name of ['', 'Pipeline', '1st', 'a b', 'x'.repeat(51)]) {
    expect((await register({ name })).code).toBe('BAD_VARIABLES');
  }
});

test('registering a type requires an Administrator', async () => {
  expect(await refusalsBelow(postern, 'ADMINISTRATOR', (secret) => register({}, secret))).toEqual(
    refusalsFor('ADMINISTRATOR'),
  );
});

test('unregistering a type requires an Administrator', async () => {
  expect(await refusalsBelow(postern, 'ADMINISTRATOR', (secret) => unregister('pipeline', secret))).toEqual(
    refusalsFor('ADMINISTRATOR'),
  );
});

test("the workspace's audit log records registrations", async () => {
  await register({});
  await unregister('pipeline');
  const query = `{ workspace(id: "${workspaceId}") { auditEvents(first: 2) { nodes { action targetId detail } } } }`;
  expect((await postern.post(query, {}, owner)).data.workspace.auditEvents.nodes).toEqual([
    { action: 'entity_type.unregistered', targetId: workspaceId, detail: { name: 'pipeline' } },
    {
      action: 'entity_type.registered',
      targetId: workspaceId,
      detail: { name: 'pipeline', operations: ['READ', 'PUBLISH'] },
    },
  ]);
});

test('roles give the same operations as on channels', async () => {
  await register({ operations: ['READ', 'PUBLISH'] });
  const viewer = await postern.person('Viewer', 'VIEWER');
  const workspaceViewer = await createWorkspaceToken(postern, 'VIEWER');
  const full = await createPersonalToken(postern, member.session);
  for (const secret of [viewer.session, workspaceViewer.secret]) {
    expect(await obstacle(secret, 'READ')).toBeNull();
    expect(await obstacle(secret, 'PUBLISH')).toBe('ROLE_REQUIRED');
  }
  for (const secret of [member.session, full.secret]) {
    expect(await obstacle(secret, 'READ')).toBeNull();
    expect(await obstacle(secret, 'PUBLISH')).toBeNull();
    expect(await obstacle(secret, 'DELETE')).toBe('NOT_FOUND');
  }
});

test('a type does not exist for a caller who is no member, even with a share in the workspace', async () => {
  await register({});
  const guest = await postern.person('Guest');
  await share(postern, await createChannel(postern), guest, ['READ', 'PUBLISH']);
  expect(await obstacle(guest.session, 'READ')).toBe('NOT_FOUND');
  expect(await obstacle(guest.session, 'READ', { workspaceId })).toBe('NOT_FOUND');
  expect((await scopedToken({}, guest.session)).code).toBe('BAD_USER_INPUT');
});

test('a scope can name an entity by an id of the service, which Postern does not interpret', async () => {
  await register({ operations: ['CREATE', 'PUBLISH'] });
  const entityId = `acme/site ${'ü'.repeat(190)}`;
  const { data } = await scopedToken({ entityId, operations: ['CREATE', 'PUBLISH'] });
  const { secret, token } = data.createToken;
  expect(token.scopes).toEqual([{ entityType: 'pipeline', entityId, operations: ['CREATE', 'PUBLISH'] }]);
  expect(await obstacle(secret, 'PUBLISH', { entityId })).toBeNull();
  expect(await obstacle(secret, 'CREATE', { entityId })).toBeNull();
  expect(await obstacle(secret, 'PUBLISH', { entityId, workspaceId })).toBeNull();
  expect(await obstacle(secret, 'PUBLISH', { entityId: 'acme/other' })).toBe('MISSING_SCOPE');
  expect(await obstacle(secret, 'READ', { entityId })).toBe('MISSING_SCOPE');
});

test.each([
  ['an unknown type', { entityType: 'unheard-of' }, 'entityType'],
  ['an operation that was not declared', { operations: ['DELETE'] }, 'operations'],
  ['an empty id', { entityId: '' }, 'entityId'],
  ['an id that is too long', { entityId: 'x'.repeat(201) }, 'entityId'],
  ['an id with a control character', { entityId: 'a\nb' }, 'entityId'],
  ['an invalid workspace id', { workspaceId: 'wsp_nonsense' }, 'workspaceId'],
])('a scope with %s is refused', async (_what, scope, field) => {
  await register({});
  const { errors } = await scopedToken(scope);
  expect(errors[0]?.extensions.code).toBe('BAD_USER_INPUT');
  expect(errors[0]?.extensions.issues[0].path).toEqual(['input', 'scopes', 0, field]);
});

test('an operation that one workspace registered can be in a scope for that workspace, or for all', async () => {
  const other = await postern.workspace('Other', [
    [member, 'TEAM_MEMBER'],
    [postern.owner, 'OWNER'],
  ]);
  await register({ operations: ['READ'] });
  await register({ workspaceId: other, operations: ['PUBLISH'] });
  expect((await scopedToken({ workspaceId })).code).toBe('BAD_USER_INPUT');
  for (const [scope, elsewhere] of [
    [{}, 'NOT_FOUND'],
    [{ workspaceId: other }, 'MISSING_SCOPE'],
  ] as const) {
    const { secret } = (await scopedToken(scope)).data.createToken;
    expect(await obstacle(secret, 'PUBLISH', { entityId: 'x', workspaceId: other })).toBeNull();
    expect(await obstacle(secret, 'PUBLISH', { entityId: 'x', workspaceId })).toBe(elsewhere);
    expect(await obstacle(secret, 'PUBLISH')).toBeNull();
  }
});

test('without a workspace, a check passes if any workspace of the caller allows it', async () => {
  const other = await postern.workspace('Other', [
    [member, 'VIEWER'],
    [postern.owner, 'OWNER'],
  ]);
  await register({ workspaceId: other, operations: ['PUBLISH'] });
  expect(await obstacle(member.session, 'PUBLISH')).toBe('ROLE_REQUIRED');
  await register({ operations: ['PUBLISH'] });
  expect(await obstacle(member.session, 'PUBLISH')).toBeNull();
  expect(await obstacle(member.session, 'PUBLISH', { entityId: 'x', workspaceId: other })).toBe(
    'ROLE_REQUIRED',
  );
});

test('scopes outlive the registration, give nothing without it, and the same again with it', async () => {
  await register({});
  const { secret, token } = (await scopedToken({})).data.createToken;
  expect(await obstacle(secret, 'PUBLISH')).toBeNull();
  await unregister('pipeline');
  expect(await obstacle(secret, 'PUBLISH')).toBe('NOT_FOUND');
  const { data } = await postern.post(
    `{ token(id: "${token.id}") { scopes { entityType } } }`,
    {},
    member.session,
  );
  expect(data.token.scopes).toEqual([{ entityType: 'pipeline' }]);
  await register({});
  expect(await obstacle(secret, 'PUBLISH')).toBeNull();
});

test('a policy that forbids personal tokens closes the entities of the workspace to them', async () => {
  await register({});
  const token = await createPersonalToken(postern, member.session);
  const policy = { workspaceId, personalTokens: 'FORBIDDEN' };
  await mutate(postern, 'updateTokenPolicy', policy, owner, '__typename');
  expect(await obstacle(token.secret, 'PUBLISH')).toBe('POLICY');
  expect(await obstacle(member.session, 'PUBLISH')).toBeNull();
});

test('up to a hundred checks return their results in order', async () => {
  await register({});
  const questions = [
    { operation: 'READ', entityType: 'pipeline', entityId: 'x' },
    { operation: 'DELETE', entityType: 'pipeline', entityId: 'x' },
    { operation: 'LIST', entityType: 'channel', workspaceId },
    { operation: 'SHARE', entityType: 'workspace', entityId: workspaceId },
  ];
  const checks = Array.from({ length: 100 }, (_, index) => questions[index % 4]);
  const query = 'query ($checks: [CheckInput!]!) { viewer { canAll(checks: $checks) { allowed } } }';
  const { data } = await postern.post(query, { checks }, member.session);
  const allowed = data.viewer.canAll.map((decision: { allowed: boolean }) => decision.allowed);
  expect(allowed).toEqual(checks.map((_, index) => index % 2 === 0));
  const tooMany = await postern.post(query, { checks: [...checks, questions[0]] }, member.session);
  expect(tooMany.errors).toMatchObject([
    { extensions: { code: 'BAD_USER_INPUT', issues: [{ path: ['checks'] }] } },
  ]);
});
