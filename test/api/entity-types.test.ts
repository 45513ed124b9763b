import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Operation } from '../../src/domain/scopes.ts';
import { type Person, startTestApp, type TestApp } from '../support/app.ts';
import { createChannel, mutate, share } from '../support/channels.ts';
import { declared } from '../support/operations.ts';
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

const TYPE = 'name description operations { name description role }';
const BUILT_IN = (name: string, role = 'TEAM_MEMBER') => ({ name, description: null, role });

function register(input: object, by: string | null = owner) {
  const type = { workspaceId, name: 'pipeline', operations: declared('READ', 'PUBLISH'), ...input };
  return mutate(postern, 'registerEntityType', type, by, `entityType { ${TYPE} }`);
}

function unregister(name: string, by: string | null = owner) {
  return mutate(postern, 'unregisterEntityType', { workspaceId, name }, by, 'unregisteredName');
}

async function types(by: string = owner) {
  const query = `{ workspace(id: "${workspaceId}") { entityTypes { ${TYPE} } } }`;
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
  const scopes = [{ entityType: 'pipeline', workspaceId, operations: ['PUBLISH'], ...scope }];
  return mutate(
    postern,
    'createToken',
    { name: 't', access: 'SCOPED', scopes },
    by,
    'secret token { id scopes { entityType entityId operations } }',
  );
}

test('a type is registered, registered again and unregistered', async () => {
  const deploy = { name: 'DEPLOY_ALL', description: 'To every site', role: 'ADMINISTRATOR' };
  const first = {
    name: 'pipeline',
    description: 'What builds',
    operations: [BUILT_IN('READ', 'VIEWER'), BUILT_IN('PUBLISH', 'OWNER'), deploy],
  };
  const made = await register({
    description: 'What builds',
    operations: [deploy, { name: 'PUBLISH', role: 'OWNER' }, { name: 'READ' }],
  });
  expect(made.data.registerEntityType.entityType).toEqual(first);
  await register({ name: 'archive', operations: declared('LIST') });
  const archive = { name: 'archive', description: null, operations: [BUILT_IN('LIST', 'VIEWER')] };
  expect(await types(member.session)).toEqual([archive, first]);

  await register({ operations: declared('DELETE') });
  const second = { name: 'pipeline', description: null, operations: [BUILT_IN('DELETE')] };
  expect(await types()).toEqual([archive, second]);

  expect((await unregister('pipeline')).data.unregisterEntityType.unregisteredName).toBe('pipeline');
  expect(await types()).toEqual([archive]);
  expect((await unregister('pipeline')).code).toBe('NOT_FOUND');
});

test.each([
  ['a built-in name', { name: 'channel' }, ['input', 'name']],
  ['no operations', { operations: [] }, ['input', 'operations']],
  ['a description that is too long', { description: 'x'.repeat(501) }, ['input', 'description']],
  [
    'a description of an operation that is too long',
    { operations: [{ name: 'READ', description: 'x'.repeat(501) }] },
    ['input', 'operations', 0, 'description'],
  ],
  [
    'an own operation without a role',
    { operations: declared('READ', 'DEPLOY') },
    ['input', 'operations', 1, 'role'],
  ],
  ['an operation twice', { operations: declared('READ', 'READ') }, ['input', 'operations', 1, 'name']],
  [
    'more than 64 operations',
    { operations: Array.from({ length: 65 }, (_, index) => ({ name: `OP_${index}`, role: 'VIEWER' })) },
    ['input', 'operations'],
  ],
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
  await register({ operations: declared('READ', 'PUBLISH') });
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
  await register({ operations: declared('CREATE', 'PUBLISH') });
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
  ['an id with half a surrogate pair', { entityId: 'a\ud800' }, 'entityId'],
  ['an id with a parent segment', { entityId: 'acme/../site' }, 'entityId'],
  ['an id with an escape', { entityId: 'acme%2fsite' }, 'entityId'],
  ['no workspace', { workspaceId: null }, 'workspaceId'],
  ['an invalid workspace id', { workspaceId: 'wsp_nonsense' }, 'workspaceId'],
])('a scope with %s is refused', async (_what, scope, field) => {
  await register({});
  const { errors } = await scopedToken(scope);
  expect(errors[0]?.extensions.code).toBe('BAD_USER_INPUT');
  expect(errors[0]?.extensions.issues[0].path).toEqual(['input', 'scopes', 0, field]);
});

test('a scope names a workspace that declares its operations', async () => {
  const other = await postern.workspace('Other', [
    [member, 'TEAM_MEMBER'],
    [postern.owner, 'OWNER'],
  ]);
  await register({ operations: declared('READ') });
  await register({ workspaceId: other, operations: declared('PUBLISH') });
  expect((await scopedToken({ workspaceId })).code).toBe('BAD_USER_INPUT');
  const { secret } = (await scopedToken({ workspaceId: other })).data.createToken;
  expect(await obstacle(secret, 'PUBLISH', { entityId: 'x', workspaceId: other })).toBeNull();
  expect(await obstacle(secret, 'PUBLISH', { entityId: 'x', workspaceId })).toBe('MISSING_SCOPE');
  expect(await obstacle(secret, 'PUBLISH')).toBeNull();
});

test('without a workspace, a check passes if any workspace of the caller allows it', async () => {
  const other = await postern.workspace('Other', [
    [member, 'VIEWER'],
    [postern.owner, 'OWNER'],
  ]);
  await register({ workspaceId: other, operations: declared('PUBLISH') });
  expect(await obstacle(member.session, 'PUBLISH')).toBe('ROLE_REQUIRED');
  await register({ operations: declared('PUBLISH') });
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
