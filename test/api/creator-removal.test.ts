import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Person, startTestApp, type TestApp } from '../support/app.ts';
import { createChannel, mutate } from '../support/channels.ts';
import { authOutcome } from '../support/responses.ts';
import { follow } from '../support/streams.ts';
import { createWorkspaceToken, type IssuedToken } from '../support/tokens.ts';

let postern: TestApp;
/** An Administrator, a workspace token that she created, and one that this token created. */
let admin: Person;
let token: IssuedToken;
let child: IssuedToken;

beforeEach(async () => {
  postern = await startTestApp();
  admin = await postern.person('Admin', 'ADMINISTRATOR');
  token = await createWorkspaceToken(postern, 'ADMINISTRATOR', {}, admin.session);
  child = await createWorkspaceToken(postern, 'VIEWER', {}, token.secret);
});
afterEach(() => postern.close());

const remove = (person: Person, by: string, more: object = {}) => {
  const input = { workspaceId: postern.workspaceId, userId: person.id, ...more };
  return mutate(postern, 'removeMember', input, by, 'removedUserId');
};

async function isMember(person: Person): Promise<boolean> {
  const query = 'query ($id: ID!) { workspace(id: $id) { id } }';
  return (await postern.post(query, { id: postern.workspaceId }, person.session)).data.workspace !== null;
}

const outcomes = () => Promise.all([token, child].map(({ secret }) => authOutcome(postern, secret)));

test('with revokeCreated, a removed member cannot come back by a workspace token that they created', async () => {
  const others = await createWorkspaceToken(postern, 'ADMINISTRATOR');
  const stream = await follow(postern, await createChannel(postern), child.secret);
  expect((await remove(admin, postern.owner.session, { revokeCreated: true })).errors).toEqual([]);
  expect(await outcomes()).toEqual(['TOKEN_REVOKED', 'TOKEN_REVOKED']);
  expect(await authOutcome(postern, others.secret)).toBe('OK');
  expect(await stream.end()).toBeLessThan(1000);
  const { errors } = await mutate(
    postern,
    'inviteMember',
    { workspaceId: postern.workspaceId, email: admin.email, role: 'ADMINISTRATOR' },
    token.secret,
    'invitationSecret',
  );
  expect(errors[0]?.extensions.code).toBe('TOKEN_REVOKED');
});

test('without revokeCreated, the workspace tokens of a removed member stay', async () => {
  expect((await remove(admin, postern.owner.session)).errors).toEqual([]);
  expect(await outcomes()).toEqual(['OK', 'OK']);
});

test('revokeCreated cannot revoke a workspace token whose role is above that of the caller, and then changes nothing', async () => {
  const owner = await postern.person('Former', 'OWNER');
  const high = await createWorkspaceToken(postern, 'OWNER', {}, owner.session);
  const demotion = { workspaceId: postern.workspaceId, userId: owner.id, role: 'VIEWER' };
  await mutate(postern, 'updateMemberRole', demotion, postern.owner.session, '__typename');
  const { errors } = await remove(owner, admin.session, { revokeCreated: true });
  expect(errors[0]?.extensions).toMatchObject({ reason: 'ROLE_REQUIRED', required: { role: 'OWNER' } });
  expect([await isMember(owner), await authOutcome(postern, high.secret)]).toEqual([true, 'OK']);
});

test('a member who leaves can use revokeCreated only as an Administrator', async () => {
  const viewer = await postern.person('Viewer', 'VIEWER');
  const { errors } = await remove(viewer, viewer.session, { revokeCreated: true });
  expect(errors[0]?.extensions).toMatchObject({
    reason: 'ROLE_REQUIRED',
    required: { role: 'ADMINISTRATOR' },
  });
  expect(await isMember(viewer)).toBe(true);
  expect((await remove(admin, admin.session, { revokeCreated: true })).errors).toEqual([]);
  expect(await outcomes()).toEqual(['TOKEN_REVOKED', 'TOKEN_REVOKED']);
});

test('the workspace tokens that a member created can be listed before the removal', async () => {
  await createWorkspaceToken(postern, 'VIEWER');
  const query = `query ($id: ID!, $filter: TokenFilter!) {
    workspace(id: $id) { tokens(filter: $filter) { nodes { id } totalCount } } }`;
  const listed = async (createdBy: string) => {
    const variables = { id: postern.workspaceId, filter: { createdBy } };
    return (await postern.post(query, variables, postern.owner.session)).data.workspace.tokens;
  };
  expect(await listed(admin.id)).toEqual({ nodes: [{ id: token.id }], totalCount: 1 });
  expect(await listed('usr_00000000000000000000000000000000')).toEqual({ nodes: [], totalCount: 0 });
  expect(await listed('nonsense')).toEqual({ nodes: [], totalCount: 0 });
});

test('the operator sees what a deactivated user created, and can revoke it with the account', async () => {
  const operator = postern.app.services.operator;
  const first = await operator.deactivateUser(admin.email);
  expect(first).toMatchObject({ isNew: true, created: [{ role: 'ADMINISTRATOR', name: 'workspace' }] });
  expect(await outcomes()).toEqual(['OK', 'OK']);
  expect(await operator.deactivateUser(admin.email, true)).toMatchObject({ isNew: false });
  expect(await outcomes()).toEqual(['TOKEN_REVOKED', 'TOKEN_REVOKED']);
  expect((await operator.deactivateUser(admin.email)).created).toEqual([]);
});
