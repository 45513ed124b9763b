import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { startTestApp, type TestApp } from '../support/app.ts';
import { mutate } from '../support/channels.ts';
import { refusalsBelow, refusalsFor } from '../support/role-gate.ts';
import { createPersonalToken, createWorkspaceToken } from '../support/tokens.ts';

let postern: TestApp;
beforeEach(async () => {
  postern = await startTestApp();
});
afterEach(() => postern.close());

const POLICY = 'tokenPolicy { personalTokens maxLifetime requireExpiry tokenRoles }';
const UPDATE = `mutation ($input: UpdateTokenPolicyInput!) {
  updateTokenPolicy(input: $input) { workspace { ${POLICY} } }
}`;
const READ = `query ($id: ID!) { workspace(id: $id) { name ${POLICY} } }`;

const DEFAULT = {
  personalTokens: 'ALLOWED',
  maxLifetime: null,
  requireExpiry: false,
  tokenRoles: ['VIEWER', 'TEAM_MEMBER', 'WORKSPACE_MANAGER', 'ADMINISTRATOR', 'OWNER'],
};

function update(changes: object, secret: string | null = postern.owner.session) {
  return postern.post(UPDATE, { input: { workspaceId: postern.workspaceId, ...changes } }, secret);
}

async function policyAfter(changes: object) {
  return (await update(changes)).data.updateTokenPolicy.workspace.tokenPolicy;
}

function read(secret: string) {
  return postern.post(READ, { id: postern.workspaceId }, secret);
}

describe('tokenPolicy', () => {
  test('has no restrictions in a new workspace', async () => {
    expect((await read(postern.owner.session)).data.workspace.tokenPolicy).toEqual(DEFAULT);
  });

  test('is readable by every caller who can read the workspace, tokens included', async () => {
    const viewer = await postern.person('Viewer', 'VIEWER');
    const scopes = [{ entityType: 'workspace', entityId: postern.workspaceId, operations: ['READ'] }];
    const scoped = await createPersonalToken(postern, viewer.session, { access: 'SCOPED', scopes });
    const workspace = await createWorkspaceToken(postern, 'VIEWER');
    for (const secret of [viewer.session, scoped.secret, workspace.secret]) {
      expect((await read(secret)).data.workspace.tokenPolicy).toEqual(DEFAULT);
    }
  });
});

describe('updateTokenPolicy', () => {
  test('changes the given fields and keeps the rest', async () => {
    expect(await policyAfter({ personalTokens: 'FORBIDDEN' })).toEqual({
      ...DEFAULT,
      personalTokens: 'FORBIDDEN',
    });
    expect(await policyAfter({ maxLifetime: 'P90D', requireExpiry: true })).toEqual({
      ...DEFAULT,
      personalTokens: 'FORBIDDEN',
      maxLifetime: 'P90D',
      requireExpiry: true,
    });
    expect(await policyAfter({ maxLifetime: null, requireExpiry: null, personalTokens: 'ALLOWED' })).toEqual({
      ...DEFAULT,
      requireExpiry: true,
    });
  });

  test('stores each role once and in order, and can forbid every workspace token', async () => {
    const twice = ['TEAM_MEMBER', 'VIEWER', 'TEAM_MEMBER'];
    expect((await policyAfter({ tokenRoles: twice })).tokenRoles).toEqual(['VIEWER', 'TEAM_MEMBER']);
    expect((await policyAfter({ tokenRoles: [] })).tokenRoles).toEqual([]);
    await expect(createWorkspaceToken(postern, 'VIEWER')).rejects.toThrow('POLICY');
  });

  test.each(['PT0S', 'P0D', 'P999999Y'])('rejects the lifetime %s', async (maxLifetime) => {
    const { errors } = await update({ maxLifetime });
    expect(errors[0]?.extensions).toMatchObject({
      code: 'BAD_USER_INPUT',
      issues: [{ path: ['input', 'maxLifetime'] }],
    });
  });

  test('closes the workspace to personal tokens from the next request on, and opens it again', async () => {
    const { secret } = await createPersonalToken(postern, postern.owner.session);
    await update({ personalTokens: 'FORBIDDEN' });
    expect(await read(secret)).toMatchObject({ data: { workspace: null }, errors: [] });
    expect((await postern.post('{ workspaces { totalCount } }', {}, secret)).data.workspaces.totalCount).toBe(
      0,
    );
    expect((await postern.post('{ viewer { kind } }', {}, secret)).data.viewer.kind).toBe('PERSONAL_TOKEN');
    await update({ personalTokens: 'ALLOWED' });
    expect((await read(secret)).data.workspace.name).toBe('Main');
  });

  test('closes the workspace to longer-lived tokens of every kind, and deletes nothing', async () => {
    const long = [
      await createPersonalToken(postern, postern.owner.session, { expires: { after: 'P31D' } }),
      await createWorkspaceToken(postern, 'OWNER', { expires: { after: 'P31D' } }),
      await createWorkspaceToken(postern, 'OWNER', { expires: { never: true } }),
    ];
    const short = [
      await createPersonalToken(postern, postern.owner.session, { expires: { after: 'P30D' } }),
      await createWorkspaceToken(postern, 'OWNER', { expires: { after: 'P30D' } }),
    ];
    await update({ maxLifetime: 'P30D' });
    for (const { secret } of short) expect((await read(secret)).data.workspace.name).toBe('Main');
    for (const { secret } of long)
      expect(await read(secret)).toMatchObject({ data: { workspace: null }, errors: [] });
    const [, workspaceToken] = long;
    const { errors } = await update({ maxLifetime: null }, workspaceToken?.secret);
    expect(errors[0]?.extensions).toMatchObject({ code: 'FORBIDDEN', reason: 'POLICY' });
    await update({ maxLifetime: null });
    for (const { secret } of long) expect((await read(secret)).data.workspace.name).toBe('Main');
  });

  test('bounds regenerateToken for workspace tokens and users alike', async () => {
    const never = { expires: { never: true } };
    const admin = await createWorkspaceToken(postern, 'ADMINISTRATOR', never);
    const { id } = await createWorkspaceToken(postern, 'VIEWER', never, admin.secret);
    await update({ requireExpiry: true });
    const regenerate = (input: object) =>
      mutate(postern, 'regenerateToken', { id, ...input }, admin.secret, '__typename');
    for (const input of [{}, never]) {
      expect((await regenerate(input)).errors[0]?.extensions).toMatchObject({
        code: 'FORBIDDEN',
        reason: 'POLICY',
      });
    }
    expect((await regenerate({ expires: { after: 'P30D' } })).errors).toEqual([]);
  });

  test('works with a workspace token of an Administrator', async () => {
    const { secret } = await createWorkspaceToken(postern, 'ADMINISTRATOR');
    expect((await update({ requireExpiry: true }, secret)).errors).toEqual([]);
    expect((await read(postern.owner.session)).data.workspace.tokenPolicy.requireExpiry).toBe(true);
  });

  test('is refused to every caller below Administrator', async () => {
    const refusals = await refusalsBelow(postern, 'ADMINISTRATOR', (secret) =>
      update({ requireExpiry: true }, secret),
    );
    expect(refusals).toEqual(refusalsFor('ADMINISTRATOR'));
    expect((await read(postern.owner.session)).data.workspace.tokenPolicy).toEqual(DEFAULT);
  });
});
