import type { IncomingMessage, ServerResponse } from 'node:http';
import { failure } from '../domain/errors.ts';
import type { HttpRequest } from './message.ts';

/** RFC 3986, section 3.2, as far as a `Host` may use it: a name, an IPv4 address or an IPv6 one in brackets, and a port. */
const HOST = /^(?:\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._~-]+)(?::\d{1,5})?$/;

/** The URL of a request. Throws `BAD_REQUEST` where the request line or `Host` is malformed. */
function urlOf({ headers, url: target = '' }: IncomingMessage): URL {
  const { host = 'localhost' } = headers;
  if (HOST.test(host) && target.startsWith('/')) {
    try {
      return new URL(`http://${host}${target}`);
    } catch {}
  }
  throw failure('BAD_REQUEST', 'The request line or the Host header is malformed.');
}

/** Reads a body to its end, and no more of it than is allowed: what is beyond is let pass, so that the connection stays usable. */
function readAll(message: IncomingMessage, limit: number): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    message.on('data', (chunk: Buffer) => {
      size += chunk.byteLength;
      if (size > limit) reject(failure('PAYLOAD_TOO_LARGE'));
      else chunks.push(chunk);
    });
    message.on('end', () => resolve(chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks)));
    const cutOff = () => reject(failure('BAD_REQUEST', 'The body ends early.'));
    message.on('error', cutOff);
    message.on('close', () => {
      if (!message.complete) cutOff();
    });
  });
}

/** Aborted when the client goes before it has its answer, or has gone already. */
function goneSignal(outgoing: ServerResponse): AbortSignal {
  const controller = new AbortController();
  const abortUnlessAnswered = () => {
    if (!outgoing.writableFinished) controller.abort();
  };
  if (outgoing.destroyed) abortUnlessAnswered();
  else outgoing.once('close', abortUnlessAnswered);
  return controller.signal;
}

/** A request that came over `node:http`. Throws `BAD_REQUEST` where it is malformed. */
export function toRequest(message: IncomingMessage, outgoing: ServerResponse): HttpRequest {
  const { method = 'GET', headers } = message;
  let signal: AbortSignal | null = null;
  return {
    method,
    url: urlOf(message),
    get signal() {
      signal ??= goneSignal(outgoing);
      return signal;
    },
    header: (name) => (headers[name] as string | undefined) ?? null,
    body: (limit) => readAll(message, limit),
  };
}
