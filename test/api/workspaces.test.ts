import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { startTestApp, type TestApp } from '../support/app.ts';
import { refusalsBelow, refusalsFor } from '../support/role-gate.ts';
import { createPersonalToken, createWorkspaceToken } from '../support/tokens.ts';

let postern: TestApp;
beforeEach(async () => {
  postern = await startTestApp();
});
afterEach(() => postern.close());

const CREATE = `mutation ($name: String!) {
  createWorkspace(input: { name: $name }) { workspace { id name slug createdAt viewerRole } }
}`;
const RENAME = `mutation ($id: ID!, $name: String!) {
  updateWorkspace(input: { id: $id, name: $name }) { workspace { id name slug } }
}`;
const DELETE = 'mutation ($id: ID!) { deleteWorkspace(input: { id: $id }) { deletedWorkspaceId } }';
const ONE = 'query ($id: ID!) { workspace(id: $id) { id name viewerRole } }';
const LIST = `query ($first: Int, $after: String, $last: Int, $before: String) {
  workspaces(first: $first, after: $after, last: $last, before: $before) {
    nodes { name viewerRole } totalCount pageInfo { endCursor hasNextPage hasPreviousPage }
  }
}`;

const NEVER = 'wsp_00000000000000000000000000000000';

describe('createWorkspace', () => {
  test('makes the signed-in user the Owner of a workspace with its own slug', async () => {
    const ada = await postern.person('Ada');
    const { data } = await postern.post(CREATE, { name: '  Crème  brûlée & Co ' }, ada.session);
    expect(data.createWorkspace.workspace).toEqual({
      id: expect.stringMatching(/^wsp_/),
      name: 'Crème  brûlée & Co',
      slug: 'creme-brulee-co',
      createdAt: new Date(postern.now()).toISOString(),
      viewerRole: 'OWNER',
    });
  });

  test('gives workspaces of the same name different slugs', async () => {
    const slugs = [];
    for (let index = 0; index < 3; index++) {
      const { data } = await postern.post(CREATE, { name: 'Acme' }, postern.owner.session);
      slugs.push(data.createWorkspace.workspace.slug);
    }
    expect(slugs).toEqual([
      'acme',
      expect.stringMatching(/^acme-\w{5}$/),
      expect.stringMatching(/^acme-\w{5}$/),
    ]);
    expect(new Set(slugs).size).toBe(3);
  });

  test.each(['', '   ', 'x'.repeat(101), 'a\u202eb', 'a\u0000b'])('rejects the name %j', async (name) => {
    const { errors } = await postern.post(CREATE, { name }, postern.owner.session);
    expect(errors[0]?.extensions).toMatchObject({
      code: 'BAD_USER_INPUT',
      issues: [{ path: ['input', 'name'] }],
    });
  });

  test('requires a session', async () => {
    expect((await postern.post(CREATE, { name: 'Acme' })).code).toBe('UNAUTHENTICATED');
    const personal = await createPersonalToken(postern, postern.owner.session);
    const workspace = await createWorkspaceToken(postern, 'OWNER');
    for (const { secret } of [personal, workspace]) {
      const { errors } = await postern.post(CREATE, { name: 'Acme' }, secret);
      expect(errors[0]?.extensions).toMatchObject({ code: 'FORBIDDEN', reason: 'SESSION_REQUIRED' });
    }
  });
});

describe('workspace and workspaces', () => {
  test('show a user their workspaces, oldest first, and their role in each', async () => {
    const ada = await postern.person('Ada', 'VIEWER');
    await postern.post(CREATE, { name: 'Acme' }, ada.session);
    await postern.workspace('Hidden', []);
    const { data } = await postern.post(LIST, {}, ada.session);
    expect(data.workspaces).toMatchObject({
      nodes: [
        { name: 'Main', viewerRole: 'VIEWER' },
        { name: 'Acme', viewerRole: 'OWNER' },
      ],
      totalCount: 2,
    });
  });

  test('page in both directions by cursor', async () => {
    for (const name of ['B', 'C', 'D']) await postern.post(CREATE, { name }, postern.owner.session);
    const page = async (variables: object) =>
      (await postern.post(LIST, variables, postern.owner.session)).data.workspaces;
    const first = await page({ first: 2 });
    expect(first.nodes.map((node: { name: string }) => node.name)).toEqual(['Main', 'B']);
    const second = await page({ first: 2, after: first.pageInfo.endCursor });
    expect(second).toMatchObject({
      nodes: [{ name: 'C' }, { name: 'D' }],
      pageInfo: { hasNextPage: false, hasPreviousPage: true },
    });
    expect(await page({ last: 1 })).toMatchObject({ nodes: [{ name: 'D' }], totalCount: 4 });
  });

  test.each([{ first: 101 }, { first: -1 }, { first: 1, last: 1 }, { after: 'forged' }])(
    'reject the page %j',
    async (page) => {
      expect((await postern.post(LIST, page, postern.owner.session)).code).toBe('BAD_USER_INPUT');
    },
  );

  test('respond alike to an absent, malformed and invisible id', async () => {
    const stranger = await postern.person('Stranger');
    for (const id of [postern.workspaceId, NEVER, 'nonsense', postern.owner.id]) {
      const response = await postern.post(ONE, { id }, stranger.session);
      expect(response).toMatchObject({ data: { workspace: null }, errors: [] });
    }
    expect((await postern.post(LIST, {}, stranger.session)).data.workspaces).toMatchObject({
      nodes: [],
      totalCount: 0,
    });
  });

  test('require a credential', async () => {
    expect((await postern.post(ONE, { id: postern.workspaceId })).code).toBe('UNAUTHENTICATED');
    expect((await postern.post(LIST)).code).toBe('UNAUTHENTICATED');
  });

  test('show a workspace token its one workspace and its role there', async () => {
    const { secret } = await createWorkspaceToken(postern, 'TEAM_MEMBER');
    const other = await postern.workspace('Other', [[postern.owner, 'OWNER']]);
    const { data } = await postern.post(LIST, {}, secret);
    expect(data.workspaces).toMatchObject({
      nodes: [{ name: 'Main', viewerRole: 'TEAM_MEMBER' }],
      totalCount: 1,
    });
    expect((await postern.post(ONE, { id: other }, secret)).data.workspace).toBeNull();
  });

  test('show a scoped token what its scopes list, each operation separately', async () => {
    const other = await postern.workspace('Other', [[postern.owner, 'VIEWER']]);
    const scopes = [
      { entityType: 'workspace', operations: ['LIST'] },
      { entityType: 'workspace', entityId: other, operations: ['READ'] },
    ];
    const { secret } = await createPersonalToken(postern, postern.owner.session, {
      access: 'SCOPED',
      scopes,
    });
    const { data } = await postern.post(LIST, {}, secret);
    expect(data.workspaces.nodes).toEqual([
      { name: 'Main', viewerRole: 'OWNER' },
      { name: 'Other', viewerRole: 'VIEWER' },
    ]);
    expect((await postern.post(ONE, { id: other }, secret)).data.workspace.name).toBe('Other');
    const { errors } = await postern.post(ONE, { id: postern.workspaceId }, secret);
    expect(errors[0]?.extensions).toMatchObject({
      code: 'FORBIDDEN',
      reason: 'MISSING_SCOPE',
      required: { operation: 'READ', entityType: 'workspace', entityId: postern.workspaceId },
    });
  });
});

describe('updateWorkspace', () => {
  const rename = (secret: string | null, name = 'Renamed', id = postern.workspaceId) =>
    postern.post(RENAME, { id, name }, secret);

  test('changes the name and keeps the slug, for a Workspace Manager and for a workspace token of that role', async () => {
    const manager = await postern.person('Manager', 'WORKSPACE_MANAGER');
    const { secret } = await createWorkspaceToken(postern, 'WORKSPACE_MANAGER');
    for (const [name, caller] of [
      ['By a person', manager.session],
      ['By a token', secret],
    ] as const) {
      const { data } = await rename(caller, name);
      expect(data.updateWorkspace.workspace).toEqual({ id: postern.workspaceId, name, slug: 'main' });
    }
  });

  test('rejects an invalid name', async () => {
    expect((await rename(postern.owner.session, ' ')).code).toBe('BAD_USER_INPUT');
  });

  test('is refused to every caller below Workspace Manager', async () => {
    const refusals = await refusalsBelow(postern, 'WORKSPACE_MANAGER', rename);
    expect(refusals).toEqual(refusalsFor('WORKSPACE_MANAGER'));
  });

  test('of an absent workspace is NOT_FOUND', async () => {
    expect((await rename(postern.owner.session, 'x', NEVER)).code).toBe('NOT_FOUND');
  });
});

describe('deleteWorkspace', () => {
  const remove = (secret: string | null, id = postern.workspaceId) => postern.post(DELETE, { id }, secret);

  test('deletes everything in the workspace, its tokens from the next request on', async () => {
    const { secret } = await createWorkspaceToken(postern, 'OWNER');
    const member = await postern.person('Member', 'ADMINISTRATOR');
    const { data } = await remove(postern.owner.session);
    expect(data.deleteWorkspace.deletedWorkspaceId).toBe(postern.workspaceId);
    const deleted = await postern.post('{ viewer { kind } }', {}, secret);
    expect(deleted).toMatchObject({ status: 401, code: 'INVALID_TOKEN' });
    for (const { session } of [postern.owner, member]) {
      expect((await postern.post(ONE, { id: postern.workspaceId }, session)).data.workspace).toBeNull();
      expect((await postern.post(LIST, {}, session)).data.workspaces.totalCount).toBe(0);
    }
    expect((await remove(postern.owner.session)).code).toBe('NOT_FOUND');
  });

  test('leaves no row of it except the audit log', async () => {
    await createWorkspaceToken(postern, 'VIEWER');
    await remove(postern.owner.session);
    const { db } = postern.database;
    for (const table of ['workspaces', 'members', 'invitations', 'tokens', 'token_secrets'] as const) {
      expect([table, await db.selectFrom(table).selectAll().execute()]).toEqual([table, []]);
    }
  });

  test('stays readable in the log of the account that deleted it', async () => {
    await createWorkspaceToken(postern, 'VIEWER');
    await remove(postern.owner.session);
    const { data } = await postern.post(
      '{ viewer { auditEvents(filter: { actions: ["workspace.deleted"] }) { nodes { targetId detail } } } }',
      {},
      postern.owner.session,
    );
    expect(data.viewer.auditEvents.nodes).toEqual([
      { targetId: postern.workspaceId, detail: { name: 'Main', slug: 'main', members: 1, tokens: 1 } },
    ]);
  });

  test('works with a workspace token of an Owner, which ends with it', async () => {
    const { secret } = await createWorkspaceToken(postern, 'OWNER');
    expect((await remove(secret)).data.deleteWorkspace.deletedWorkspaceId).toBe(postern.workspaceId);
    expect((await remove(secret)).status).toBe(401);
  });

  test('is refused to every caller below Owner', async () => {
    expect(await refusalsBelow(postern, 'OWNER', remove)).toEqual(refusalsFor('OWNER'));
  });
});
