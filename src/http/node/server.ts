import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse, STATUS_CODES } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { failure } from '../../domain/errors.ts';
import type { HttpHandler } from '../handler.ts';
import type { HttpResponse } from '../message/message.ts';
import { type Exchange, toRequest } from './request.ts';
import { type OpenStreams, sendResponse } from './response.ts';
import { discardBody } from './unread-body.ts';

/** Times are in milliseconds, sizes in bytes. */
const OPTIONS = {
  maxHeaderSize: 16 * 1024,
  headersTimeout: 15_000,
  requestTimeout: 30_000,
  connectionsCheckingInterval: 5_000,
  // Load balancers commonly close idle connections after 60 seconds. The load balancer must close first.
  keepAliveTimeout: 65_000,
  // The handler reports a missing Host, in JSON.
  requireHostHeader: false,
} as const;

/** Idle time after which a connection is closed, for example if the client stops reading. Streams send pings. */
const IDLE_MS = 120_000;

const STATUS_OF_PARSER_ERROR: Readonly<Record<string, number>> = {
  HPE_HEADER_OVERFLOW: 431,
  ERR_HTTP_REQUEST_TIMEOUT: 408,
};

/** A `node:http` server for a handler. */
export interface NodeServer {
  /** Starts to accept connections. Resolves to the port; 0 lets the system choose one. Rejects if it cannot listen. */
  listen(port: number, host: string): Promise<number>;
  /** Stops accepting connections and ends streams. Resolves when all requests have a response, or after `graceMs`. */
  drain(graceMs: number): Promise<void>;
}

/** The limit on open connections. */
export interface ConnectionLimit {
  /** Further connections are closed immediately. */
  readonly maxConnections: number;
  /** Called for each connection that is closed because of the limit. */
  readonly onRefused?: () => void;
}

/** Returns a response as HTTP text, for a connection on which Node's parser has failed. */
function toBytes({ headers, body }: HttpResponse, status: number): string {
  const length = String(Buffer.byteLength(body as string));
  const lines = Object.entries({ ...headers, connection: 'close', 'content-length': length }).map(
    ([name, value]) => `${name}: ${value}\r\n`,
  );
  return `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${lines.join('')}\r\n${body}`;
}

/** Creates a server that passes requests to a handler. */
export function createNodeServer(
  http: HttpHandler,
  { maxConnections, onRefused }: ConnectionLimit,
): NodeServer {
  const server = createServer(OPTIONS, serve);
  const streams: OpenStreams = new Set();
  /** The open connections, each with its latest request. */
  const connections = new Map<Duplex, Exchange | null>();
  /** The requests that have arrived and are not being handled yet. */
  const waiting: Exchange[] = [];
  let draining = false;

  /** Returns the pending request of a connection; `null` if it is idle. */
  function currentOn(socket: Duplex): Exchange | null {
    const last = connections.get(socket);
    return !last || last.outgoing.closed ? null : last;
  }

  function respond(exchange: Exchange): HttpResponse | Promise<HttpResponse> {
    try {
      const address = exchange.message.socket.remoteAddress ?? null;
      return http.handle(toRequest(exchange), { address });
    } catch (error) {
      return http.refuse(error);
    }
  }

  function send(response: HttpResponse, exchange: Exchange): Promise<void> | undefined {
    const { outgoing } = exchange;
    discardBody(exchange);
    if (draining) outgoing.setHeader('Connection', 'close');
    return sendResponse(response, outgoing, streams);
  }

  function deliver(response: HttpResponse | Promise<HttpResponse>, exchange: Exchange): void {
    // The connection or the stream failed, so closing it is the only way to report the error.
    const breakOff = () => void exchange.outgoing.destroy();
    try {
      if (response instanceof Promise) response.then((later) => send(later, exchange)).catch(breakOff);
      else send(response, exchange)?.catch(breakOff);
    } catch {
      breakOff();
    }
  }

  /**
   * Handles a request together with the others that arrive in the same turn of the event loop: first all are read, then all
   * are handled, then all responses are sent. The processor finds the code of each of these steps in its caches again, which
   * saves a third of the CPU time of `viewer` with 32 connections.
   */
  function serve(message: IncomingMessage, outgoing: ServerResponse): void {
    const { socket } = message;
    const exchange = { message, outgoing, start: socket.bytesRead };
    connections.set(socket, exchange);
    if (waiting.push(exchange) === 1) setImmediate(serveWaiting);
  }

  function serveWaiting(): void {
    const responses = waiting.splice(0).map((exchange) => ({ exchange, response: respond(exchange) }));
    for (const { exchange, response } of responses) deliver(response, exchange);
  }

  /** Returns whether the latest request of a connection has its response while its body is still arriving. */
  function hasEarlyResponse(socket: Duplex): boolean {
    const last = connections.get(socket);
    return last?.outgoing.closed === true && !last.message.complete;
  }

  /** Closes a connection that sent invalid HTTP, after an error response or after the pending response. */
  function closeInvalid(error: NodeJS.ErrnoException, socket: Duplex): void {
    if (hasEarlyResponse(socket)) {
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
  // Other expectations than `100-continue` can be ignored (RFC 9110, section 10.1.1). Node's own response is not JSON.
  server.on('checkExpectation', serve);
  server.on('clientError', (error, socket) => closeInvalid(error, socket));
  server.setTimeout(IDLE_MS);
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
