import { once } from 'node:events';
import type { ServerResponse } from 'node:http';

/** The responses that go on for as long as both sides want; ending one is clean. */
export type OpenStreams = Set<ServerResponse>;

/** Whether a response goes on for as long as both sides want. */
function isStream(response: Response): boolean {
  return /^(?:text\/event-stream|multipart\/mixed)\b/.test(response.headers.get('content-type') ?? '');
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

/** Sends a response; while it is a stream, it stands among the open ones. Rejects where the client goes before its end. */
export async function sendResponse(
  response: Response,
  outgoing: ServerResponse,
  open: OpenStreams,
): Promise<void> {
  outgoing.setHeaders(response.headers);
  if (response.body && isStream(response)) {
    outgoing.writeHead(response.status);
    return pump(response.body, outgoing, open);
  }
  const body = Buffer.from(await response.arrayBuffer());
  if (response.status !== 204) outgoing.setHeader('Content-Length', body.byteLength);
  outgoing.writeHead(response.status).end(body);
}
