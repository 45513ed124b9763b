import { once } from 'node:events';
import type { OutgoingHttpHeaders, ServerResponse } from 'node:http';
import type { HttpResponse } from '../message/message.ts';

/** The responses that are open streams. Ending one closes its stream cleanly. */
export type OpenStreams = Set<ServerResponse>;

/** Returns whether a body is a stream, from the platform or from a library. */
function isStream(body: HttpResponse['body']): body is ReadableStream<Uint8Array> {
  return body !== null && typeof body !== 'string' && !(body instanceof Uint8Array);
}

/** Sends a stream at the speed at which the client reads it, until either side ends it. */
async function pump(
  stream: ReadableStream<Uint8Array>,
  outgoing: ServerResponse,
  open: OpenStreams,
): Promise<void> {
  const reader = stream.getReader();
  const closed = new AbortController();
  function close(): void {
    open.delete(outgoing);
    closed.abort();
    // Streams of the platform are cancelled through the reader, those of Yoga directly.
    for (const cancelled of [reader.cancel(), stream.cancel()]) cancelled.catch(() => {});
  }

  open.add(outgoing);
  outgoing.once('close', close);
  for (let chunk = await reader.read(); !chunk.done && !outgoing.writableEnded; chunk = await reader.read()) {
    // The client closed the connection before the response. A stream of Yoga cannot be cancelled before its first read.
    if (outgoing.destroyed) return close();
    if (!outgoing.write(chunk.value)) await once(outgoing, 'drain', { signal: closed.signal });
  }
  outgoing.end();
}

function headersOf({ headers, cookies = [] }: HttpResponse): OutgoingHttpHeaders {
  return cookies.length === 0 ? headers : { ...headers, 'set-cookie': [...cookies] };
}

/** Sends a response, which is in `open` while it is a stream. Rejects if the client closes the connection early. */
export function sendResponse(
  response: HttpResponse,
  outgoing: ServerResponse,
  open: OpenStreams,
): Promise<void> | undefined {
  const { status, headers, body } = response;
  if (isStream(body)) {
    outgoing.writeHead(status, headersOf(response));
    return pump(body, outgoing, open);
  }
  if (status !== 204) headers['content-length'] = String(body === null ? 0 : Buffer.byteLength(body));
  outgoing.writeHead(status, headersOf(response)).end(body);
  return undefined;
}
