import { connect } from 'node:net';
import type { HttpHandler } from '../../src/http/handler.ts';
import { createNodeServer } from '../../src/http/node/server.ts';
import { startTestApp, type TestApp } from './app.ts';

const LONGEST_ANSWER_MS = 5_000;
const DRAIN_MS = 1_000;
const CONTINUE = /^HTTP\/1\.1 100 Continue\r\n\r\n/;

/** A handler that listens on a port of its own. */
export interface TestServer {
  /** Such as `http://127.0.0.1:34567`. */
  readonly origin: string;
  readonly port: number;
  /** Posts a body to `/graphql`: a string as it is, anything else as JSON. */
  post(body: unknown, headers?: Record<string, string>): Promise<Response>;
  stop(): Promise<void>;
}

/** A complete Postern in memory, served over HTTP. */
export type TestWire = TestServer & { readonly postern: TestApp };

/** Serves a handler on a port of 127.0.0.1; 0 is a free one. */
async function listen(handler: HttpHandler, maxConnections: number, at: number): Promise<TestServer> {
  const server = createNodeServer(handler, { maxConnections });
  const port = await server.listen(at, '127.0.0.1');
  const origin = `http://127.0.0.1:${port}`;
  return {
    origin,
    port,
    post: (body, headers = {}) =>
      fetch(`${origin}/graphql`, {
        method: 'POST',
        headers: { 'Content-Type': 'application/json', ...headers },
        body: typeof body === 'string' ? body : JSON.stringify(body),
      }),
    stop: () => server.drain(DRAIN_MS),
  };
}

/** Starts Postern in memory on the port `PORT`, or a free one. The configuration is read from `env`. */
export async function startWire(env: Record<string, string> = {}): Promise<TestWire> {
  const postern = await startTestApp(env);
  const server = await listen(
    postern.app,
    Number(env.POSTERN_MAX_CONNECTIONS ?? 1000),
    Number(env.PORT ?? 0),
  );
  const stop = async () => {
    await server.stop();
    await postern.close();
  };
  return { ...server, postern, stop };
}

/** The response to a raw connection. */
export interface RawAnswer {
  /** `null` if the server closed the connection without a response. */
  readonly status: number | null;
  readonly text: string;
}

/** Sends bytes as they are, ends its side, and reads until the server ends the connection. Rejects if the server does not. */
export function sendRaw(port: number, bytes: string | Uint8Array): Promise<RawAnswer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    const socket = connect(port, '127.0.0.1');
    const timer = setTimeout(() => {
      socket.destroy();
      reject(new Error(`no end after ${LONGEST_ANSWER_MS} ms: ${String(bytes).slice(0, 500)}`));
    }, LONGEST_ANSWER_MS);
    // A reset is an end like any other: the bytes before it count.
    socket.on('error', () => {});
    socket.on('data', (chunk) => chunks.push(chunk));
    socket.on('close', () => {
      clearTimeout(timer);
      const text = Buffer.concat(chunks).toString().replace(CONTINUE, '');
      const status = /^HTTP\/1\.1 (\d{3}) /.exec(text)?.[1];
      resolve({ status: status ? Number(status) : null, text });
    });
    socket.end(bytes);
  });
}

/** The code of the first error of a response; `undefined` if it has none. */
export async function codeIn(response: Response): Promise<string | undefined> {
  const { errors } = (await response.json()) as { errors?: { extensions: { code: string } }[] };
  return errors?.[0]?.extensions.code;
}
