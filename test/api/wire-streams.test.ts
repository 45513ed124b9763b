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
  /** Everything up to and with a text. */
  until(text: string): Promise<string>;
  /** Everything up to the end that the server makes. */
  rest(): Promise<string>;
  leave(): void;
}

async function follow(headers: Record<string, string> = {}): Promise<Stream> {
  const gone = new AbortController();
  const response = await fetch(`${wire.origin}/graphql`, {
    method: 'POST',
    headers: {
      'Content-Type': 'application/json',
      Accept: 'text/event-stream',
      Authorization: `Bearer ${wire.postern.owner.session}`,
      ...headers,
    },
    body: JSON.stringify({ query: QUERY, variables: { id: channelId } }),
    signal: gone.signal,
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
    leave: () => gone.abort(),
  };
}

test('events reach a client over HTTP as they happen', async () => {
  const stream = await follow();
  await stream.until(':\n\n');
  await publish(wire.postern, channelId, 'first');
  expect(await stream.until('"first"')).toContain(
    'event: next\ndata: {"data":{"channelMessages":{"payload":"first"}}}',
  );
});

test('a client that goes gives its place free at once', async () => {
  for (let i = 0; i < 5; i += 1) {
    const stream = await follow();
    await stream.until(':\n\n');
    stream.leave();
    let answer = 'LIMIT_REACHED';
    for (let tries = 0; answer.includes('LIMIT_REACHED') && tries < TRIES; tries += 1) {
      const next = await follow();
      answer = await next.until('\n\n');
      next.leave();
    }
    expect(answer).not.toContain('LIMIT_REACHED');
  }
});

test('a clean stop ends streams at once, and cleanly', async () => {
  const stream = await follow();
  await stream.until(':\n\n');
  const started = performance.now();
  const [text] = await Promise.all([stream.rest(), wire.stop()]);
  expect(text).toContain(':\n\n');
  expect(performance.now() - started).toBeLessThan(900);
  wire = await startWire();
});
