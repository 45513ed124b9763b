import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Answer, type Person, startTestApp, type TestApp } from '../support/app.ts';
import { createChannel, mutate } from '../support/channels.ts';
import { stockClient } from '../support/oauth.ts';
import { createPersonalToken, createWorkspaceToken, type IssuedToken } from '../support/tokens.ts';
import { verify } from '../support/verify.ts';

let postern: TestApp;
let owner: string;
let workspaceId: string;
let admin: Person;
let member: Person;

const READ = { name: 'READ' };
const REFUND = { name: 'REFUND', role: 'TEAM_MEMBER', description: 'Refunds a paid invoice' };
const CLOSE = { name: 'CLOSE_YEAR', role: 'OWNER' };

beforeEach(async () => {
  postern = await startTestApp();
  owner = postern.owner.session;
  workspaceId = postern.workspaceId;
  admin = await postern.person('Admin', 'ADMINISTRATOR');
  member = await postern.person('Member', 'TEAM_MEMBER');
});

afterEach(() => postern.close());

function register(operations: readonly object[], by = owner) {
  const type = { workspaceId, name: 'invoice', operations };
  return mutate(postern, 'registerEntityType', type, by, 'entityType { operations { name role } }');
}

function scopedToken(scope: object, by = member.session): Promise<IssuedToken> {
  const scopes = [{ entityType: 'invoice', workspaceId, operations: ['REFUND'], ...scope }];
  return createPersonalToken(postern, by, { access: 'SCOPED', scopes });
}

const CAN = `query ($checks: [CheckInput!]!) { viewer { canAll(checks: $checks) { allowed reason required } } }`;

/** Returns the decision of canAll, after comparing it with /verify. */
async function decide(secret: string, operation: string, entityId = 'acme/1') {
  const check = { operation, entityType: 'invoice', entityId, workspaceId };
  const { data } = await postern.post(CAN, { checks: [check] }, secret);
  const [{ allowed, reason }] = data.viewer.canAll;
  const folded = { ...check, operation: operation.toLowerCase().replaceAll('_', '-') };
  const { status, refusal } = await verify(postern, secret, folded);
  expect(status).toBe(allowed ? 204 : 403);
  expect(refusal?.reason ?? refusal?.code ?? null).toBe(reason);
  return reason;
}

async function scopesOf(secret: string, by = member.session): Promise<string[]> {
  const { scope = '' } = await (await stockClient(postern)).introspect(secret, by);
  return scope.split(' ').filter((each: string) => each.startsWith('invoice:'));
}

test('an own operation requires its role, for every kind of caller', async () => {
  await register([READ, REFUND, CLOSE]);
  const viewer = await postern.person('Viewer', 'VIEWER');
  const full = await createPersonalToken(postern, member.session);
  const [low, high] = [
    await createWorkspaceToken(postern, 'VIEWER'),
    await createWorkspaceToken(postern, 'OWNER'),
  ];
  for (const secret of [viewer.session, low.secret]) {
    expect(await decide(secret, 'READ')).toBeNull();
    expect(await decide(secret, 'REFUND')).toBe('ROLE_REQUIRED');
  }
  for (const secret of [member.session, full.secret]) {
    expect(await decide(secret, 'REFUND')).toBeNull();
    expect(await decide(secret, 'CLOSE_YEAR')).toBe('ROLE_REQUIRED');
  }
  expect(await decide(high.secret, 'CLOSE_YEAR')).toBeNull();
  expect(await decide(high.secret, 'REOPEN')).toBe('NOT_FOUND');
});

test('an own operation is never role-gated: a scope of a person with the role reaches it', async () => {
  await register([CLOSE]);
  const token = await scopedToken({ operations: ['CLOSE_YEAR'] }, owner);
  expect(await decide(token.secret, 'CLOSE_YEAR')).toBeNull();
  const lower = await scopedToken({ operations: ['CLOSE_YEAR'] });
  expect(await decide(lower.secret, 'CLOSE_YEAR')).toBe('ROLE_REQUIRED');
});

test('a change of a declaration counts from the next request', async () => {
  await register([READ, REFUND]);
  const { secret, id } = await scopedToken({ operations: ['READ', 'REFUND'] });
  expect(await decide(secret, 'REFUND')).toBeNull();
  await register([READ, { ...REFUND, role: 'WORKSPACE_MANAGER' }]);
  expect(await decide(secret, 'REFUND')).toBe('ROLE_REQUIRED');
  await register([READ]);
  expect(await decide(secret, 'REFUND')).toBe('NOT_FOUND');
  const { data } = await postern.post(`{ token(id: "${id}") { scopes { operations } } }`, {}, member.session);
  expect(data.token.scopes).toEqual([{ operations: ['READ', 'REFUND'] }]);
  await register([READ, REFUND, CLOSE]);
  expect(await decide(secret, 'REFUND')).toBeNull();
  expect(await decide(secret, 'CLOSE_YEAR')).toBe('MISSING_SCOPE');
});

test('introspection returns the own operations that the owner is allowed', async () => {
  await register([READ, REFUND, CLOSE]);
  const full = await createPersonalToken(postern, member.session);
  const narrow = await scopedToken({ operations: ['REFUND', 'CLOSE_YEAR'], entityPattern: 'acme/*' });
  const at = `@${workspaceId}`;
  expect(await scopesOf(full.secret)).toEqual([`invoice:read${at}`, `invoice:refund${at}`]);
  expect(await scopesOf(narrow.secret)).toEqual([`invoice:refund:acme%2F*${at}`]);
});

test('declaring, changing or removing an operation requires its role', async () => {
  const refused = { code: 'FORBIDDEN', reason: 'ROLE_REQUIRED', required: { role: 'OWNER' } };
  const expectRefused = ({ errors }: Answer) => expect(errors[0]?.extensions).toEqual(refused);
  expectRefused(await register([READ, CLOSE], admin.session));
  await register([READ, CLOSE]);
  for (const operations of [
    [READ],
    [READ, { ...CLOSE, role: 'VIEWER' }],
    [READ, { ...CLOSE, description: 'Harmless' }],
    [{ ...READ, role: 'OWNER' }, CLOSE],
  ]) {
    expectRefused(await register(operations, admin.session));
  }
  const name = 'invoice';
  expectRefused(
    await mutate(postern, 'unregisterEntityType', { workspaceId, name }, admin.session, 'unregisteredName'),
  );
  expect((await register([REFUND, CLOSE], admin.session)).errors).toEqual([]);
  const { secret } = await createWorkspaceToken(postern, 'ADMINISTRATOR');
  expectRefused(await register([REFUND], secret));
  expect((await register([READ, CLOSE], secret)).errors).toEqual([]);
});

test('a workspace declares at most 1,000 operations', async () => {
  const operations = Array.from({ length: 64 }, (_, index) => ({ name: `OP_${index}`, role: 'VIEWER' }));
  const declare = (name: string, count: number) =>
    mutate(
      postern,
      'registerEntityType',
      { workspaceId, name, operations: operations.slice(0, count) },
      owner,
      '__typename',
    );
  for (let index = 0; index < 15; index++) expect((await declare(`t${index}`, 64)).errors).toEqual([]);
  expect((await declare('last', 41)).code).toBe('LIMIT_REACHED');
  expect((await declare('last', 40)).errors).toEqual([]);
  expect((await declare('last', 41)).code).toBe('LIMIT_REACHED');
  expect((await declare('last', 1)).errors).toEqual([]);
});

test('built-in types and shares have no own operations', async () => {
  await register([REFUND]);
  const channelId = await createChannel(postern);
  const scopes = [{ entityType: 'channel', operations: ['REFUND'] }];
  const token = { name: 't', access: 'SCOPED', scopes };
  expect((await mutate(postern, 'createToken', token, owner, 'secret')).code).toBe('BAD_USER_INPUT');
  const share = { id: channelId, email: member.email, operations: ['READ', 'REFUND'] };
  expect((await mutate(postern, 'shareChannel', share, owner, 'channel { id }')).code).toBe('BAD_USER_INPUT');
  const check = { operation: 'REFUND', entityType: 'channel', entityId: channelId };
  const { data } = await postern.post(CAN, { checks: [check] }, owner);
  expect(data.viewer.canAll).toEqual([{ allowed: false, reason: 'NOT_FOUND', required: null }]);
});

test('a pattern covers the longer ids that begin with it, and never every entity', async () => {
  await register([READ, REFUND]);
  const { secret, id } = await scopedToken({ entityPattern: 'acme/*' });
  for (const id of ['acme/1', 'acme/1/2', 'acme/é', 'acme/ 1']) {
    expect([id, await decide(secret, 'REFUND', id)]).toEqual([id, null]);
  }
  for (const id of ['acme', 'Acme/1', 'acme2/1', 'acme:1', 'x/acme/1', '*']) {
    expect([id, await decide(secret, 'REFUND', id)]).toEqual([id, 'MISSING_SCOPE']);
  }
  const every = { operation: 'refund', entityType: 'invoice', workspaceId };
  expect((await verify(postern, secret, every)).status).toBe(403);
  expect((await verify(postern, secret, { ...every, any: 'true' })).status).toBe(204);
  const { data } = await postern.post(
    `{ token(id: "${id}") { scopes { entityId entityPattern } } }`,
    {},
    member.session,
  );
  expect(data.token.scopes).toEqual([{ entityId: null, entityPattern: 'acme/*' }]);
});

test.each([
  ['a star in a name', { entityPattern: 'acme*' }],
  ['nothing before the slash', { entityPattern: '/*' }],
  ['only a star', { entityPattern: '*' }],
  ['a parent segment', { entityPattern: 'acme/../*' }],
  ['no star', { entityPattern: 'acme/' }],
  ['an id beside it', { entityPattern: 'acme/*', entityId: 'acme/1' }],
  ['a built-in type', { entityType: 'channel', operations: ['READ'], entityPattern: 'acme/*' }],
])('a pattern with %s is rejected by every mutation that takes scopes', async (_what, scope) => {
  await register([READ, REFUND]);
  const scopes = [{ entityType: 'invoice', workspaceId, operations: ['REFUND'], ...scope }];
  const { id: tokenId } = await scopedToken({});
  for (const [field, input] of [
    ['createToken', { name: 't', access: 'SCOPED', scopes }],
    ['updateToken', { id: tokenId, scopes }],
    ['addTokenScopes', { id: tokenId, scopes }],
  ] as const) {
    const { errors } = await mutate(postern, field, input, member.session, '__typename');
    const issue = { path: ['input', 'scopes', 0, 'entityPattern'] };
    expect(errors).toMatchObject([{ extensions: { code: 'BAD_USER_INPUT', issues: [issue] } }]);
  }
});

test('a token with a pattern derives the same or narrower scopes, and loses what its pattern loses', async () => {
  await register([READ, REFUND]);
  const management = { entityType: 'token', operations: ['CREATE'] };
  const own = (entity: object) => ({ entityType: 'invoice', workspaceId, operations: ['REFUND'], ...entity });
  const scopes = [management, own({ entityPattern: 'acme/*' })];
  const parent = await createPersonalToken(postern, member.session, { access: 'SCOPED', scopes });
  const derive = (entity: object) =>
    mutate(
      postern,
      'createToken',
      { name: 't', access: 'SCOPED', scopes: [own(entity)] },
      parent.secret,
      'secret',
    );
  for (const entity of [{}, { entityPattern: 'acm/*' }, { entityPattern: 'acme:*' }, { entityId: 'acme' }]) {
    expect((await derive(entity)).errors[0]?.extensions.reason).toBe('EXCEEDS_CALLER');
  }
  for (const entity of [
    { entityPattern: 'acme/*' },
    { entityPattern: 'acme/eu/*' },
    { entityId: 'acme/eu/1' },
  ]) {
    const { secret } = (await derive(entity)).data.createToken;
    expect(await decide(secret, 'REFUND', 'acme/eu/1')).toBeNull();
    expect(await decide(secret, 'REFUND', 'acme2/1')).toBe('MISSING_SCOPE');
  }
  const child = (await derive({ entityPattern: 'acme/eu/*' })).data.createToken;
  const narrowed = [management, own({ entityPattern: 'acme/us/*' })];
  await mutate(postern, 'updateToken', { id: parent.id, scopes: narrowed }, member.session, 'token { id }');
  expect(await decide(child.secret, 'REFUND', 'acme/eu/1')).toBe('MISSING_SCOPE');
  expect(await scopesOf(child.secret)).toEqual([]);
});
