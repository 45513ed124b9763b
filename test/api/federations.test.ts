import { afterEach, beforeEach, expect, test } from 'vitest';
import { createLogger } from '../../src/platform/logger.ts';
import { createCascades } from '../../src/services/maintenance/cascades.ts';
import { createEvents } from '../../src/services/transactions/events.ts';
import { startTestApp, type TestApp } from '../support/app.ts';
import { mutate } from '../support/channels.ts';
import {
  createFederation,
  exchange,
  jwtFor,
  SHARED_AUDIENCE,
  startFederationIssuer,
  tryToCreate,
} from '../support/federation.ts';
import type { JwtIssuer } from '../support/jwt-issuer.ts';
import { createPersonalToken, createWorkspaceToken } from '../support/tokens.ts';

const MINUTE = 60_000;

let postern: TestApp;
let issuer: JwtIssuer;

beforeEach(async () => {
  const started = await startFederationIssuer();
  issuer = started.issuer;
  postern = await startTestApp(started.env);
});
afterEach(async () => {
  await postern.close();
  await issuer.close();
});

const change = (field: string, input: object, by = postern.owner.session) =>
  mutate(postern, field, input, by, '__typename');

const listed = async (by = postern.owner.session) =>
  postern.post(
    `query ($id: ID!) { workspace(id: $id) {
      federations { id name scopes { entityType operations } } federationOptions { issuers audiences } } }`,
    { id: postern.workspaceId },
    by,
  );

test('a federation has the values that it was created with, and defaults', async () => {
  const scopes = [{ entityType: 'channel', operations: ['PUBLISH'] }];
  const { data } = await tryToCreate(postern, issuer.issuer, { scopes });
  const { federation } = data.createFederation;
  expect(federation).toMatchObject({
    ...{ name: 'ci', issuer: issuer.issuer, role: 'TEAM_MEMBER', maxLifetime: 'PT15M', singleUse: true },
    ...{ lastUsedAt: null, claims: [{ name: 'repository_owner', value: 'acme' }] },
    audience: `https://postern.test/federations/${federation.id}`,
  });
  const { workspace } = (await listed()).data;
  expect(workspace.federations).toEqual([{ id: federation.id, name: 'ci', scopes }]);
  expect(workspace.federationOptions).toEqual({ issuers: [issuer.issuer], audiences: [SHARED_AUDIENCE] });
  const node = await postern.post(
    'query ($id: ID!) { node(id: $id) { ... on Federation { name } } }',
    { id: federation.id },
    postern.owner.session,
  );
  expect(node.data.node).toEqual({ name: 'ci' });
});

test.each([
  ['an issuer that the operator does not list', { issuer: 'https://token.actions.githubusercontent.com' }],
  ['an issuer with a slash more', { issuer: 'listed/' }],
  ['an audience of its own choice', { audience: 'https://postern.test' }],
  ['no rule', { claims: [] }],
  ['no tenant', { claims: [{ name: 'ref', value: 'refs/heads/main' }] }],
  ['a star after part of a name', { claims: [{ name: 'sub', value: 'repo:org*' }] }],
  ['a lifetime of more than an hour', { maxLifetime: 'PT61M' }],
  ['a scope on tokens', { scopes: [{ entityType: 'token', operations: ['READ'] }] }],
  ['a scope on an unknown type', { scopes: [{ entityType: 'invoice', operations: ['READ'] }] }],
])('a federation with %s is refused, and nothing is fetched', async (_what, input) => {
  const adapted = 'issuer' in input && input.issuer === 'listed/' ? { issuer: `${issuer.issuer}/` } : input;
  const { code } = await tryToCreate(postern, issuer.issuer, adapted);
  expect(code).toBe('BAD_USER_INPUT');
  expect(issuer.fetches).toBe(0);
  expect((await listed()).data.workspace.federations).toEqual([]);
});

test('only a fresh session of an Administrator creates, changes and deletes, and only an Administrator sees', async () => {
  const { id } = await createFederation(postern, issuer.issuer);
  const administrator = await postern.person('Ada', 'ADMINISTRATOR');
  const manager = await postern.person('Max', 'WORKSPACE_MANAGER');
  const stranger = await postern.person('Eve');
  const token = await createWorkspaceToken(postern, 'OWNER');
  const personal = await createPersonalToken(postern, postern.owner.session);

  const outcomes = async (by: string) => {
    const created = await tryToCreate(postern, issuer.issuer, {}, by);
    const results = [created, await change('updateFederation', { id, name: 'x' }, by)];
    return results.map(({ errors: [error] }) => error?.extensions.reason ?? error?.extensions.code ?? 'ok');
  };
  expect(await outcomes(administrator.session)).toEqual(['ok', 'ok']);
  expect(await outcomes(manager.session)).toEqual(['ROLE_REQUIRED', 'NOT_FOUND']);
  expect(await outcomes(stranger.session)).toEqual(['NOT_FOUND', 'NOT_FOUND']);
  expect(await outcomes(token.secret)).toEqual(['SESSION_REQUIRED', 'SESSION_REQUIRED']);
  expect(await outcomes(personal.secret)).toEqual(['SESSION_REQUIRED', 'SESSION_REQUIRED']);
  expect((await listed(manager.session)).errors[0]?.extensions.reason).toBe('ROLE_REQUIRED');
  expect((await listed(token.secret)).data.workspace.federations).toHaveLength(2);

  postern.advance(11 * MINUTE);
  const stale = 'REAUTHENTICATION_REQUIRED';
  expect(await outcomes(administrator.session)).toEqual([stale, stale]);
  const deleted = await change('deleteFederation', { id }, administrator.session);
  expect(deleted.errors[0]?.extensions.reason).toBe(stale);
});

test('no one gives or touches a role above their own, and the token policy limits the roles', async () => {
  const administrator = (await postern.person('Ada', 'ADMINISTRATOR')).session;
  const above = await tryToCreate(postern, issuer.issuer, { role: 'OWNER' }, administrator);
  expect(above.errors[0]?.extensions.reason).toBe('EXCEEDS_CALLER');
  const { id } = await createFederation(postern, issuer.issuer, { role: 'OWNER' });
  for (const [field, input] of [
    ['updateFederation', { id, name: 'mine' }],
    ['deleteFederation', { id }],
  ] as const) {
    const { errors } = await change(field, input, administrator);
    expect(errors[0]?.extensions).toMatchObject({ reason: 'ROLE_REQUIRED', required: { role: 'OWNER' } });
  }
  const { id: low } = await createFederation(postern, issuer.issuer, { role: 'VIEWER' });
  const raised = await change('updateFederation', { id: low, role: 'OWNER' }, administrator);
  expect(raised.errors[0]?.extensions.reason).toBe('EXCEEDS_CALLER');

  await change('updateTokenPolicy', { workspaceId: postern.workspaceId, tokenRoles: ['VIEWER'] });
  const refused = await tryToCreate(postern, issuer.issuer, { role: 'TEAM_MEMBER' });
  expect(refused.errors[0]?.extensions.reason).toBe('POLICY');
});

test('a change of anything but the name ends its tokens from the next request on', async () => {
  const federation = await createFederation(postern, issuer.issuer, { singleUse: false });
  const isAccepted = async (secret: string) =>
    (await postern.post('{ viewer { kind } }', {}, secret)).status === 200;
  const give = async () => {
    const { body } = await exchange(postern, await jwtFor(issuer, federation, { at: postern.now() }));
    return body.access_token as string;
  };
  const { id } = federation;
  const claims = [{ name: 'repository', value: 'acme/app' }];
  const scopes = [{ entityType: 'channel', operations: ['READ'] }];
  for (const changes of [
    ...[{ claims }, { role: 'WORKSPACE_MANAGER' }, { scopes }, { scopes: null }],
    ...[{ maxLifetime: 'PT5M' }, { singleUse: true }],
  ]) {
    const secret = await give();
    expect(await isAccepted(secret)).toBe(true);
    expect((await change('updateFederation', { id, name: 'renamed' })).errors).toEqual([]);
    expect(await isAccepted(secret), 'after a change of the name').toBe(true);
    expect((await change('updateFederation', { id, ...changes })).errors).toEqual([]);
    expect(await isAccepted(secret), JSON.stringify(changes)).toBe(false);
  }
  const last = await give();
  expect((await change('deleteFederation', { id })).errors).toEqual([]);
  expect(await isAccepted(last)).toBe(false);
  expect((await change('deleteFederation', { id })).code).toBe('NOT_FOUND');
  const again = await exchange(postern, await jwtFor(issuer, federation, { at: postern.now() }));
  expect(again.body.error).toBe('invalid_target');
});

test('a federation outlives its creator, unless the creator is removed with what they created', async () => {
  const ada = await postern.person('Ada', 'ADMINISTRATOR');
  const mine = await createFederation(postern, issuer.issuer, {}, ada.session);
  const { workspaceId } = postern;
  const role = { workspaceId, userId: ada.id, role: 'VIEWER' };
  const give = async () =>
    (await exchange(postern, await jwtFor(issuer, mine, { at: postern.now() }))).body.access_token;
  await change('updateMemberRole', role);
  const secret = await give();
  expect(secret).toMatch(/^wst_/);
  await change('removeMember', { workspaceId, userId: ada.id, revokeCreated: true });
  expect((await postern.post('{ viewer { kind } }', {}, secret)).code).toBe('INVALID_TOKEN');
  expect(await give()).toBeUndefined();
  const { data } = await postern.post(
    'query ($id: ID!) { workspace(id: $id) { auditEvents { nodes { action } } } }',
    { id: workspaceId },
    postern.owner.session,
  );
  const actions = data.workspace.auditEvents.nodes.map(({ action }: { action: string }) => action);
  expect(actions).toEqual(
    expect.arrayContaining(['federation.created', 'federation.deleted', 'token.created']),
  );
});

test('the operator sees the federations of a deactivated user, and can end them with the account', async () => {
  const ada = await postern.person('Ada', 'ADMINISTRATOR');
  const mine = await createFederation(postern, issuer.issuer, {}, ada.session);
  const { operator } = postern.app.services;
  const give = async () => exchange(postern, await jwtFor(issuer, mine, { at: postern.now() }));
  expect((await operator.deactivateUser(ada.email)).federations).toMatchObject([{ name: 'ci' }]);
  expect((await give()).status).toBe(200);
  await operator.deactivateUser(ada.email, true);
  expect((await give()).body.error).toBe('invalid_target');
});

test('more tokens than one transaction deletes are refused from the next request on, and deleted in chunks', async () => {
  const { id, ...federation } = await createFederation(postern, issuer.issuer, { role: 'WORKSPACE_MANAGER' });
  const secrets: string[] = [];
  for (let index = 0; index < 60; index += 1) {
    const token = await jwtFor(issuer, federation, { at: postern.now() });
    secrets.push((await exchange(postern, token)).body.access_token);
  }
  const derived = await createWorkspaceToken(postern, 'VIEWER', {}, secrets[59]);
  for (const secret of secrets.slice(0, 30)) await postern.post('{ viewer { kind } }', {}, secret);
  const statuses = async () => {
    const { data } = await postern.post(
      'query ($id: ID!) { workspace(id: $id) { tokens(first: 100) { nodes { status } } } }',
      { id: postern.workspaceId },
      postern.owner.session,
    );
    return new Set(data.workspace.tokens.nodes.map(({ status }: { status: string }) => status));
  };
  await postern.app.services.cascades.close();
  await change('updateFederation', { id, maxLifetime: 'PT5M' });
  expect(await statuses()).toEqual(new Set(['REVOKED']));
  for (const secret of [...secrets, derived.secret]) {
    expect((await postern.post('{ viewer { kind } }', {}, secret)).code).toBe('INVALID_TOKEN');
  }
  expect((await postern.database.db.selectFrom('tokens').select('id').execute()).length).toBe(61);
  const { changes } = postern.app.services;
  const logger = createLogger('silent');
  const { db } = postern.database;
  const cascades = createCascades({ db, changes, events: createEvents(), logger });
  await cascades.run();
  await cascades.close();
  expect(await db.selectFrom('tokens').select('id').execute()).toEqual([]);
  expect(await db.selectFrom('pending_cascades').selectAll().execute()).toEqual([]);
});

test('a workspace has at most a hundred federations', async () => {
  for (let index = 0; index < 100; index += 1) await createFederation(postern, issuer.issuer);
  expect((await tryToCreate(postern, issuer.issuer)).code).toBe('LIMIT_REACHED');
});
