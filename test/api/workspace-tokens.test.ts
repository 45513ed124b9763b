import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { startTestApp, type TestApp } from '../support/app.ts';
import { mutate } from '../support/channels.ts';
import { authOutcome, badPathsIn, refusalIn } from '../support/responses.ts';
import { createPersonalToken, createWorkspaceToken } from '../support/tokens.ts';

const DAY = 86_400_000;

let postern: TestApp;
beforeEach(async () => {
  postern = await startTestApp({ POSTERN_TOKENS_PER_WORKSPACE: '3' });
});
afterEach(() => postern.close());

const create = (
  input: object = {},
  by: string | null = postern.owner.session,
  selection = 'secret token { id expiresAt role }',
) =>
  mutate(
    postern,
    'createWorkspaceToken',
    { workspaceId: postern.workspaceId, name: 'ci', ...input },
    by,
    selection,
  );

const setPolicy = (policy: object) =>
  mutate(
    postern,
    'updateTokenPolicy',
    { workspaceId: postern.workspaceId, ...policy },
    postern.owner.session,
    '__typename',
  );

function inDays(days: number): string {
  return new Date(postern.now() + days * DAY).toISOString();
}

describe('createWorkspaceToken', () => {
  test('creates a token of the workspace, by default a Viewer for thirty days', async () => {
    const selection =
      'secret token { identifier kind access scopes { id } role workspace { id } owner { id } createdBy { id } expiresAt }';
    const { data } = await create({}, undefined, selection);
    const { secret, token } = data.createWorkspaceToken;
    expect(secret).toMatch(/^wst_/);
    expect(token).toEqual({
      identifier: expect.stringMatching(/^main_[0-9a-z]{10}$/),
      kind: 'WORKSPACE',
      access: 'ROLE',
      scopes: [],
      role: 'VIEWER',
      workspace: { id: postern.workspaceId },
      owner: null,
      createdBy: { id: postern.owner.id },
      expiresAt: inDays(30),
    });
  });

  test('acts only in its workspace, and not in other workspaces of its creator', async () => {
    const elsewhere = await postern.workspace('Elsewhere', [[postern.owner, 'OWNER']]);
    const { secret } = await createWorkspaceToken(postern, 'OWNER');
    const query =
      'query ($home: ID!, $else: ID!) { home: workspace(id: $home) { viewerRole } else: workspace(id: $else) { id } workspaces { nodes { id } } }';
    const { data } = await postern.post(query, { home: postern.workspaceId, else: elsewhere }, secret);
    expect(data).toEqual({
      home: { viewerRole: 'OWNER' },
      else: null,
      workspaces: { nodes: [{ id: postern.workspaceId }] },
    });
  });

  test('can have no expiry, if no policy forbids it', async () => {
    const { data } = await create({ expires: { never: true } });
    expect(data.createWorkspaceToken.token.expiresAt).toBeNull();
    await setPolicy({ requireExpiry: true });
    expect(refusalIn(await create({ expires: { never: true } }))).toBe('POLICY');
    await setPolicy({ requireExpiry: false, maxLifetime: 'P10D' });
    expect(refusalIn(await create({ expires: { never: true } }))).toBe('POLICY');
    expect(refusalIn(await create({ expires: { after: 'P10DT1S' } }))).toBe('POLICY');
    expect((await create({ expires: { after: 'P10D' } })).errors).toEqual([]);
  });

  test('has the longest lifetime that the policy allows by default, if that is less than thirty days', async () => {
    await setPolicy({ maxLifetime: 'P10D' });
    expect((await create()).data.createWorkspaceToken.token.expiresAt).toBe(inDays(10));
  });

  test('requires a role that the policy lists', async () => {
    await setPolicy({ tokenRoles: ['VIEWER', 'OWNER'] });
    expect(refusalIn(await create({ role: 'TEAM_MEMBER' }))).toBe('POLICY');
    expect(refusalIn(await create({ role: 'OWNER' }))).toBeNull();
  });

  test.each(['WORKSPACE_MANAGER', 'ADMINISTRATOR'] as const)(
    'gives no role above that of a %s who creates it',
    async (role) => {
      const { session } = await postern.person('maker', role);
      const { secret } = await createWorkspaceToken(postern, role);
      for (const by of [session, secret]) {
        expect(refusalIn(await create({ role: 'OWNER' }, by))).toBe('EXCEEDS_CALLER');
        expect((await create({ role }, by)).data.createWorkspaceToken.token.role).toBe(role);
      }
    },
  );

  test('reports every invalid value in one response', async () => {
    const input = { name: '', description: 'x'.repeat(501), expires: { after: 'PT0S' } };
    expect(badPathsIn(await create(input))).toEqual([
      'input.name',
      'input.description',
      'input.expires.after',
    ]);
  });

  test('stops at the limit of the workspace', async () => {
    for (let count = 0; count < 3; count++) expect((await create()).errors).toEqual([]);
    expect(refusalIn(await create())).toBe('LIMIT_REACHED');
  });
});

describe('a workspace token', () => {
  test('creates tokens that expire no later, have no higher role, and end with it', async () => {
    const input = { expires: { after: 'P5D' } };
    const parent = await createWorkspaceToken(postern, 'WORKSPACE_MANAGER', input);
    expect(refusalIn(await create({ expires: { after: 'P6D' } }, parent.secret))).toBe('EXCEEDS_CALLER');
    expect(refusalIn(await create({ expires: { never: true } }, parent.secret))).toBe('EXCEEDS_CALLER');
    const { data } = await create({ role: 'TEAM_MEMBER' }, parent.secret);
    const child = data.createWorkspaceToken;
    expect(child.token).toMatchObject({ expiresAt: inDays(5), role: 'TEAM_MEMBER' });
    await mutate(postern, 'disableToken', { id: parent.id }, postern.owner.session, '__typename');
    expect(await authOutcome(postern, child.secret)).toBe('TOKEN_DISABLED');
    await mutate(postern, 'deleteToken', { id: parent.id }, postern.owner.session, '__typename');
    expect(await authOutcome(postern, child.secret)).toBe('INVALID_TOKEN');
  });

  test('acts with the lowest current role of its chain', async () => {
    const parent = await createWorkspaceToken(postern, 'ADMINISTRATOR');
    const { data } = await create({ role: 'ADMINISTRATOR' }, parent.secret);
    const { secret } = data.createWorkspaceToken;
    const role = async () => {
      const query = 'query ($id: ID!) { workspace(id: $id) { viewerRole } }';
      return (await postern.post(query, { id: postern.workspaceId }, secret)).data.workspace.viewerRole;
    };
    expect(await role()).toBe('ADMINISTRATOR');
    await mutate(
      postern,
      'updateToken',
      { id: parent.id, role: 'VIEWER' },
      postern.owner.session,
      '__typename',
    );
    expect(await role()).toBe('VIEWER');
  });

  test('outlives the membership of its creator', async () => {
    const { session, id: userId } = await postern.person('maker', 'ADMINISTRATOR');
    const { secret } = await createWorkspaceToken(postern, 'VIEWER', {}, session);
    const input = { workspaceId: postern.workspaceId, userId };
    await mutate(postern, 'removeMember', input, postern.owner.session, '__typename');
    expect(await authOutcome(postern, secret)).toBe('OK');
  });

  test('ends with its workspace', async () => {
    const { secret } = await createWorkspaceToken(postern, 'OWNER');
    await mutate(postern, 'deleteWorkspace', { id: postern.workspaceId }, secret, '__typename');
    expect(await authOutcome(postern, secret)).toBe('INVALID_TOKEN');
  });

  test('has no account, no sessions and no personal tokens', async () => {
    const { secret } = await createWorkspaceToken(postern, 'OWNER');
    const { data } = await postern.post('{ viewer { kind user { id } token { role } } }', {}, secret);
    expect(data.viewer).toEqual({ kind: 'WORKSPACE_TOKEN', user: null, token: { role: 'OWNER' } });
    for (const query of [
      '{ viewer { sessions { id } } }',
      '{ tokens { totalCount } }',
      'mutation { signOut { signedOut } }',
    ]) {
      expect(refusalIn(await postern.post(query, {}, secret)), query).toBe('SESSION_REQUIRED');
    }
  });

  test('cannot be changed by a caller with a lower role', async () => {
    const { session } = await postern.person('admin', 'ADMINISTRATOR');
    const { id } = await createWorkspaceToken(postern, 'OWNER');
    for (const field of [
      'disableToken',
      'enableToken',
      'revokeToken',
      'deleteToken',
      'regenerateToken',
      'updateToken',
    ]) {
      const response = await mutate(postern, field, { id }, session, '__typename');
      expect(response.errors[0]?.extensions, field).toMatchObject({
        reason: 'ROLE_REQUIRED',
        required: { role: 'OWNER' },
      });
    }
  });

  test('is hidden from every personal token', async () => {
    const { id } = await createWorkspaceToken(postern, 'VIEWER');
    const scopes = [{ entityType: 'token', operations: ['READ', 'LIST', 'UPDATE', 'DELETE'] }];
    const { secret } = await createPersonalToken(postern, postern.owner.session, {
      access: 'SCOPED',
      scopes,
    });
    expect((await postern.post('query ($id: ID!) { token(id: $id) { id } }', { id }, secret)).data).toEqual({
      token: null,
    });
    expect(refusalIn(await mutate(postern, 'deleteToken', { id }, secret, '__typename'))).toBe('NOT_FOUND');
  });
});
