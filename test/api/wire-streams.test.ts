import { afterEach, beforeEach, expect, test } from 'vitest';
import { createChannel, publish } from '../support/channels.ts';
import { startWire, type TestWire } from '../support/http.ts';

const QUERY = 'subscription ($id: ID!) { channelMessages(channelId: $id) { payload } }';
const TRIES = 100;

let wire: TestWire;
let channelId: string;
beforeEach(async () => {
  wire = await startWire({ POSTERN_STREAMS_PER_CREDENTIAL: '1' });
  channelId = await createChannel(wire.postern);
});
afterEach(() => wire.stop());

interface Stream {
  /** Resolves to everything up to and including a text. */
  until(text: string): Promise<string>;
  /** Resolves to everything until the server ends the stream. */
  rest(): Promise<string>;
  disconnect(): void;
}

async function follow(headers: Record<string, string> = {}): Promise<Stream> {
  const closed = new AbortController();
  const response = await fetch(`${wire.origin}/graphql`, {
    method: 'POST',
    headers: {
      'Content-Type': 'application/json',
      Accept: 'text/event-stream',
      Authorization: `Bearer ${wire.postern.owner.session}`,
      ...headers,
    },
    body: JSON.stringify({ query: QUERY, variables: { id: channelId } }),
    signal: closed.signal,
  });
  const reader = (response.body as ReadableStream<Uint8Array>).getReader();
  const decoder = new TextDecoder();
  let text = '';
  async function read(isEnough: () => boolean): Promise<string> {
    for (let chunk = await reader.read(); !chunk.done; chunk = await reader.read()) {
      text += decoder.decode(chunk.value, { stream: true });
      if (isEnough()) break;
    }
    return text;
  }
  return {
    until: (part) => read(() => text.includes(part)),
    rest: () => read(() => false),
    disconnect: () => closed.abort(),
  };
}

test('a client receives events over HTTP as they happen', async () => {
  const stream = await follow();
  await stream.until(':\n\n');
  await publish(wire.postern, channelId, 'first');
  expect(await stream.until('"first"')).toContain(
    'event: next\ndata: {"data":{"channelMessages":{"payload":"first"}}}',
  );
});

test('a client that disconnects frees its slot immediately', async () => {
  for (let i = 0; i < 5; i += 1) {
    const stream = await follow();
    await stream.until(':\n\n');
    stream.disconnect();
    let response = 'LIMIT_REACHED';
    for (let tries = 0; response.includes('LIMIT_REACHED') && tries < TRIES; tries += 1) {
      const next = await follow();
      response = await next.until('\n\n');
      next.disconnect();
    }
    expect(response).not.toContain('LIMIT_REACHED');
  }
});

test('a clean stop ends streams immediately and cleanly', async () => {
  const stream = await follow();
  await stream.until(':\n\n');
  const started = performance.now();
  const [text] = await Promise.all([stream.rest(), wire.stop()]);
  expect(text).toContain(':\n\n');
  expect(performance.now() - started).toBeLessThan(900);
  wire = await startWire();
});

test('a stream asks proxies not to buffer it, and other responses do not', async () => {
  const ask = (accept: string) => wire.post({ query: '{ __typename }' }, { Accept: accept });
  const stream = await ask('text/event-stream');
  expect(stream.headers.get('x-accel-buffering')).toBe('no');
  await stream.text();
  expect((await ask('application/json')).headers.get('x-accel-buffering')).toBeNull();
});
