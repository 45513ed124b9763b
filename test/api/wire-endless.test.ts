import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { startWire, type TestWire } from '../support/http.ts';

const KIB = 1024;
const MIB = KIB * KIB;
/** The bytes of a connection that are read: 1 MiB, the read with which the request arrives and the one that exceeds the bound. */
const MOST_READ = MIB + 2 * 64 * KIB;
const REQUESTS = 'http.server.request.start';

let wire: TestWire;
beforeAll(async () => {
  wire = await startWire();
});
afterAll(() => wire.stop());

/** The server's sockets of the connections with requests. */
let serverSockets: Socket[] = [];
const noteSocket = (message: unknown) => void serverSockets.push((message as { socket: Socket }).socket);
beforeEach(() => {
  serverSockets = [];
  subscribe(REQUESTS, noteSocket);
});
afterEach(() => void unsubscribe(REQUESTS, noteSocket));

/** Resolves when a connection is closed or reset. */
function closeOf(socket: Socket): Promise<void> {
  socket.on('error', () => {});
  return new Promise((resolve) => socket.once('close', () => resolve()));
}

const CHUNK = `10000\r\n${'x'.repeat(64 * KIB)}\r\n`;
/** Chunks with one byte of a body in 8 KiB of framing. Many of them arrive before the request is handled. */
const MOSTLY_FRAME = `1;${'x'.repeat(8 * KIB)}\r\nx\r\n`.repeat(128);

/** Sends a request with an endless body until the server closes. Returns the response and how much the server has read. */
async function sendEndlessly(head: string, chunk = CHUNK): Promise<{ status: string; bytesRead: number }> {
  const socket = connect(wire.port, '127.0.0.1');
  onTestFinished(() => void socket.destroy());
  const closed = closeOf(socket);
  let text = '';
  socket.on('data', (data) => {
    text += data;
  });
  socket.write(`${head}\r\nHost: x\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n`);
  const send = () => {
    while (!socket.destroyed && socket.write(chunk));
  };
  socket.on('drain', send);
  send();
  await closed;
  const [end] = serverSockets;
  return { status: text.slice(0, 12), bytesRead: end?.bytesRead ?? 0 };
}

describe('an endless body', () => {
  test('is read for 1 MiB and gets a response, then its connection is closed', async () => {
    const { status, bytesRead } = await sendEndlessly('POST /graphql HTTP/1.1');
    expect(status).toBe('HTTP/1.1 413');
    expect(bytesRead).toBeLessThanOrEqual(MOST_READ);
  });

  test.each([
    ['GET /verify', 401],
    ['POST /verify', 401],
    ['GET /health', 200],
    ['PUT /graphql', 405],
    ['GET /graphql?query={__typename}', 200],
    ['POST /nowhere', 404],
    ['GET /oauth/introspect', 405],
    ['POST /.well-known/oauth-authorization-server', 405],
    ['POST /oauth/revoke', 415],
    ['DELETE /leaks', 405],
  ])('to %s, which reads no body, is read for 1 MiB', async (request, code) => {
    const { status, bytesRead } = await sendEndlessly(`${request} HTTP/1.1`);
    expect(status).toBe(`HTTP/1.1 ${code}`);
    expect(bytesRead).toBeLessThanOrEqual(MOST_READ);
  });

  test('is bounded by its bytes on the network, including the chunk framing', async () => {
    for (const request of ['POST /graphql', 'GET /verify']) {
      serverSockets = [];
      const { bytesRead } = await sendEndlessly(`${request} HTTP/1.1`, MOSTLY_FRAME);
      expect(bytesRead).toBeLessThanOrEqual(MOST_READ);
    }
  });
});

/** Opens a connection and sends bytes; `until` resolves to the received text when it contains `text`. */
async function open(bytes: string): Promise<{ socket: Socket; until(text: string): Promise<string> }> {
  const socket = connect(wire.port, '127.0.0.1');
  onTestFinished(() => void socket.destroy());
  const closed = closeOf(socket);
  let text = '';
  socket.on('data', (data) => {
    text += data;
  });
  socket.write(bytes);
  return {
    socket,
    async until(part) {
      while (!text.includes(part)) await Promise.race([once(socket, 'data'), closed]);
      return text;
    },
  };
}

test('a small body that no endpoint reads leaves the connection usable', async () => {
  const request = (path: string) =>
    `POST ${path} HTTP/1.1\r\nHost: x\r\nContent-Length: ${512 * KIB}\r\n\r\n${'x'.repeat(512 * KIB)}`;
  const { until } = await open(`${request('/verify')}${request('/nowhere')}`);
  const text = await until('NOT_FOUND');
  expect(text.match(/HTTP\/1\.1 \d{3}/g)).toEqual(['HTTP/1.1 401', 'HTTP/1.1 404']);
});

test('a request that has its response gets no second one if its body is malformed', async () => {
  const { socket, until } = await open(
    'GET /health HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n',
  );
  const response = await until('"status":"ok"');
  let more = '';
  socket.on('data', (data) => {
    more += data;
  });
  socket.write('no chunk\r\n');
  await closeOf(socket);
  expect([response.slice(0, 12), more]).toEqual(['HTTP/1.1 200', '']);
});

test('connections above the limit are closed, and open ones are served', async () => {
  const small = await startWire({ POSTERN_MAX_CONNECTIONS: '2' });
  onTestFinished(() => small.stop());
  const request = 'GET /health HTTP/1.1\r\nHost: x\r\n\r\n';
  const send = async (socket: Socket) => {
    socket.write(request);
    return String((await once(socket, 'data'))[0]).slice(0, 12);
  };
  const sockets = [0, 1].map(() => connect(small.port, '127.0.0.1'));
  for (const socket of sockets) {
    onTestFinished(() => void socket.destroy());
    expect(await send(socket)).toBe('HTTP/1.1 200');
  }
  const third = connect(small.port, '127.0.0.1');
  await closeOf(third);
  expect(third.bytesRead).toBe(0);
  for (const socket of sockets) expect(await send(socket)).toBe('HTTP/1.1 200');
});
