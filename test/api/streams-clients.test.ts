import { connect } from 'node:net';
import { Client, fetchExchange } from '@urql/core';
import { createClient } from 'graphql-sse';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createChannel, mutate, publish } from '../support/channels.ts';
import { startWire, type TestWire } from '../support/http.ts';
import { follow } from '../support/streams.ts';
import { createPersonalToken } from '../support/tokens.ts';

const QUERY = `subscription ($channelId: ID!, $after: ID) {
  channelMessages(channelId: $channelId, after: $after) { id payload }
}`;

interface Received {
  readonly channelMessages: { readonly id: string; readonly payload: unknown };
}

let wire: TestWire;
let channelId: string;

beforeEach(async () => {
  wire = await startWire({ POSTERN_STREAMS_PER_CREDENTIAL: '2' });
  channelId = await createChannel(wire.postern);
});

afterEach(() => wire.stop());

async function subscriber() {
  const scopes = [{ entityType: 'channel', entityId: channelId, operations: ['SUBSCRIBE'] }];
  return createPersonalToken(wire.postern, wire.postern.owner.session, { access: 'SCOPED', scopes });
}

function revoke(id: string) {
  return mutate(wire.postern, 'revokeToken', { id }, wire.postern.owner.session, 'token { id }');
}

function sse(secret: string) {
  return createClient({
    url: `${wire.origin}/graphql`,
    headers: { Authorization: `Bearer ${secret}` },
    retryAttempts: 0,
  });
}

test('graphql-sse follows a channel, resumes where it stopped, and receives a clean end', async () => {
  const { id, secret } = await subscriber();
  const seen = await publish(wire.postern, channelId, 'seen');
  await publish(wire.postern, channelId, 'missed');
  const results = sse(secret).iterate<Received>({ query: QUERY, variables: { channelId, after: seen } });

  expect((await results.next()).value?.data?.channelMessages.payload).toBe('missed');
  await publish(wire.postern, channelId, 'live');
  expect((await results.next()).value?.data?.channelMessages.payload).toBe('live');
  await revoke(id);
  expect(await results.next()).toMatchObject({ done: true });
});

test('graphql-sse receives the reason of a refusal', async () => {
  const stranger = await wire.postern.person('Stranger');
  const results = sse(stranger.session).iterate({ query: QUERY, variables: { channelId } });
  expect((await results.next()).value?.errors?.[0]?.extensions).toEqual({ code: 'NOT_FOUND' });
  expect(await results.next()).toMatchObject({ done: true });
});

test('urql follows a channel, and receives the end', async () => {
  const { id, secret } = await subscriber();
  const client = new Client({
    url: `${wire.origin}/graphql`,
    preferGetMethod: false,
    fetchSubscriptions: true,
    fetchOptions: { headers: { Authorization: `Bearer ${secret}` } },
    exchanges: [fetchExchange],
  });
  const seen = await publish(wire.postern, channelId, 'seen');
  await publish(wire.postern, channelId, 'missed');
  const payloads: unknown[] = [];
  await new Promise<void>((resolve, reject) => {
    client.subscription<Received>(QUERY, { channelId, after: seen }).subscribe(({ data, error, hasNext }) => {
      if (error) reject(error);
      if (data && hasNext) payloads.push(data.channelMessages.payload);
      if (payloads.length === 1) publish(wire.postern, channelId, 'live').catch(reject);
      if (payloads.length === 2) revoke(id).catch(reject);
      if (!hasNext) resolve();
    });
  });
  expect(payloads).toEqual(['missed', 'live']);
});

test('comments keep the connection open while there are no events', async () => {
  const response = await wire.post(
    { query: QUERY, variables: { channelId } },
    { Accept: 'text/event-stream', Authorization: `Bearer ${wire.postern.owner.session}` },
  );
  expect(response.headers.get('content-type')).toBe('text/event-stream');
  const decoder = new TextDecoder();
  let text = '';
  for await (const chunk of response.body as ReadableStream<Uint8Array>) {
    text += decoder.decode(chunk);
    if (text.length >= 6) break;
  }
  expect(text).toBe(':\n\n:\n\n');
});

test('a client that disconnects before its response leaves no stream behind', async () => {
  const { secret } = await subscriber();
  const body = JSON.stringify({ query: QUERY, variables: { channelId } });
  const request = `POST /graphql HTTP/1.1\r\nHost: x\r\nAccept: text/event-stream\r\nContent-Type: application/json\r\nAuthorization: Bearer ${secret}\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
  for (let tries = 0; tries < 20; tries += 1) {
    await new Promise<void>((resolve) => {
      const socket = connect(wire.port, '127.0.0.1', () => socket.write(request, () => socket.destroy()));
      socket.once('close', () => resolve());
    });
  }
  await expect
    .poll(async () => {
      const stream = await follow(wire.postern, channelId, secret);
      await publish(wire.postern, channelId, 'room');
      return (await stream.next())?.data.data?.channelMessages.payload;
    })
    .toBe('room');
});
