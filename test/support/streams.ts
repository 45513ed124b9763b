import { expect } from 'vitest';
import type { TestApp } from './app.ts';

/** One Server-Sent Event: its kind and, from JSON, its data. */
export interface StreamEvent {
  readonly event: string;
  readonly data: any;
}

/** A subscription as its client sees it. */
export interface Followed {
  readonly status: number;
  /** The next event; `null` if the stream has ended. Rejects after 30 seconds without one. */
  next(): Promise<StreamEvent | null>;
  /** The next payload. Rejects if anything else arrives. */
  payload(): Promise<unknown>;
  /** The code of the error in the next event. */
  code(): Promise<string | undefined>;
  /** Waits until the stream ends cleanly; returns the milliseconds. Fails the test if an event arrives before. */
  end(): Promise<number>;
}

const PATIENCE_MS = 30_000;

const QUERY = `subscription ($channelId: ID!, $after: ID) {
  channelMessages(channelId: $channelId, after: $after) { id payload }
}`;

async function* eventsOf(body: ReadableStream<Uint8Array>): AsyncGenerator<StreamEvent> {
  const decoder = new TextDecoder();
  let text = '';
  for await (const chunk of body) {
    text += decoder.decode(chunk, { stream: true });
    for (let end = text.indexOf('\n\n'); end >= 0; end = text.indexOf('\n\n')) {
      const lines = text.slice(0, end).split('\n');
      text = text.slice(end + 2);
      const field = (name: string) =>
        lines
          .find((line) => line.startsWith(`${name}:`))
          ?.slice(name.length + 1)
          .trim();
      const event = field('event');
      // A comment only keeps proxies from closing the connection.
      if (event) yield { event, data: JSON.parse(field('data') || 'null') };
    }
  }
}

function within<T>(promise: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`nothing came within ${PATIENCE_MS} ms`)), PATIENCE_MS);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

/** Follows a channel with a secret, from now on or from after a message. */
export async function follow(
  { fetch }: Pick<TestApp, 'fetch'>,
  channelId: string,
  secret: string | null,
  after?: string,
): Promise<Followed> {
  const headers = {
    accept: 'text/event-stream',
    'content-type': 'application/json',
    ...(secret && { authorization: `Bearer ${secret}` }),
  };
  const body = JSON.stringify({ query: QUERY, variables: { channelId, after } });
  const response = await fetch(new Request('http://postern.test/graphql', { method: 'POST', headers, body }));
  const events = eventsOf(response.body as ReadableStream<Uint8Array>);

  async function next(): Promise<StreamEvent | null> {
    const { done, value } = await within(events.next());
    return done ? null : value;
  }

  return {
    status: response.status,
    next,
    async payload() {
      const event = await next();
      expect(event).toMatchObject({ event: 'next', data: { data: { channelMessages: {} } } });
      return event?.data.data.channelMessages.payload;
    },
    async code() {
      return (await next())?.data?.errors?.[0]?.extensions.code;
    },
    async end() {
      const started = performance.now();
      expect(await next()).toEqual({ event: 'complete', data: null });
      expect(await next()).toBeNull();
      return performance.now() - started;
    },
  };
}
