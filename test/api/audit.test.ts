import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { DAY } from '../../src/domain/duration.ts';
import { startTestApp, type TestApp } from '../support/app.ts';
import { refusalsBelow, refusalsFor } from '../support/role-gate.ts';
import { createPersonalToken, createWorkspaceToken } from '../support/tokens.ts';

let postern: TestApp;
beforeEach(async () => {
  postern = await startTestApp();
});
afterEach(() => postern.close());

const EVENT = `nodes {
  id at action actorKind actor { email } actorToken { id } actorTokenId targetId ip userAgent detail
} totalCount pageInfo { endCursor hasNextPage }`;
const OF_WORKSPACE = `query ($id: ID!, $first: Int, $after: String, $filter: AuditEventFilter) {
  workspace(id: $id) { auditEvents(first: $first, after: $after, filter: $filter) { ${EVENT} } }
}`;
const OF_ACCOUNT = `query ($filter: AuditEventFilter) { viewer { auditEvents(filter: $filter) { ${EVENT} } } }`;
const OF_TOKEN = `query ($id: ID!) { token(id: $id) { auditEvents { ${EVENT} } } }`;
const NODE = 'query ($id: ID!) { node(id: $id) { id ... on AuditEvent { action } } }';
const RENAME = `mutation ($id: ID!, $name: String!) {
  updateWorkspace(input: { id: $id, name: $name }) { workspace { id } }
}`;
const INVITE = `mutation ($workspaceId: ID!, $email: EmailAddress!) {
  inviteMember(input: { workspaceId: $workspaceId, email: $email, role: VIEWER }) { invitationSecret }
}`;

function ofWorkspace(variables: object = {}, secret: string | null = postern.owner.session) {
  return postern.post(OF_WORKSPACE, { id: postern.workspaceId, ...variables }, secret);
}

async function eventsOfWorkspace(variables: object = {}) {
  return (await ofWorkspace(variables)).data.workspace.auditEvents;
}

async function eventsOfAccount(secret: string, variables: object = {}) {
  return (await postern.post(OF_ACCOUNT, variables, secret)).data.viewer.auditEvents;
}

function rename(name: string, secret = postern.owner.session) {
  return postern.post(RENAME, { id: postern.workspaceId, name }, secret);
}

function actionsOf({ nodes }: { nodes: { action: string }[] }): string[] {
  return nodes.map(({ action }) => action);
}

describe('workspace.auditEvents', () => {
  test('lists every change, newest first, with its actor and target', async () => {
    const { workspaceId } = postern;
    const ada = await postern.person('Ada');
    const run = (mutation: string) => postern.post(`mutation { ${mutation} }`, {}, postern.owner.session);
    await rename('Renamed');
    await run(
      `updateTokenPolicy(input: { workspaceId: "${workspaceId}", maxLifetime: "P30D" }) { workspace { id } }`,
    );
    const { data } = await postern.post(INVITE, { workspaceId, email: ada.email }, postern.owner.session);
    await postern.post(
      'mutation ($secret: String!) { acceptInvitation(input: { secret: $secret }) { member { role } } }',
      { secret: data.inviteMember.invitationSecret },
      ada.session,
    );
    await run(
      `updateMemberRole(input: { workspaceId: "${workspaceId}", userId: "${ada.id}", role: OWNER }) { member { role } }`,
    );
    await run(
      `removeMember(input: { workspaceId: "${workspaceId}", userId: "${ada.id}" }) { removedUserId }`,
    );

    const { nodes } = await eventsOfWorkspace();
    const email = ada.email;
    const listed = nodes.map(({ action, detail, actor, targetId }: Record<string, any>) => [
      action,
      actor?.email ?? null,
      targetId,
      detail,
    ]);
    const { email: owner } = postern.owner;
    expect(listed).toEqual([
      ['member.removed', owner, ada.id, { email, role: 'OWNER' }],
      ['member.role_changed', owner, ada.id, { email, role: 'OWNER', before: 'VIEWER' }],
      ['member.joined', email, ada.id, { email, role: 'VIEWER' }],
      ['member.invited', owner, expect.stringMatching(/^ivt_/), { email, role: 'VIEWER' }],
      ['workspace.policy_updated', owner, workspaceId, { maxLifetime: 'P30D' }],
      ['workspace.updated', owner, workspaceId, { name: 'Renamed', before: 'Main' }],
      ['workspace.created', null, workspaceId, { name: 'Main', slug: 'main' }],
    ]);
  });

  test('names the workspace token that made the change, even after the token was deleted', async () => {
    const { id, secret } = await createWorkspaceToken(postern, 'WORKSPACE_MANAGER');
    await rename('Renamed', secret);
    const filter = { actions: ['workspace.updated'] };
    const by = { actorKind: 'WORKSPACE_TOKEN', actor: null, actorTokenId: id };
    expect((await eventsOfWorkspace({ filter })).nodes).toMatchObject([{ ...by, actorToken: { id } }]);
    await postern.post(
      'mutation ($id: ID!) { deleteToken(input: { id: $id }) { deletedTokenId } }',
      { id },
      postern.owner.session,
    );
    expect((await eventsOfWorkspace({ filter })).nodes).toMatchObject([{ ...by, actorToken: null }]);
  });

  test('pages by cursor and filters by action and time', async () => {
    for (const name of ['B', 'C', 'D']) {
      postern.advance(DAY);
      await rename(name);
    }
    const first = await eventsOfWorkspace({ first: 2 });
    expect(first).toMatchObject({
      nodes: [{ detail: { name: 'D' } }, { detail: { name: 'C' } }],
      totalCount: 4,
      pageInfo: { hasNextPage: true },
    });
    const rest = await eventsOfWorkspace({ after: first.pageInfo.endCursor });
    expect(actionsOf(rest)).toEqual(['workspace.updated', 'workspace.created']);

    const since = new Date(postern.now() - DAY).toISOString();
    const until = new Date(postern.now()).toISOString();
    expect(await eventsOfWorkspace({ filter: { since, until } })).toMatchObject({
      nodes: [{ detail: { name: 'C' } }],
      totalCount: 1,
    });
    expect(actionsOf(await eventsOfWorkspace({ filter: { actions: ['workspace.created'] } }))).toEqual([
      'workspace.created',
    ]);
    expect((await eventsOfWorkspace({ filter: { actions: [] } })).totalCount).toBe(0);
  });

  test('rejects unknown actions and forged cursors', async () => {
    const { errors } = await ofWorkspace({ filter: { actions: ['token.created', 'nonsense'] } });
    expect(errors[0]?.extensions).toMatchObject({
      code: 'BAD_USER_INPUT',
      issues: [{ path: ['filter', 'actions', 1] }],
    });
    expect((await ofWorkspace({ after: 'forged' })).code).toBe('BAD_USER_INPUT');
  });

  test('is readable by Administrators and their workspace tokens, and by no one below', async () => {
    const { secret } = await createWorkspaceToken(postern, 'ADMINISTRATOR');
    expect((await ofWorkspace({}, secret)).data.workspace.auditEvents.totalCount).toBe(2);
    const refusals = await refusalsBelow(postern, 'ADMINISTRATOR', (caller) => ofWorkspace({}, caller));
    expect(refusals).toEqual({
      ...refusalsFor('ADMINISTRATOR'),
      // For a caller who cannot see the workspace, `workspace` is null and the field is not executed.
      'a stranger': 'allowed',
      'the token of another workspace': 'allowed',
    });
  });
});

describe('viewer.auditEvents', () => {
  test('shows a user the events of their account and personal tokens, and none of a workspace', async () => {
    const ada = await postern.person('Ada', 'OWNER');
    const { id, secret } = await createPersonalToken(postern, ada.session, {
      access: 'SCOPED',
      scopes: [{ entityType: 'token', operations: ['UPDATE'] }],
    });
    await rename('Renamed', ada.session);
    await postern.post(
      'mutation ($id: ID!) { updateToken(input: { id: $id, name: "x" }) { token { id } } }',
      { id },
      secret,
    );
    const events = await eventsOfAccount(ada.session);
    expect(actionsOf(events)).toEqual(['token.updated', 'token.created', 'session.created', 'user.created']);
    expect(events.nodes[0]).toMatchObject({
      actorKind: 'PERSONAL_TOKEN',
      actor: { email: ada.email },
      actorToken: { id },
      targetId: id,
    });
    expect(actionsOf(await eventsOfAccount(ada.session, { filter: { actions: ['user.created'] } }))).toEqual([
      'user.created',
    ]);
  });

  test('requires a session', async () => {
    const personal = await createPersonalToken(postern, postern.owner.session);
    const workspace = await createWorkspaceToken(postern, 'OWNER');
    for (const { secret } of [personal, workspace]) {
      const { errors } = await postern.post(OF_ACCOUNT, {}, secret);
      expect(errors[0]?.extensions).toMatchObject({ code: 'FORBIDDEN', reason: 'SESSION_REQUIRED' });
    }
  });
});

describe('token.auditEvents', () => {
  test('shows the owner of a personal token the changes to it', async () => {
    const { id, secret } = await createPersonalToken(postern, postern.owner.session, {
      access: 'SCOPED',
      scopes: [{ entityType: 'token', operations: ['READ'] }],
    });
    const { data } = await postern.post(OF_TOKEN, { id }, postern.owner.session);
    expect(data.token.auditEvents).toMatchObject({
      nodes: [{ action: 'token.created', targetId: id }],
      totalCount: 1,
    });
    const { errors } = await postern.post(OF_TOKEN, { id }, secret);
    expect(errors[0]?.extensions).toMatchObject({ code: 'FORBIDDEN', reason: 'SESSION_REQUIRED' });
  });

  test('shows Administrators the changes to a workspace token', async () => {
    const { id } = await createWorkspaceToken(postern, 'VIEWER');
    const admin = await createWorkspaceToken(postern, 'ADMINISTRATOR');
    const { data } = await postern.post(OF_TOKEN, { id }, admin.secret);
    expect(data.token.auditEvents.totalCount).toBe(1);
    const manager = await postern.person('Manager', 'WORKSPACE_MANAGER');
    const { errors } = await postern.post(OF_TOKEN, { id }, manager.session);
    expect(errors[0]?.extensions).toMatchObject({
      reason: 'ROLE_REQUIRED',
      required: { role: 'ADMINISTRATOR' },
    });
  });
});

describe('node', () => {
  const node = async (id: string, secret: string) => {
    const response = await postern.post(NODE, { id }, secret);
    return response.errors[0] ?? response.data.node;
  };

  test('returns an audit row to callers who can read that log, and to no one else', async () => {
    const ada = await postern.person('Ada', 'WORKSPACE_MANAGER');
    const [ofWorkspaceLog] = (await eventsOfWorkspace()).nodes;
    const [ofAdasLog] = (await eventsOfAccount(ada.session)).nodes;
    const personal = await createPersonalToken(postern, postern.owner.session);
    const admin = await createWorkspaceToken(postern, 'ADMINISTRATOR');

    expect(await node(ofWorkspaceLog.id, postern.owner.session)).toEqual({
      id: ofWorkspaceLog.id,
      action: 'workspace.created',
    });
    expect(await node(ofWorkspaceLog.id, admin.secret)).toMatchObject({ id: ofWorkspaceLog.id });
    expect(await node(ofAdasLog.id, ada.session)).toEqual({ id: ofAdasLog.id, action: 'session.created' });
    for (const [id, secret] of [
      [ofWorkspaceLog.id, ada.session],
      [ofWorkspaceLog.id, personal.secret],
      [ofAdasLog.id, postern.owner.session],
      [ofAdasLog.id, admin.secret],
      ['evt_00000000000000000000000000000000', postern.owner.session],
    ]) {
      expect(await node(id, secret)).toBeNull();
    }
  });
});
