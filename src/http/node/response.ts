import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import type { HttpResponse } from '../message/message.ts';

/** The answers that go on for as long as both sides want; ending one is clean. */
export type OpenStreams = Set<ServerResponse>;

/** Whether a body is a stream, of the platform's or of another make. */
function isStream(body: HttpResponse['body']): body is ReadableStream<Uint8Array> {
  return body !== null && typeof body !== 'string' && !(body instanceof Uint8Array);
}

/** Passes a stream on as fast as the client reads it, until either ends it. */
async function pump(
  stream: ReadableStream<Uint8Array>,
  outgoing: ServerResponse,
  open: OpenStreams,
): Promise<void> {
  const reader = stream.getReader();
  const gone = new AbortController();
  function leave(): void {
    open.delete(outgoing);
    gone.abort();
    // Streams of the platform hear the one, Yoga's the other.
    for (const cancelled of [reader.cancel(), stream.cancel()]) cancelled.catch(() => {});
  }

  open.add(outgoing);
  outgoing.once('close', leave);
  for (let chunk = await reader.read(); !chunk.done && !outgoing.writableEnded; chunk = await reader.read()) {
    // A client that went before it had an answer; only now, for a stream of Yoga's hears nothing before its first read.
    if (outgoing.destroyed) return leave();
    if (!outgoing.write(chunk.value)) await once(outgoing, 'drain', { signal: gone.signal });
  }
  outgoing.end();
}

/** Sends an answer; while it is a stream, it stands among the open ones. Rejects where the client goes before its end. */
export function sendResponse(
  { status, headers, body }: HttpResponse,
  outgoing: ServerResponse,
  open: OpenStreams,
): Promise<void> | undefined {
  if (isStream(body)) {
    outgoing.writeHead(status, headers);
    return pump(body, outgoing, open);
  }
  if (status !== 204) headers['content-length'] = String(body === null ? 0 : Buffer.byteLength(body));
  outgoing.writeHead(status, headers).end(body);
  return undefined;
}
