import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Person, startTestApp, type TestApp } from '../support/app.ts';
import { createChannel, mutate } from '../support/channels.ts';
import { createPersonalToken, createWorkspaceToken } from '../support/tokens.ts';

const FIELDS = 'id name description workspace { id } createdAt updatedAt';
const ABSENT = `chn_${'0'.repeat(32)}`;

let postern: TestApp;
let owner: string;
let workspaceId: string;

beforeEach(async () => {
  postern = await startTestApp();
  owner = postern.owner.session;
  workspaceId = postern.workspaceId;
});

afterEach(() => postern.close());

function create(input: object, by: string | null = owner) {
  return mutate(
    postern,
    'createChannel',
    { workspaceId, name: 'news', ...input },
    by,
    `channel { ${FIELDS} }`,
  );
}

async function look(id: string, by: string) {
  const { data, errors } = await postern.post(
    'query ($id: ID!) { channel(id: $id) { id name } node(id: $id) { id } }',
    { id },
    by,
  );
  return errors.length > 0 ? errors.map(({ extensions }) => extensions.reason ?? extensions.code) : data;
}

async function names(by: string, inWorkspace?: string): Promise<string[]> {
  const { data } = await postern.post(
    'query ($id: ID) { channels(workspaceId: $id) { nodes { name } totalCount } }',
    { id: inWorkspace },
    by,
  );
  expect(data.channels.totalCount).toBe(data.channels.nodes.length);
  return data.channels.nodes.map(({ name }: { name: string }) => name);
}

test('a channel is created, read, updated and deleted', async () => {
  const made = (await create({ name: '  Ne\u0301ws ', description: 'What is new' })).data.createChannel
    .channel;
  const now = new Date(postern.now()).toISOString();
  expect(made).toEqual({
    id: expect.stringMatching(/^chn_[0-9a-f]{32}$/),
    name: 'N\u00e9ws',
    description: 'What is new',
    workspace: { id: workspaceId },
    createdAt: now,
    updatedAt: now,
  });
  const { id } = made;
  expect(await look(id, owner)).toEqual({ channel: { id, name: 'Néws' }, node: { id } });

  postern.advance(1000);
  const { data } = await mutate(
    postern,
    'updateChannel',
    { id, name: 'Other' },
    owner,
    `channel { ${FIELDS} }`,
  );
  const later = new Date(postern.now()).toISOString();
  expect(data.updateChannel.channel).toEqual({ ...made, name: 'Other', updatedAt: later });
  const emptied = await mutate(
    postern,
    'updateChannel',
    { id, description: null },
    owner,
    `channel { ${FIELDS} }`,
  );
  expect(emptied.data.updateChannel.channel).toMatchObject({ name: 'Other', description: null });

  const deleted = await mutate(postern, 'deleteChannel', { id }, owner, 'deletedChannelId');
  expect(deleted.data.deleteChannel.deletedChannelId).toBe(id);
  expect(await look(id, owner)).toEqual({ channel: null, node: null });
  expect((await mutate(postern, 'deleteChannel', { id }, owner, 'deletedChannelId')).code).toBe('NOT_FOUND');
});

test.each([
  ['an empty name', { name: '' }, ['input', 'name']],
  ['a name that is too long', { name: 'x'.repeat(101) }, ['input', 'name']],
  ['a name with a bidirectional override', { name: 'a\u202eb' }, ['input', 'name']],
  ['a description that is too long', { description: 'x'.repeat(501) }, ['input', 'description']],
])('%s creates no channel', async (_what, input, path) => {
  const { errors } = await create(input);
  expect(errors).toMatchObject([{ extensions: { code: 'BAD_USER_INPUT', issues: [{ path }] } }]);
  expect(await names(owner)).toEqual([]);
});

test('an absent and a foreign channel get the same response, to the byte', async () => {
  const stranger = await postern.person('Stranger');
  const id = await createChannel(postern);
  for (const field of [
    'updateChannel',
    'deleteChannel',
    'publishMessage',
    'shareChannel',
    'unshareChannel',
  ]) {
    const inputFor = (channel: string) =>
      ({
        publishMessage: { channelId: channel, payload: 1 },
        shareChannel: { id: channel, email: 'owner@example.com', operations: ['READ'] },
        unshareChannel: { id: channel, userId: postern.owner.id },
      })[field] ?? { id: channel };
    const foreign = await mutate(postern, field, inputFor(id), stranger.session, '__typename');
    const absent = await mutate(postern, field, inputFor(ABSENT), stranger.session, '__typename');
    expect(foreign.code).toBe('NOT_FOUND');
    expect(foreign.errors).toEqual(absent.errors);
  }
  expect(await look(id, stranger.session)).toEqual(await look(ABSENT, stranger.session));
});

test('a Viewer can only read and list channels', async () => {
  const viewer = await postern.person('Viewer', 'VIEWER');
  const id = await createChannel(postern);
  expect(await look(id, viewer.session)).toMatchObject({ channel: { id } });
  expect(await names(viewer.session)).toEqual(['news']);
  const refused = { code: 'FORBIDDEN', reason: 'ROLE_REQUIRED', required: { role: 'TEAM_MEMBER' } };
  for (const [field, input] of [
    ['createChannel', { workspaceId, name: 'x' }],
    ['updateChannel', { id }],
    ['deleteChannel', { id }],
    ['publishMessage', { channelId: id, payload: 1 }],
  ] as const) {
    const { errors } = await mutate(postern, field, input, viewer.session, '__typename');
    expect(errors).toMatchObject([{ extensions: refused }]);
  }
});

test('a workspace token can do on its channels what its role can, and nothing elsewhere', async () => {
  const elsewhere = await postern.workspace('Elsewhere', [[postern.owner, 'OWNER']]);
  const foreign = await createChannel(postern, { name: 'foreign', workspaceId: elsewhere });
  const viewer = await createWorkspaceToken(postern, 'VIEWER');
  const team = await createWorkspaceToken(postern, 'TEAM_MEMBER');
  const { data } = await create({}, team.secret);
  const { id } = data.createChannel.channel;
  expect(await names(viewer.secret)).toEqual(['news']);
  expect(await look(foreign, team.secret)).toEqual({ channel: null, node: null });
  expect((await create({}, viewer.secret)).errors[0]?.extensions.reason).toBe('ROLE_REQUIRED');
  expect((await create({ workspaceId: elsewhere }, team.secret)).code).toBe('NOT_FOUND');
  expect((await mutate(postern, 'deleteChannel', { id: foreign }, team.secret, '__typename')).code).toBe(
    'NOT_FOUND',
  );
  expect(
    (await mutate(postern, 'deleteChannel', { id }, team.secret, 'deletedChannelId')).code,
  ).toBeUndefined();
});

test('lists contain the channels that the caller can list, of one workspace or of all, page by page', async () => {
  const second = await postern.workspace('Second', [[postern.owner, 'OWNER']]);
  for (const name of ['a', 'b', 'c']) {
    await createChannel(postern, { name });
    postern.advance(1);
  }
  await createChannel(postern, { name: 'd', workspaceId: second });
  expect(await names(owner)).toEqual(['a', 'b', 'c', 'd']);
  expect(await names(owner, second)).toEqual(['d']);
  expect(await names(owner, 'wsp_nonsense')).toEqual([]);

  const query = `query ($id: ID!, $after: String) { workspace(id: $id) {
    channels(first: 2, after: $after) { nodes { name } pageInfo { hasNextPage endCursor } totalCount }
  } }`;
  const first = (await postern.post(query, { id: workspaceId }, owner)).data.workspace.channels;
  expect(first).toMatchObject({ nodes: [{ name: 'a' }, { name: 'b' }], totalCount: 3 });
  const after = first.pageInfo.endCursor;
  const rest = (await postern.post(query, { id: workspaceId, after }, owner)).data.workspace.channels;
  expect(rest).toMatchObject({ nodes: [{ name: 'c' }], pageInfo: { hasNextPage: false } });
});

test('a workspace that forbids personal tokens closes its channels to them, and not to its members', async () => {
  const id = await createChannel(postern);
  const token = await createPersonalToken(postern, owner);
  expect(await names(token.secret)).toEqual(['news']);
  await mutate(
    postern,
    'updateTokenPolicy',
    { workspaceId, personalTokens: 'FORBIDDEN' },
    owner,
    '__typename',
  );
  expect(await names(token.secret)).toEqual([]);
  expect(await look(id, token.secret)).toEqual({ channel: null, node: null });
  const { errors } = await mutate(postern, 'updateChannel', { id }, token.secret, '__typename');
  expect(errors[0]?.extensions).toEqual({ code: 'FORBIDDEN', reason: 'POLICY' });
  expect(await names(owner)).toEqual(['news']);
});

test("the workspace's audit log records changes of its channels, and no messages", async () => {
  const guest: Person = await postern.person('Guest');
  const id = await createChannel(postern);
  await mutate(postern, 'updateChannel', { id, name: 'olds' }, owner, '__typename');
  const shared = { id, email: guest.email, operations: ['READ', 'PUBLISH'] };
  await mutate(postern, 'shareChannel', shared, owner, '__typename');
  await mutate(postern, 'publishMessage', { channelId: id, payload: 1 }, guest.session, '__typename');
  await mutate(postern, 'unshareChannel', { id, userId: guest.id }, owner, '__typename');
  await mutate(postern, 'deleteChannel', { id }, owner, '__typename');
  const query = `query ($id: ID!) { workspace(id: $id) {
    auditEvents(first: 5) { nodes { action targetId actor { email } detail } totalCount }
  } }`;
  const { auditEvents } = (await postern.post(query, { id: workspaceId }, owner)).data.workspace;
  const row = (action: string, detail: object) => ({
    action,
    targetId: id,
    actor: { email: 'owner@example.com' },
    detail,
  });
  expect(auditEvents.nodes).toEqual([
    row('channel.deleted', { name: 'olds' }),
    row('channel.unshared', { name: 'olds', email: guest.email }),
    row('channel.shared', { name: 'olds', email: guest.email, operations: ['READ', 'PUBLISH'] }),
    row('channel.updated', { name: 'news', changes: { name: 'olds' } }),
    row('channel.created', { name: 'news' }),
  ]);
});
