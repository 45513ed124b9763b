import { afterEach, beforeEach, expect, test } from 'vitest';
import { startTestApp, type TestApp } from '../support/app.ts';
import { createChannel, mutate, publish, share } from '../support/channels.ts';
import { createPersonalToken, createWorkspaceToken } from '../support/tokens.ts';

let postern: TestApp;
let owner: string;
let channelId: string;

beforeEach(async () => {
  postern = await startTestApp({ POSTERN_MESSAGES_KEPT: '5' });
  owner = postern.owner.session;
  channelId = await createChannel(postern);
});

afterEach(() => postern.close());

function say(payload: unknown, by: string = owner) {
  const selection = 'message { id payload publishedAt publisher { email } }';
  return mutate(postern, 'publishMessage', { channelId, payload }, by, selection);
}

async function page(variables: object, by: string = owner) {
  const query = `query ($id: ID!, $first: Int, $after: String, $last: Int, $before: String) {
    channel(id: $id) { messages(first: $first, after: $after, last: $last, before: $before) {
      nodes { payload } edges { cursor } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } totalCount
    } }
  }`;
  const { data } = await postern.post(query, { id: channelId, ...variables }, by);
  const { nodes, pageInfo, totalCount } = data.channel.messages;
  return { payloads: nodes.map((node: { payload: unknown }) => node.payload), totalCount, ...pageInfo };
}

function nested(levels: number): unknown {
  return levels === 0 ? 'core' : [nested(levels - 1)];
}

test.each([
  ['an object', { a: [1, -2.5, null, true, { b: 'ü \u0000 "\\' }] }],
  ['an array', []],
  ['a text', ''],
  ['a number', 0],
  ['a boolean', false],
  ['an object with a key __proto__', JSON.parse('{"__proto__": {"x": 1}, "constructor": 2}')],
])('%s is returned as it was published', async (_what, payload) => {
  const { data } = await say(payload);
  const message = data.publishMessage.message;
  expect(message.payload).toEqual(payload);
  expect(message.publishedAt).toBe(new Date(postern.now()).toISOString());
  expect((await page({})).payloads).toEqual([payload]);
  const query = 'query ($id: ID!) { node(id: $id) { id ... on Message { payload } } }';
  const found = await postern.post(query, { id: message.id }, owner);
  expect(found.data.node).toEqual({ id: message.id, payload });
});

test.each([
  ['64 KiB of JSON', 'x'.repeat(64 * 1024 - 2), undefined],
  ['a byte more', 'x'.repeat(64 * 1024 - 1), 'BAD_USER_INPUT'],
  ['fewer characters, but more bytes in UTF-8', 'ü'.repeat(32 * 1024), 'BAD_USER_INPUT'],
  ['32 levels', nested(32), undefined],
  ['33 levels', nested(33), 'BAD_USER_INPUT'],
])('a payload of %s is accepted or rejected by its size', async (_what, payload, code) => {
  const response = await say(payload);
  expect(response.code).toBe(code);
  if (code) expect(response.errors[0]?.extensions.issues).toMatchObject([{ path: ['input', 'payload'] }]);
  expect((await page({})).totalCount).toBe(code ? 0 : 1);
});

test.each([
  ['so deep that a recursive serialiser would overflow', `${'['.repeat(50_000)}${']'.repeat(50_000)}`],
  ['with a number beyond the range of a double', '[1e999]'],
])('a payload %s is bad input, not an internal error', async (_what, payload) => {
  const query =
    'mutation ($input: PublishMessageInput!) { publishMessage(input: $input) { message { id } } }';
  const body = `{"query":${JSON.stringify(query)},"variables":{"input":{"channelId":"${channelId}","payload":${payload}}}}`;
  const headers = { 'content-type': 'application/json', authorization: `Bearer ${owner}` };
  const request = new Request('http://postern.test/graphql', { method: 'POST', headers, body });
  const { errors } = (await (await postern.fetch(request)).json()) as any;
  expect(errors).toMatchObject([{ extensions: { code: 'BAD_USER_INPUT' } }]);
});

test('null is not a payload', async () => {
  expect((await say(null)).code).toBe('BAD_VARIABLES');
});

test('a channel stores its newest messages, and drops the oldest', async () => {
  for (const payload of [1, 2, 3, 4, 5, 6, 7]) await publish(postern, channelId, payload);
  expect(await page({})).toMatchObject({ payloads: [3, 4, 5, 6, 7], totalCount: 5 });
});

test('messages are paged oldest first, forwards and backwards, while others are published and dropped', async () => {
  for (const payload of [1, 2, 3, 4, 5]) await publish(postern, channelId, payload);
  const first = await page({ first: 2 });
  expect(first).toMatchObject({ payloads: [1, 2], hasNextPage: true, hasPreviousPage: false });
  for (const payload of [6, 7, 8]) await publish(postern, channelId, payload);
  const second = await page({ first: 3, after: first.endCursor });
  expect(second).toMatchObject({ payloads: [4, 5, 6], hasNextPage: true });
  expect(await page({ first: 3, after: second.endCursor })).toMatchObject({
    payloads: [7, 8],
    hasNextPage: false,
  });
  expect(await page({ last: 2 })).toMatchObject({ payloads: [7, 8], hasPreviousPage: true });
  expect(await page({ last: 2, before: second.endCursor })).toMatchObject({ payloads: [4, 5] });
});

test('concurrently published messages each have their place', async () => {
  const payloads = Array.from({ length: 5 }, (_, index) => index);
  await Promise.all(payloads.map((payload) => publish(postern, channelId, payload)));
  expect((await page({})).payloads.toSorted()).toEqual(payloads);
});

test('a message names its user, and no user for a workspace token', async () => {
  const person = await createPersonalToken(postern, owner);
  const workspace = await createWorkspaceToken(postern, 'TEAM_MEMBER');
  const publishers = [];
  for (const secret of [owner, person.secret, workspace.secret]) {
    publishers.push((await say(1, secret)).data.publishMessage.message.publisher?.email);
  }
  expect(publishers).toEqual(['owner@example.com', 'owner@example.com', undefined]);
});

test('the node of a message is visible only to callers who can read the channel', async () => {
  const id = await publish(postern, channelId, 1);
  const stranger = await postern.person('Stranger');
  const publisher = await postern.person('Publisher');
  await share(postern, channelId, publisher, ['PUBLISH', 'SUBSCRIBE']);
  for (const { session } of [stranger, publisher]) {
    expect((await postern.post(`{ node(id: "${id}") { id } }`, {}, session)).data).toEqual({ node: null });
  }
});

test('a caller who can only publish sees the message in the payload, and nothing more', async () => {
  await publish(postern, channelId, 'secret');
  const scopes = [{ entityType: 'channel', entityId: channelId, operations: ['PUBLISH'] }];
  const token = await createPersonalToken(postern, owner, { access: 'SCOPED', scopes });
  expect((await say('own', token.secret)).data.publishMessage.message.payload).toBe('own');
  const { code, data } = await postern.post(`{ channel(id: "${channelId}") { id } }`, {}, token.secret);
  expect({ code, data }).toEqual({ code: 'FORBIDDEN', data: { channel: null } });
});
