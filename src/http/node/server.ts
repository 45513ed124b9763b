import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse, STATUS_CODES } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { failure } from '../../domain/errors.ts';
import type { HttpHandler } from '../handler.ts';
import type { HttpResponse } from '../message/message.ts';
import { toRequest } from './request.ts';
import { type OpenStreams, sendResponse } from './response.ts';
import { discardBody } from './unread-body.ts';

/** Milliseconds, where not bytes. */
const OPTIONS = {
  maxHeaderSize: 16 * 1024,
  headersTimeout: 15_000,
  requestTimeout: 30_000,
  connectionsCheckingInterval: 5_000,
  // Longer than the minute after which load balancers let go of a connection: they, not we, should be the ones to close.
  keepAliveTimeout: 65_000,
  // Told by us instead, in JSON.
  requireHostHeader: false,
} as const;

/** A connection on which nothing moves, such as one to a client that reads nothing, is given up. Streams send pings. */
const SILENCE_MS = 120_000;

const STATUS_OF_PARSER_ERROR: Readonly<Record<string, number>> = {
  HPE_HEADER_OVERFLOW: 431,
  ERR_HTTP_REQUEST_TIMEOUT: 408,
};

/** The handler on a port. */
export interface NodeServer {
  /** Starts to accept connections; tells the port, which the system chose for 0. Rejects where it cannot. */
  listen(port: number, host: string): Promise<number>;
  /** Accepts nothing more, ends streams, and resolves when all requests are answered or the time, in milliseconds, is up. */
  drain(graceMs: number): Promise<void>;
}

/** How many connections a server holds. */
export interface ConnectionLimit {
  /** Further ones are closed as soon as they are opened. */
  readonly maxConnections: number;
  /** Called for each connection that is closed for being one too many. */
  readonly onRefused?: () => void;
}

interface Exchange {
  readonly message: IncomingMessage;
  readonly outgoing: ServerResponse;
}

/** A refusal as the bytes of HTTP, for a connection that Node's parser has given up. */
function toBytes({ headers, body }: HttpResponse, status: number): string {
  const length = String(Buffer.byteLength(body as string));
  const lines = Object.entries({ ...headers, connection: 'close', 'content-length': length }).map(
    ([name, value]) => `${name}: ${value}\r\n`,
  );
  return `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${lines.join('')}\r\n${body}`;
}

/** A server over `node:http`. */
export function createNodeServer(
  http: HttpHandler,
  { maxConnections, onRefused }: ConnectionLimit,
): NodeServer {
  const server = createServer(OPTIONS, serve);
  const streams: OpenStreams = new Set();
  /** Each open connection, with the last request that came over it. */
  const connections = new Map<Duplex, Exchange | null>();
  let draining = false;

  /** The request that a connection is on; `null` between two. */
  function currentOn(socket: Duplex): Exchange | null {
    const last = connections.get(socket);
    return !last || last.outgoing.closed ? null : last;
  }

  function answer(message: IncomingMessage, outgoing: ServerResponse): HttpResponse | Promise<HttpResponse> {
    try {
      return http.answer(toRequest(message, outgoing), { address: message.socket.remoteAddress ?? null });
    } catch (error) {
      return http.refuse(error);
    }
  }

  function send(answered: HttpResponse, { message, outgoing }: Exchange): Promise<void> | undefined {
    discardBody(message);
    if (draining) outgoing.setHeader('Connection', 'close');
    return sendResponse(answered, outgoing, streams);
  }

  /** What can be answered at once is sent in the same turn. */
  function serve(message: IncomingMessage, outgoing: ServerResponse): void {
    const exchange = { message, outgoing };
    connections.set(message.socket, exchange);
    // The connection failed or a stream broke off: there is nobody to tell but by ending it.
    const breakOff = () => void outgoing.destroy();
    try {
      const answered = answer(message, outgoing);
      if (answered instanceof Promise) answered.then((later) => send(later, exchange)).catch(breakOff);
      else send(answered, exchange)?.catch(breakOff);
    } catch {
      breakOff();
    }
  }

  /** Whether the last request on a connection has its answer while its body is still coming. */
  function isAnsweredEarly(socket: Duplex): boolean {
    const last = connections.get(socket);
    return last?.outgoing.closed === true && !last.message.complete;
  }

  /** Ends a connection whose bytes make no sense any more: with an answer, or after the one that is under way. */
  function giveUp(error: NodeJS.ErrnoException, socket: Duplex): void {
    if (isAnsweredEarly(socket)) {
      socket.destroy();
      return;
    }
    const current = currentOn(socket);
    if (current && (current.message.complete || current.outgoing.headersSent)) {
      current.outgoing.once('close', () => socket.destroy());
      return;
    }
    const refusal = failure('BAD_REQUEST', 'This is not valid HTTP, too large, or took too long.');
    const status = STATUS_OF_PARSER_ERROR[error.code ?? ''] ?? 400;
    const bytes = toBytes(http.refuse(refusal), status);
    if (socket.writable) socket.end(bytes, () => socket.destroy());
    else socket.destroy();
  }

  server.on('connection', (socket) => {
    connections.set(socket, null);
    socket.once('close', () => connections.delete(socket));
  });
  // What a client expects beyond `100-continue` may be let be (RFC 9110, section 10.1.1), and then every answer is ours.
  server.on('checkExpectation', serve);
  server.on('clientError', (error, socket) => giveUp(error, socket));
  server.setTimeout(SILENCE_MS);
  server.maxConnections = maxConnections;
  if (onRefused) server.on('drop', onRefused);

  return {
    async listen(port, host) {
      server.listen(port, host);
      await once(server, 'listening');
      return (server.address() as AddressInfo).port;
    },

    async drain(graceMs) {
      draining = true;
      http.drain();
      const closed = once(server, 'close');
      server.close();
      for (const stream of streams) stream.end();
      for (const socket of connections.keys()) {
        const current = currentOn(socket);
        if (current) current.outgoing.once('close', () => socket.end());
        else socket.destroy();
      }
      const timer = setTimeout(() => server.closeAllConnections(), graceMs);
      await closed;
      clearTimeout(timer);
    },
  };
}
