import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { parseGlobalId } from '../../src/domain/global-id.ts';
import { OPERATIONS } from '../../src/domain/scopes.ts';
import { type Person, startTestApp, type TestApp } from '../support/app.ts';
import { createChannel, mutate, share } from '../support/channels.ts';
import { createPersonalToken } from '../support/tokens.ts';

const SHAREABLE = OPERATIONS.filter((operation) => operation !== 'CREATE');

let postern: TestApp;
let owner: string;
let guest: Person;
let id: string;

beforeEach(async () => {
  postern = await startTestApp();
  owner = postern.owner.session;
  guest = await postern.person('Guest');
  id = await createChannel(postern);
});

afterEach(() => postern.close());

function shareWith(input: object, by: string = owner) {
  const selection = 'channel { shares { user { email } operations } }';
  return mutate(postern, 'shareChannel', { id, email: guest.email, ...input }, by, selection);
}

/** Returns the operations that viewer.can allows a caller on the channel. */
async function abilities(secret: string): Promise<string[]> {
  const checks = SHAREABLE.map((operation) => ({ operation, entityType: 'channel', entityId: id }));
  const query = 'query ($checks: [CheckInput!]!) { viewer { canAll(checks: $checks) { allowed } } }';
  const { data } = await postern.post(query, { checks }, secret);
  return SHAREABLE.filter((_, index) => data.viewer.canAll[index].allowed);
}

function uuidOf(globalId: string): string {
  return parseGlobalId(globalId)?.id as string;
}

async function listed(secret: string): Promise<string[]> {
  const { data } = await postern.post('{ channels { nodes { id } } }', {}, secret);
  return data.channels.nodes.map((node: { id: string }) => node.id);
}

test.each(SHAREABLE)(
  'a user with a share of %s can do exactly that, with a session and with a token',
  async (operation) => {
    const token = await createPersonalToken(postern, guest.session);
    expect(await abilities(guest.session)).toEqual([]);
    await share(postern, id, guest, [operation]);
    expect(await abilities(guest.session)).toEqual([operation]);
    expect(await abilities(token.secret)).toEqual([operation]);
    expect(await listed(guest.session)).toEqual(operation === 'LIST' ? [id] : []);
    const { data } = await postern.post(`{ channel(id: "${id}") { id } }`, {}, guest.session);
    expect(data.channel).toEqual(operation === 'READ' ? { id } : null);
  },
);

test('a share does not open other channels, the workspace or its members', async () => {
  await createChannel(postern, { name: 'neighbour' });
  await share(postern, id, guest, SHAREABLE);
  expect(await listed(guest.session)).toEqual([id]);
  const { data } = await postern.post(
    `{ workspaces { totalCount } workspace(id: "${postern.workspaceId}") { id }
       channel(id: "${id}") { workspace { id name viewerRole channels { nodes { id } } } } }`,
    {},
    guest.session,
  );
  expect(data).toMatchObject({
    workspaces: { totalCount: 0 },
    workspace: null,
    channel: { workspace: { name: 'Main', viewerRole: null, channels: { nodes: [{ id }] } } },
  });
  for (const field of ['members { totalCount }', 'entityTypes { name }', 'tokenPolicy { requireExpiry }']) {
    const query = `{ channel(id: "${id}") { workspace { ${field} } } }`;
    expect((await postern.post(query, {}, guest.session)).code).toBe('NOT_FOUND');
  }
  const input = { workspaceId: postern.workspaceId, name: 'mine' };
  expect((await mutate(postern, 'createChannel', input, guest.session, '__typename')).code).toBe('FORBIDDEN');
});

test('sharing again replaces the share, and unsharing ends it from the next request on', async () => {
  await share(postern, id, guest, ['READ', 'PUBLISH']);
  const { data } = await shareWith({ operations: ['LIST', 'READ', 'LIST'] });
  expect(data.shareChannel.channel.shares).toEqual([
    { user: { email: guest.email }, operations: ['READ', 'LIST'] },
  ]);
  expect(await abilities(guest.session)).toEqual(['READ', 'LIST']);

  const unshare = { id, userId: guest.id };
  await mutate(postern, 'unshareChannel', unshare, owner, '__typename');
  expect(await abilities(guest.session)).toEqual([]);
  expect(await listed(guest.session)).toEqual([]);
  expect((await mutate(postern, 'unshareChannel', unshare, owner, '__typename')).code).toBe('NOT_FOUND');
});

test.each([
  ['nothing', { operations: [] }, ['input', 'operations']],
  ['CREATE', { operations: ['CREATE', 'READ'] }, ['input', 'operations']],
  ['with an unknown address', { operations: ['READ'], email: 'unknown@example.com' }, ['input', 'email']],
])('sharing %s is refused, and changes nothing', async (_what, input, path) => {
  const { errors } = await shareWith(input);
  expect(errors).toMatchObject([{ extensions: { code: 'BAD_USER_INPUT', issues: [{ path }] } }]);
  expect(await abilities(guest.session)).toEqual([]);
});

test('a share with a member adds to the operations of the role', async () => {
  const viewer = await postern.person('Viewer', 'VIEWER');
  await share(postern, id, viewer, ['PUBLISH']);
  expect(await abilities(viewer.session)).toEqual(['READ', 'LIST', 'PUBLISH', 'SUBSCRIBE']);
});

test('a share of a member ends with the membership', async () => {
  const member = await postern.person('Member', 'TEAM_MEMBER');
  await share(postern, id, member, ['READ']);
  const input = { workspaceId: postern.workspaceId, userId: member.id };
  await mutate(postern, 'removeMember', input, owner, '__typename');
  expect(await abilities(member.session)).toEqual([]);
});

test('the policy of the workspace closes shares to tokens too', async () => {
  await share(postern, id, guest, ['READ', 'LIST']);
  const token = await createPersonalToken(postern, guest.session);
  const policy = { workspaceId: postern.workspaceId, personalTokens: 'FORBIDDEN' };
  await mutate(postern, 'updateTokenPolicy', policy, owner, '__typename');
  expect(await abilities(token.secret)).toEqual([]);
  expect(await listed(token.secret)).toEqual([]);
  expect(await abilities(guest.session)).toEqual(['READ', 'LIST']);
});

describe('a caller can share only operations that the caller can do', () => {
  test('a guest passes on only the operations of the guest', async () => {
    const friend = await postern.person('Friend');
    await share(postern, id, guest, ['SHARE', 'READ']);
    const refused = await shareWith({ email: friend.email, operations: ['READ', 'PUBLISH'] }, guest.session);
    expect(refused.errors[0]?.extensions).toEqual({ code: 'FORBIDDEN', reason: 'EXCEEDS_CALLER' });
    expect(await abilities(friend.session)).toEqual([]);
    await shareWith({ email: friend.email, operations: ['READ'] }, guest.session);
    expect(await abilities(friend.session)).toEqual(['READ']);
  });

  test('a token passes on only the operations of its scopes on that channel', async () => {
    const other = await createChannel(postern, { name: 'other' });
    const scopes = [
      { entityType: 'channel', entityId: id, operations: ['SHARE', 'READ'] },
      { entityType: 'channel', entityId: other, operations: ['PUBLISH'] },
    ];
    const token = await createPersonalToken(postern, owner, { access: 'SCOPED', scopes });
    const refused = await shareWith({ operations: ['PUBLISH'] }, token.secret);
    expect(refused.errors[0]?.extensions).toEqual({ code: 'FORBIDDEN', reason: 'EXCEEDS_CALLER' });
    expect((await shareWith({ operations: ['READ'] }, token.secret)).code).toBe(undefined);
    expect(await abilities(guest.session)).toEqual(['READ']);
  });
});

describe('a share has a row for each granter', () => {
  let friend: Person;

  beforeEach(async () => {
    friend = await postern.person('Friend');
    await share(postern, id, guest, ['SHARE', 'UNSHARE', 'READ', 'LIST']);
  });

  const unshare = (userId: string, by: string) =>
    mutate(postern, 'unshareChannel', { id, userId }, by, '__typename');

  test('the operations of several granters add up, and appear as one share', async () => {
    await share(postern, id, friend, ['PUBLISH', 'READ']);
    const { data } = await shareWith({ email: friend.email, operations: ['LIST', 'READ'] }, guest.session);
    const shown = data.shareChannel.channel.shares.find(({ user }: any) => user.email === friend.email);
    expect(shown.operations).toEqual(['READ', 'LIST', 'PUBLISH']);
    expect(await abilities(friend.session)).toEqual(['READ', 'LIST', 'PUBLISH']);
  });

  test('a guest replaces and ends only shares of their own', async () => {
    await share(postern, id, friend, ['PUBLISH']);
    expect((await unshare(friend.id, guest.session)).code).toBe('NOT_FOUND');
    await shareWith({ email: friend.email, operations: ['LIST'] }, guest.session);
    await shareWith({ email: friend.email, operations: ['READ'] }, guest.session);
    expect(await abilities(friend.session)).toEqual(['READ', 'PUBLISH']);
    await unshare(friend.id, guest.session);
    expect(await abilities(friend.session)).toEqual(['PUBLISH']);
  });

  test('a member who can share replaces and ends the shares of every granter', async () => {
    await shareWith({ email: friend.email, operations: ['LIST'] }, guest.session);
    await share(postern, id, friend, ['READ']);
    expect(await abilities(friend.session)).toEqual(['READ']);
    await shareWith({ email: friend.email, operations: ['LIST'] }, guest.session);
    await unshare(friend.id, owner);
    expect(await abilities(friend.session)).toEqual([]);
  });

  test('two guests who share with each other and with themselves give no authority', async () => {
    const operations = ['SHARE', 'READ', 'LIST'];
    await shareWith({ email: friend.email, operations }, guest.session);
    await shareWith({ email: guest.email, operations }, friend.session);
    await shareWith({ email: guest.email, operations }, guest.session);
    await shareWith({ email: friend.email, operations }, friend.session);
    // Ends only the share by the owner.
    await postern.database.db
      .deleteFrom('channel_shares')
      .where('granted_by', '=', uuidOf(postern.owner.id))
      .execute();
    expect(await abilities(guest.session)).toEqual([]);
    expect(await abilities(friend.session)).toEqual([]);
    const { data } = await postern.post(`{ channel(id: "${id}") { shares { operations } } }`, {}, owner);
    expect(data.channel.shares).toEqual([]);
  });

  test('a guest has an operation and SHARE from different granters, and can pass it on', async () => {
    const other = await postern.person('Other');
    await shareWith({ email: friend.email, operations: ['SHARE'] }, guest.session);
    await postern.database.db
      .insertInto('channel_shares')
      .values({
        channel_id: uuidOf(id),
        user_id: uuidOf(friend.id),
        granter_id: uuidOf(postern.owner.id),
        granted_by: uuidOf(postern.owner.id),
        granted_by_token: null,
        operation: 'READ',
      })
      .execute();
    await shareWith({ email: other.email, operations: ['READ'] }, friend.session);
    expect(await abilities(other.session)).toEqual(['READ']);
    await share(postern, id, guest, ['READ', 'LIST']);
    expect(await abilities(friend.session)).toEqual(['READ']);
    expect(await abilities(other.session)).toEqual([]);
  });
});
