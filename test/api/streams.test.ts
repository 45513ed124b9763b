import { afterEach, beforeEach, expect, test } from 'vitest';
import { startTestApp, type TestApp } from '../support/app.ts';
import { createChannel, mutate, publish } from '../support/channels.ts';
import { follow } from '../support/streams.ts';
import { createPersonalToken } from '../support/tokens.ts';

let postern: TestApp;
let session: string;
let channelId: string;

beforeEach(async () => {
  postern = await startTestApp({ POSTERN_MESSAGES_KEPT: '5', POSTERN_STREAMS_PER_CREDENTIAL: '3' });
  session = postern.owner.session;
  channelId = await createChannel(postern);
});

afterEach(() => postern.close());

test('a follower receives the messages that are published from then on, whole and in order', async () => {
  await publish(postern, channelId, 'before');
  const stream = await follow(postern, channelId, session);
  const payloads = [1, 'two', [3], { four: [null, true] }];
  for (const payload of payloads) await publish(postern, channelId, payload);
  for (const payload of payloads) expect(await stream.payload()).toEqual(payload);
});

test('a follower receives nothing of other channels', async () => {
  const stream = await follow(postern, channelId, session);
  await publish(postern, await createChannel(postern, { name: 'other' }), 'elsewhere');
  await publish(postern, channelId, 'here');
  expect(await stream.payload()).toBe('here');
});

test('every follower receives every message', async () => {
  const token = await createPersonalToken(postern, session);
  const streams = [
    await follow(postern, channelId, session),
    await follow(postern, channelId, session),
    await follow(postern, channelId, token.secret),
  ];
  await publish(postern, channelId, 'all');
  expect(await Promise.all(streams.map((stream) => stream.payload()))).toEqual(['all', 'all', 'all']);
});

test('a follower who resumes receives the stored messages after the last one it saw, without loss or repeat', async () => {
  const seen = await publish(postern, channelId, 1);
  for (const payload of [2, 3, 4]) await publish(postern, channelId, payload);
  const stream = await follow(postern, channelId, session, seen);
  expect([await stream.payload(), await stream.payload(), await stream.payload()]).toEqual([2, 3, 4]);
  await publish(postern, channelId, 5);
  expect(await stream.payload()).toBe(5);
});

test('a follower who resumes after a message that is not stored any more receives an error', async () => {
  const dropped = await publish(postern, channelId, 0);
  for (const payload of [1, 2, 3, 4, 5]) await publish(postern, channelId, payload);
  const elsewhere = await publish(postern, await createChannel(postern, { name: 'other' }), 'elsewhere');
  for (const after of [dropped, elsewhere, 'msg_nonsense', channelId]) {
    const stream = await follow(postern, channelId, session, after);
    const event = await stream.next();
    expect(event?.data.errors).toMatchObject([
      { extensions: { code: 'BAD_USER_INPUT', issues: [{ path: ['after'] }] } },
    ]);
    await stream.end();
  }
});

test('a slow reader loses nothing that the channel still stores', async () => {
  const stream = await follow(postern, channelId, session);
  for (const payload of [1, 2, 3, 4, 5]) await publish(postern, channelId, payload);
  const payloads = [];
  while (payloads.length < 5) payloads.push(await stream.payload());
  expect(payloads).toEqual([1, 2, 3, 4, 5]);
});

test('a reader that is too slow for the stored messages receives an error as its last event', async () => {
  const stream = await follow(postern, channelId, session);
  // More than the buffers between server and client can contain.
  const payloads = Array.from({ length: 20 }, (_, index) => `${index} ${'x'.repeat(32_000)}`);
  for (const payload of payloads) await publish(postern, channelId, payload);

  const events = [];
  for (let event = await stream.next(); event?.event === 'next'; event = await stream.next())
    events.push(event.data);
  const last = events.pop();
  expect(last.errors).toMatchObject([{ extensions: { code: 'LIMIT_REACHED' } }]);
  expect(events.map(({ data }) => data.channelMessages.payload)).toEqual(payloads.slice(0, events.length));
});

test('a credential has a limited number of streams, and one that ends no longer counts', async () => {
  const other = await createChannel(postern, { name: 'other' });
  const token = await createPersonalToken(postern, session);
  const ending = await follow(postern, other, session);
  for (let opened = 0; opened < 2; opened += 1) await follow(postern, channelId, session);

  const refused = await follow(postern, channelId, session);
  expect(await refused.code()).toBe('LIMIT_REACHED');
  await refused.end();
  expect(await (await follow(postern, channelId, token.secret)).status).toBe(200);

  await mutate(postern, 'deleteChannel', { id: other }, session, 'deletedChannelId');
  await ending.end();
  const next = await follow(postern, channelId, session);
  await publish(postern, channelId, 'room');
  expect(await next.payload()).toBe('room');
});

test.each([
  ['an anonymous caller', null, 'UNAUTHENTICATED'],
  ['a stranger', 'stranger', 'NOT_FOUND'],
  ['a token that can only publish', 'publisher', 'FORBIDDEN'],
])('%s is refused at the start', async (_who, kind, code) => {
  const stranger = await postern.person('Stranger');
  const scopes = [{ entityType: 'channel', entityId: channelId, operations: ['PUBLISH'] }];
  const token = await createPersonalToken(postern, session, { access: 'SCOPED', scopes });
  const secret = { stranger: stranger.session, publisher: token.secret }[kind ?? ''] ?? null;
  const stream = await follow(postern, channelId, secret);
  expect(await stream.code()).toBe(code);
  await stream.end();
});

test('following a channel that does not exist gets the same response as following a foreign one', async () => {
  const stranger = await postern.person('Stranger');
  const foreign = await (await follow(postern, channelId, stranger.session)).next();
  const absent = await (await follow(postern, `chn_${'0'.repeat(32)}`, stranger.session)).next();
  expect(foreign).toEqual(absent);
});

test('a client that accepts no event stream is refused, and does not count as a stream', async () => {
  const query = `subscription { channelMessages(channelId: "${channelId}") { id } }`;
  for (let tries = 0; tries < 5; tries += 1) {
    const response = await postern.fetch(
      new Request('http://postern.test/graphql', {
        method: 'POST',
        headers: {
          accept: 'application/json',
          'content-type': 'application/json',
          authorization: `Bearer ${session}`,
        },
        body: JSON.stringify({ query }),
      }),
    );
    expect(response.status).toBe(406);
  }
  const stream = await follow(postern, channelId, session);
  await publish(postern, channelId, 'here');
  expect(await stream.payload()).toBe('here');
});

test('a message that a stream delivers counts as a use of its credential', async () => {
  const token = await createPersonalToken(postern, session);
  const stream = await follow(postern, channelId, token.secret);
  await publish(postern, channelId, 1);
  await stream.payload();
  postern.advance(60_000);
  await publish(postern, channelId, 2);
  await stream.payload();
  const { data } = await postern.post(`{ token(id: "${token.id}") { lastUsedAt } }`, {}, session);
  expect(data.token.lastUsedAt).toBe(new Date(postern.now()).toISOString());
});

test('all streams end when Postern closes', async () => {
  const stream = await follow(postern, channelId, session);
  await publish(postern, channelId, 1);
  await stream.payload();
  postern.app.services.streams.close();
  await stream.end();
  expect(await (await follow(postern, channelId, session)).code()).toBe('UNAVAILABLE');
});
