import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Role } from '../../src/domain/roles.ts';
import { type Person, startTestApp, type TestApp } from '../support/app.ts';
import { createChannel, mutate, share } from '../support/channels.ts';
import { refusalsBelow, refusalsFor } from '../support/role-gate.ts';
import { createPersonalToken, createWorkspaceToken } from '../support/tokens.ts';

let postern: TestApp;
beforeEach(async () => {
  postern = await startTestApp();
});
afterEach(() => postern.close());

const MEMBERS = `query ($id: ID!, $first: Int, $after: String) {
  workspace(id: $id) { members(first: $first, after: $after) {
    nodes { role joinedAt user { email } } totalCount pageInfo { endCursor hasNextPage }
  } }
}`;
const CHANGE_ROLE = `mutation ($workspaceId: ID!, $userId: ID!, $role: Role!) {
  updateMemberRole(input: { workspaceId: $workspaceId, userId: $userId, role: $role }) {
    member { role user { id } } workspace { id }
  }
}`;
const REMOVE = `mutation ($workspaceId: ID!, $userId: ID!) {
  removeMember(input: { workspaceId: $workspaceId, userId: $userId }) { removedUserId }
}`;

const ABSENT = 'usr_00000000000000000000000000000000';

function changeRole(userId: string, role: Role, secret: string | null) {
  return postern.post(CHANGE_ROLE, { workspaceId: postern.workspaceId, userId, role }, secret);
}

function remove(userId: string, secret: string | null) {
  return postern.post(REMOVE, { workspaceId: postern.workspaceId, userId }, secret);
}

async function rolesNow(): Promise<Record<string, Role>> {
  const { data } = await postern.post(MEMBERS, { id: postern.workspaceId }, postern.owner.session);
  const { nodes } = data.workspace.members as { nodes: { role: Role; user: { email: string } }[] };
  return Object.fromEntries(nodes.map(({ role, user }) => [user.email.split('@')[0], role]));
}

async function roleOf(person: Person): Promise<Role | undefined> {
  const query = 'query ($id: ID!) { workspace(id: $id) { viewerRole } }';
  return (await postern.post(query, { id: postern.workspaceId }, person.session)).data.workspace?.viewerRole;
}

describe('workspace.members', () => {
  test('lists members in the order in which they joined, page by page', async () => {
    for (const name of ['Ada', 'Ben', 'Cleo']) {
      postern.advance(1000);
      await postern.person(name, 'VIEWER');
    }
    const { data } = await postern.post(
      MEMBERS,
      { id: postern.workspaceId, first: 3 },
      postern.owner.session,
    );
    const { nodes, pageInfo, totalCount } = data.workspace.members;
    expect(nodes.map(({ user }: { user: { email: string } }) => user.email)).toEqual([
      'owner@example.com',
      'ada@example.com',
      'ben@example.com',
    ]);
    expect({ totalCount, more: pageInfo.hasNextPage }).toEqual({ totalCount: 4, more: true });
    const next = await postern.post(
      MEMBERS,
      { id: postern.workspaceId, after: pageInfo.endCursor },
      postern.owner.session,
    );
    expect(next.data.workspace.members.nodes).toEqual([
      {
        role: 'VIEWER',
        joinedAt: new Date(postern.now()).toISOString(),
        user: { email: 'cleo@example.com' },
      },
    ]);
  });

  test('is readable by every caller who can read the workspace, tokens included', async () => {
    const viewer = await postern.person('Viewer', 'VIEWER');
    const scopes = [{ entityType: 'workspace', entityId: postern.workspaceId, operations: ['READ'] }];
    const scoped = await createPersonalToken(postern, viewer.session, { access: 'SCOPED', scopes });
    const workspace = await createWorkspaceToken(postern, 'VIEWER');
    for (const secret of [viewer.session, scoped.secret, workspace.secret]) {
      const { data } = await postern.post(MEMBERS, { id: postern.workspaceId }, secret);
      expect(data.workspace.members.totalCount).toBe(2);
    }
  });

  test('is refused to a token that can only list workspaces', async () => {
    const scopes = [{ entityType: 'workspace', operations: ['LIST'] }];
    const { secret } = await createPersonalToken(postern, postern.owner.session, {
      access: 'SCOPED',
      scopes,
    });
    const query = '{ workspaces { nodes { name members { totalCount } } } }';
    const { errors } = await postern.post(query, {}, secret);
    expect(errors[0]?.extensions).toMatchObject({ code: 'FORBIDDEN', reason: 'MISSING_SCOPE' });
  });
});

describe('updateMemberRole', () => {
  test('to a lower role ends the shares that the member gave to themselves', async () => {
    const ada = await postern.person('Ada', 'TEAM_MEMBER');
    const id = await createChannel(postern);
    const operations = ['PUBLISH', 'DELETE'];
    await mutate(postern, 'shareChannel', { id, email: ada.email, operations }, ada.session, '__typename');
    await changeRole(ada.id, 'VIEWER', postern.owner.session);
    const { errors } = await mutate(postern, 'deleteChannel', { id }, ada.session, '__typename');
    expect(errors[0]?.extensions).toMatchObject({ code: 'FORBIDDEN', reason: 'ROLE_REQUIRED' });
  });

  test('to a higher role keeps the shares', async () => {
    const ada = await postern.person('Ada', 'VIEWER');
    const id = await createChannel(postern);
    await share(postern, id, ada, ['PUBLISH']);
    await changeRole(ada.id, 'TEAM_MEMBER', postern.owner.session);
    const query = 'query ($id: ID!) { channel(id: $id) { shares { operations } } }';
    const { data } = await postern.post(query, { id }, ada.session);
    expect(data.channel.shares).toEqual([{ operations: ['PUBLISH'] }]);
  });

  test('gives another role, from the next request on', async () => {
    const admin = await postern.person('Admin', 'ADMINISTRATOR');
    const ada = await postern.person('Ada', 'VIEWER');
    const { data } = await changeRole(ada.id, 'ADMINISTRATOR', admin.session);
    expect(data.updateMemberRole).toEqual({
      member: { role: 'ADMINISTRATOR', user: { id: ada.id } },
      workspace: { id: postern.workspaceId },
    });
    expect(await roleOf(ada)).toBe('ADMINISTRATOR');
  });

  test('works with a workspace token, up to its role', async () => {
    const ada = await postern.person('Ada', 'VIEWER');
    const { secret } = await createWorkspaceToken(postern, 'ADMINISTRATOR');
    expect((await changeRole(ada.id, 'WORKSPACE_MANAGER', secret)).errors).toEqual([]);
    const { errors } = await changeRole(ada.id, 'OWNER', secret);
    expect(errors[0]?.extensions).toMatchObject({ code: 'FORBIDDEN', reason: 'EXCEEDS_CALLER' });
    expect(await roleOf(ada)).toBe('WORKSPACE_MANAGER');
  });

  test('cannot give a role above that of the caller, not even to the caller', async () => {
    const admin = await postern.person('Admin', 'ADMINISTRATOR');
    const ada = await postern.person('Ada', 'VIEWER');
    for (const { id } of [admin, ada]) {
      const { errors } = await changeRole(id, 'OWNER', admin.session);
      expect(errors[0]?.extensions).toMatchObject({ code: 'FORBIDDEN', reason: 'EXCEEDS_CALLER' });
    }
  });

  test('cannot change a member whose role is above that of the caller', async () => {
    const admin = await postern.person('Admin', 'ADMINISTRATOR');
    const { errors } = await changeRole(postern.owner.id, 'VIEWER', admin.session);
    expect(errors[0]?.extensions).toMatchObject({
      code: 'FORBIDDEN',
      reason: 'ROLE_REQUIRED',
      required: { role: 'OWNER' },
    });
    expect(await rolesNow()).toMatchObject({ owner: 'OWNER' });
  });

  test('to the same role changes nothing and writes nothing', async () => {
    const ada = await postern.person('Ada', 'VIEWER');
    expect((await changeRole(ada.id, 'VIEWER', postern.owner.session)).data.updateMemberRole).not.toBeNull();
    const query = `query ($id: ID!) { workspace(id: $id) {
      auditEvents(filter: { actions: ["member.role_changed"] }) { totalCount } } }`;
    const { data } = await postern.post(query, { id: postern.workspaceId }, postern.owner.session);
    expect(data.workspace.auditEvents.totalCount).toBe(0);
  });

  test('is effective for the next field of the same request', async () => {
    const ada = await postern.person('Ada', 'OWNER');
    const query = `mutation ($workspaceId: ID!, $userId: ID!) {
      demoteMe: updateMemberRole(input: { workspaceId: $workspaceId, userId: $userId, role: VIEWER }) { member { role } }
      adminThing: updateTokenPolicy(input: { workspaceId: $workspaceId, requireExpiry: true }) { workspace { id } }
    }`;
    const variables = { workspaceId: postern.workspaceId, userId: ada.id };
    const { errors } = await postern.post(query, variables, ada.session);
    expect(errors).toMatchObject([{ path: ['adminThing'], extensions: { reason: 'ROLE_REQUIRED' } }]);
  });

  test('never leaves a workspace without an Owner whose account is active', async () => {
    expect((await changeRole(postern.owner.id, 'VIEWER', postern.owner.session)).code).toBe('CONFLICT');
    const ada = await postern.person('Ada', 'OWNER');
    await postern.database.db
      .updateTable('users')
      .set({ deactivated_at: 1 })
      .where('email', '=', ada.email)
      .execute();
    expect((await changeRole(postern.owner.id, 'VIEWER', postern.owner.session)).code).toBe('CONFLICT');
    expect(await rolesNow()).toMatchObject({ owner: 'OWNER' });
  });

  test('leaves one Owner if two demote each other concurrently', async () => {
    const ada = await postern.person('Ada', 'OWNER');
    const responses = await Promise.all([
      changeRole(ada.id, 'VIEWER', postern.owner.session),
      changeRole(postern.owner.id, 'VIEWER', ada.session),
    ]);
    expect(responses.map(({ errors }) => errors.length).sort()).toEqual([0, 1]);
    const roles = [await roleOf(ada), await roleOf(postern.owner)];
    expect(roles.sort()).toEqual(['OWNER', 'VIEWER']);
  });

  test('leaves one Owner if five step down concurrently', async () => {
    const owners = [postern.owner];
    for (const name of ['A', 'B', 'C', 'D']) owners.push(await postern.person(name, 'OWNER'));
    const responses = await Promise.all(owners.map(({ id, session }) => changeRole(id, 'VIEWER', session)));
    expect(responses.map(({ code }) => code).sort()).toEqual(['CONFLICT', ...Array(4).fill(undefined)]);
  });

  test('of a person who is not a member is NOT_FOUND', async () => {
    const stranger = await postern.person('Stranger');
    for (const id of [stranger.id, ABSENT, 'nonsense']) {
      expect((await changeRole(id, 'VIEWER', postern.owner.session)).code).toBe('NOT_FOUND');
    }
  });

  test('is refused to every caller below Administrator', async () => {
    const ada = await postern.person('Ada', 'VIEWER');
    const refusals = await refusalsBelow(postern, 'ADMINISTRATOR', (secret) =>
      changeRole(ada.id, 'VIEWER', secret),
    );
    expect(refusals).toEqual(refusalsFor('ADMINISTRATOR'));
  });
});

describe('removeMember', () => {
  test('excludes a member and the personal tokens of that member from the next request on', async () => {
    const ada = await postern.person('Ada', 'ADMINISTRATOR');
    const { secret } = await createPersonalToken(postern, ada.session);
    const { data } = await remove(ada.id, postern.owner.session);
    expect(data.removeMember.removedUserId).toBe(ada.id);
    for (const credential of [ada.session, secret]) {
      const response = await postern.post(MEMBERS, { id: postern.workspaceId }, credential);
      expect(response).toMatchObject({ data: { workspace: null }, errors: [] });
    }
  });

  test('of a removed member is NOT_FOUND', async () => {
    const ada = await postern.person('Ada', 'VIEWER');
    await remove(ada.id, postern.owner.session);
    expect((await remove(ada.id, postern.owner.session)).code).toBe('NOT_FOUND');
  });

  test('lets every member leave, with a session', async () => {
    const ada = await postern.person('Ada', 'VIEWER');
    expect((await remove(ada.id, ada.session)).data.removeMember.removedUserId).toBe(ada.id);
    expect(await rolesNow()).toEqual({ owner: 'OWNER' });
  });

  test('does not let a member leave with a token', async () => {
    const ada = await postern.person('Ada', 'VIEWER');
    const { secret } = await createPersonalToken(postern, ada.session);
    const { errors } = await remove(ada.id, secret);
    expect(errors[0]?.extensions).toMatchObject({ code: 'FORBIDDEN', reason: 'ROLE_GATED' });
    expect(await roleOf(ada)).toBe('VIEWER');
  });

  test('does not remove the last Owner, who cannot leave either', async () => {
    expect((await remove(postern.owner.id, postern.owner.session)).code).toBe('CONFLICT');
    const { secret } = await createWorkspaceToken(postern, 'OWNER');
    expect((await remove(postern.owner.id, secret)).code).toBe('FORBIDDEN');
    expect(await rolesNow()).toEqual({ owner: 'OWNER' });
  });

  test('leaves one Owner if two remove each other concurrently', async () => {
    const ada = await postern.person('Ada', 'OWNER');
    await Promise.all([remove(ada.id, postern.owner.session), remove(postern.owner.id, ada.session)]);
    const roles = [await roleOf(ada), await roleOf(postern.owner)];
    expect(roles.filter((role) => role === 'OWNER')).toHaveLength(1);
  });

  test('cannot remove a member whose role is above that of the caller', async () => {
    const admin = await postern.person('Admin', 'ADMINISTRATOR');
    const { errors } = await remove(postern.owner.id, admin.session);
    expect(errors[0]?.extensions).toMatchObject({ reason: 'ROLE_REQUIRED', required: { role: 'OWNER' } });
  });

  test('works with a workspace token of an Administrator', async () => {
    const ada = await postern.person('Ada', 'TEAM_MEMBER');
    const { secret } = await createWorkspaceToken(postern, 'ADMINISTRATOR');
    expect((await remove(ada.id, secret)).errors).toEqual([]);
    expect(await rolesNow()).toEqual({ owner: 'OWNER' });
  });

  test('of a person who is not a member is NOT_FOUND', async () => {
    expect((await remove(ABSENT, postern.owner.session)).code).toBe('NOT_FOUND');
  });

  test('is refused to every caller below Administrator', async () => {
    const ada = await postern.person('Ada', 'VIEWER');
    const refusals = await refusalsBelow(postern, 'ADMINISTRATOR', (secret) => remove(ada.id, secret));
    expect(refusals).toEqual(refusalsFor('ADMINISTRATOR'));
    expect(await roleOf(ada)).toBe('VIEWER');
  });
});
