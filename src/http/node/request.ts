import type { ServerResponse } from 'node:http';
import { failure, type PosternError } from '../../domain/errors.ts';
import type { HttpRequest } from '../message/message.ts';
import { type Arrival, boundBody } from './unread-body.ts';

/** A `Host` (RFC 3986, section 3.2): a name, an IPv4 address or an IPv6 address in brackets, with an optional port. */
const HOST = /^(?:\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._~-]+)(?::\d{1,5})?$/;

/** A target with scheme and authority, which a server must accept (RFC 9112, section 3.2.2). It replaces `Host`. */
const ABSOLUTE_FORM = /^https?:\/\/([^/?#]*)/i;

function malformed(): PosternError {
  return failure('BAD_REQUEST', 'The request line or the Host header is malformed.');
}

/** Reads a body of at most `limit` bytes. Discards the rest up to the bound of all bodies. */
function readAll(arrival: Arrival, limit: number): Promise<Uint8Array> {
  const { message } = arrival;
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    const cutOff = () => reject(failure('BAD_REQUEST', 'The body ends early.'));
    // A destroyed message emits no further events.
    if (message.destroyed) cutOff();
    boundBody(arrival);
    message.on('data', (chunk: Buffer) => {
      size += chunk.byteLength;
      if (size > limit) reject(failure('PAYLOAD_TOO_LARGE'));
      else chunks.push(chunk);
    });
    message.on('end', () => resolve(chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks)));
    message.on('error', cutOff);
    message.on('close', () => {
      if (!message.readableEnded) cutOff();
    });
  });
}

/** Returns a signal that aborts if the client closes the connection before the response is complete. */
function closeSignal(outgoing: ServerResponse): AbortSignal {
  const controller = new AbortController();
  const abortUnlessFinished = () => {
    if (!outgoing.writableFinished) controller.abort();
  };
  if (outgoing.destroyed) abortUnlessFinished();
  else outgoing.once('close', abortUnlessFinished);
  return controller.signal;
}

/** Returns the values of a header. This is faster than Node's table of all headers, because few are read. */
function headerValuesOf(raw: readonly string[], name: string): string[] {
  const values: string[] = [];
  for (let i = 0; i < raw.length; i += 2) {
    const field = raw[i] as string;
    if (field.length === name.length && field.toLowerCase() === name) values.push(raw[i + 1] as string);
  }
  return values;
}

function headerOf(raw: readonly string[], name: string): string | null {
  const values = headerValuesOf(raw, name);
  if (values.length < 2) return values[0] ?? null;
  return values.join(name === 'cookie' ? '; ' : ', ');
}

/** A request and the response to it, as `node:http` has them. */
export interface Exchange extends Arrival {
  readonly outgoing: ServerResponse;
}

class NodeRequest implements HttpRequest {
  readonly method: string;
  readonly path: string;
  readonly search: string;
  readonly #host: string;
  readonly #exchange: Exchange;
  #signal: AbortSignal | null = null;

  constructor(exchange: Exchange) {
    const { message } = exchange;
    const { method = 'GET', url = '' } = message;
    const absolute = ABSOLUTE_FORM.exec(url);
    const rest = absolute ? url.slice(absolute[0].length) : url;
    const target = absolute && !rest.startsWith('/') ? `/${rest}` : rest;
    // Only HTTP/1.0 has requests without it (RFC 9112, section 3.2).
    const host = headerOf(message.rawHeaders, 'host') ?? (message.httpVersion === '1.0' ? 'localhost' : '');
    this.#host = absolute?.[1] ?? host;
    if (!target.startsWith('/') || !HOST.test(host) || (absolute && !HOST.test(this.#host)))
      throw malformed();
    const end = target.indexOf('?');
    this.method = method;
    this.path = end < 0 ? target : target.slice(0, end);
    this.search = end < 0 ? '' : target.slice(end);
    this.#exchange = exchange;
  }

  get url(): URL {
    try {
      return new URL(`http://${this.#host}${this.path}${this.search}`);
    } catch {
      throw malformed();
    }
  }

  get signal(): AbortSignal {
    this.#signal ??= closeSignal(this.#exchange.outgoing);
    return this.#signal;
  }

  header(name: string): string | null {
    return headerOf(this.#exchange.message.rawHeaders, name);
  }

  headerValues(name: string): readonly string[] {
    return headerValuesOf(this.#exchange.message.rawHeaders, name);
  }

  body(limit: number): Promise<Uint8Array> {
    return readAll(this.#exchange, limit);
  }
}

/** Returns a `node:http` request as an `HttpRequest`. Throws `BAD_REQUEST` if its target or `Host` is malformed. */
export function toRequest(exchange: Exchange): HttpRequest {
  return new NodeRequest(exchange);
}
