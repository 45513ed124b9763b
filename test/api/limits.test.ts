import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Answer, startTestApp, type TestApp } from '../support/app.ts';
import { createChannel, mutate, share } from '../support/channels.ts';
import { authOutcome, refusalIn } from '../support/responses.ts';
import { follow } from '../support/streams.ts';

const MOST = 4;
const BYTES = 65_536;

let postern: TestApp;
let owner: string;
beforeEach(async () => {
  postern = await startTestApp({
    POSTERN_CHANNELS_PER_WORKSPACE: String(MOST),
    POSTERN_WORKSPACES_PER_USER: String(MOST),
    POSTERN_SHARES_PER_CHANNEL: String(MOST),
    POSTERN_INVITATIONS_PER_WORKSPACE: String(MOST),
    POSTERN_SESSIONS_PER_USER: String(MOST),
    POSTERN_MESSAGE_BYTES_KEPT: String(BYTES),
  });
  owner = postern.owner.session;
});
afterEach(() => postern.close());

const createWorkspace = (by = owner) =>
  mutate(postern, 'createWorkspace', { name: 'Another' }, by, 'workspace { id }');

/** Makes concurrent calls and returns the number of each outcome. */
async function callConcurrently(
  times: number,
  call: (at: number) => Promise<Answer>,
): Promise<Record<string, number>> {
  const responses = await Promise.all(Array.from({ length: times }, (_, at) => call(at)));
  const counts: Record<string, number> = {};
  for (const response of responses) {
    const outcome = refusalIn(response) ?? 'done';
    counts[outcome] = (counts[outcome] ?? 0) + 1;
  }
  return counts;
}

test('fifty channels created concurrently stop at the limit of their workspace', async () => {
  const input = { workspaceId: postern.workspaceId, name: 'news' };
  const create = () => mutate(postern, 'createChannel', input, owner, 'channel { id }');
  expect(await callConcurrently(50, create)).toEqual({ done: MOST, LIMIT_REACHED: 50 - MOST });
});

test('fifty workspaces created concurrently stop at the limit of their user, and another user has a separate limit', async () => {
  // The first workspace was created with the owner.
  expect(await callConcurrently(50, () => createWorkspace())).toEqual({
    done: MOST - 1,
    LIMIT_REACHED: 51 - MOST,
  });
  const ada = await postern.person('Ada');
  expect(refusalIn(await createWorkspace(ada.session))).toBeNull();
});

test('a deleted workspace does not count for the limit; a workspace in which its creator lost the role Owner does', async () => {
  const ada = await postern.person('Ada');
  const ids: string[] = [];
  for (let count = 0; count < MOST; count++) {
    ids.push((await createWorkspace(ada.session)).data.createWorkspace.workspace.id);
  }
  const { db } = postern.database;
  await db.updateTable('members').set({ role: 0, direct_role: 0, given_role: 0 }).execute();
  expect(refusalIn(await createWorkspace(ada.session))).toBe('LIMIT_REACHED');
  await db.updateTable('members').set({ role: 4, direct_role: 4, given_role: 4 }).execute();
  await mutate(postern, 'deleteWorkspace', { id: ids[0] }, ada.session, 'deletedWorkspaceId');
  expect(refusalIn(await createWorkspace(ada.session))).toBeNull();
});

test('concurrent shares stop at the limit of their channel', async () => {
  const channelId = await createChannel(postern);
  const people = await Promise.all(
    Array.from({ length: MOST + 4 }, (_, at) => postern.person(`Guest${at}`, 'VIEWER')),
  );
  const share = (at: number) => {
    const input = { id: channelId, email: people[at]?.email, operations: ['READ'] };
    return mutate(postern, 'shareChannel', input, owner, 'channel { id }');
  };
  expect(await callConcurrently(people.length, share)).toEqual({ done: MOST, LIMIT_REACHED: 4 });
});

test('concurrent invitations stop at the limit of their workspace, and an address can be invited again', async () => {
  const { workspaceId } = postern;
  const invite = (at: number) => {
    const input = { workspaceId, email: `guest${at}@example.com`, role: 'VIEWER' };
    return mutate(postern, 'inviteMember', input, owner, 'invitation { id }');
  };
  expect(await callConcurrently(20, invite)).toEqual({ done: MOST, LIMIT_REACHED: 20 - MOST });
  const query = 'query ($workspaceId: ID!) { workspace(id: $workspaceId) { invitations { id email } } }';
  const { data } = await postern.post(query, { workspaceId }, owner);
  const [first] = data.workspace.invitations;
  expect(refusalIn(await invite(Number(/\d+/.exec(first.email)?.[0])))).toBeNull();
  expect(refusalIn(await invite(99))).toBe('LIMIT_REACHED');
  const renewed = (await postern.post(query, { workspaceId }, owner)).data.workspace.invitations;
  const revoked = { workspaceId, id: renewed[0].id };
  expect(refusalIn(await mutate(postern, 'revokeInvitation', revoked, owner, '__typename'))).toBeNull();
  expect(refusalIn(await invite(99))).toBeNull();
});

test('a sign-in at the limit of sessions ends the oldest session with its streams, and no other user loses one', async () => {
  const ada = await postern.person('Ada');
  const sessions = [ada.session];
  while (sessions.length < MOST) sessions.push(await postern.signIn(ada.email));
  const channelId = await createChannel(postern);
  await share(postern, channelId, ada, ['READ', 'SUBSCRIBE']);
  const streams = await Promise.all(sessions.slice(0, 2).map((by) => follow(postern, channelId, by)));
  expect(await Promise.all(sessions.map((by) => authOutcome(postern, by)))).toEqual(Array(MOST).fill('OK'));
  const concurrent = await Promise.all([postern.signIn(ada.email), postern.signIn(ada.email)]);
  await Promise.all(streams.map((stream) => stream.end()));
  const kept = [...sessions.slice(2), ...concurrent];
  expect(await Promise.all(kept.map((by) => authOutcome(postern, by)))).toEqual(Array(MOST).fill('OK'));
  const ended = await Promise.all(sessions.slice(0, 2).map((by) => authOutcome(postern, by)));
  expect(ended).toEqual(['INVALID_SESSION', 'INVALID_SESSION']);
  expect(await authOutcome(postern, owner)).toBe('OK');
  const { data } = await postern.post(
    '{ viewer { auditEvents(filter: { actions: ["session.ended"] }, first: 10) { nodes { detail } } } }',
    {},
    concurrent[0],
  );
  expect(data.viewer.auditEvents.nodes).toEqual([{ detail: { by: 'limit' } }, { detail: { by: 'limit' } }]);
});

test('a channel stores its newest messages up to the limit of bytes, to the byte', async () => {
  const channelId = await createChannel(postern);
  const publish = (length: number) =>
    mutate(
      postern,
      'publishMessage',
      { channelId, payload: 'x'.repeat(length - 2) },
      owner,
      'message { id }',
    );
  const storedMessages = async () => {
    const rows = await postern.database.db
      .selectFrom('messages')
      .select(['sequence', 'payload'])
      .orderBy('sequence')
      .execute();
    return rows.map(({ sequence, payload }) => [sequence, payload.length]);
  };
  const quarter = BYTES / 4;
  for (let count = 0; count < 4; count++) await publish(quarter);
  expect(await storedMessages()).toHaveLength(4);
  await publish(10);
  expect(await storedMessages()).toEqual([
    [2, quarter],
    [3, quarter],
    [4, quarter],
    [5, 10],
  ]);
  // A message that is exactly as large as the limit is stored alone.
  await publish(BYTES);
  expect(await storedMessages()).toEqual([[6, BYTES]]);
  expect((await callConcurrently(20, () => publish(quarter))).done).toBe(20);
  expect((await storedMessages()).map(([sequence]) => sequence)).toEqual([23, 24, 25, 26]);
});
