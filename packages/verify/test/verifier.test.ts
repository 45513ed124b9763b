import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, onTestFinished, test, vi } from 'vitest';
import { type AccessCheck, createVerifier } from '../src/verifier.ts';

const REQUEST = { authorization: 'Bearer x' };

/** Starts a server for the current test and returns its origin. */
async function serve(listener: RequestListener): Promise<string> {
  const server: Server = createServer(listener).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const allow: RequestListener = (_request, response) => {
  response.writeHead(204, { 'X-Postern-Principal': 'SESSION' }).end();
};

test('a request without a credential is denied without a call to Postern', async () => {
  const verify = createVerifier({ url: 'http://127.0.0.1:1' });
  expect(await verify({})).toMatchObject({
    status: 401,
    code: 'UNAUTHENTICATED',
    wwwAuthenticate: 'Bearer realm="postern"',
  });
});

test('the credential, the user agent and the address of the client are sent to Postern', async () => {
  const received: unknown[] = [];
  const url = await serve((request, response) => {
    const { authorization, 'user-agent': agent, 'x-forwarded-for': address, cookie } = request.headers;
    received.push([request.url, authorization, agent, address, cookie]);
    allow(request, response);
  });
  const headers = { ...REQUEST, 'User-Agent': 'client/1', cookie: 'private' };
  const check: AccessCheck = { operation: 'read', entityType: 'repository', entityId: 'website' };
  await createVerifier({ url })({ headers }, check, { address: '203.0.113.7' });
  const path = '/verify?operation=read&entityType=repository&entityId=website';
  expect(received).toEqual([[path, 'Bearer x', 'client/1', '203.0.113.7', undefined]]);
});

test('a check with a key that has no value is denied without a call to Postern', async () => {
  const verify = createVerifier({ url: 'http://127.0.0.1:1' });
  const send = (keys: object) =>
    verify(REQUEST, { operation: 'read', entityType: 'channel', ...keys } as AccessCheck);
  const badRequest = { allowed: false, status: 400, code: 'BAD_REQUEST' };
  for (const value of [undefined, null, '', 7]) {
    expect(await send({ entityId: value })).toMatchObject(badRequest);
    expect(await send({ workspaceId: value })).toMatchObject(badRequest);
    expect(await send({ any: value })).toMatchObject(badRequest);
  }
  expect(await send({ any: false })).toMatchObject(badRequest);
  for (const empty of [{}, null]) expect(await verify(REQUEST, empty as never)).toMatchObject(badRequest);
});

describe('anything but a valid permission is a denial', () => {
  const invalid: [string, RequestListener][] = [
    ['a response of another kind', (_request, response) => response.end('welcome')],
    ['a 204 of another server', (_request, response) => response.writeHead(204).end()],
    ['a redirect', (_request, response) => response.writeHead(302, { Location: '/elsewhere' }).end()],
    ['a server error', (_request, response) => response.writeHead(500).end()],
    [
      'a response that breaks off',
      (_request, response) =>
        response.writeHead(403, { 'Content-Length': '9' }).write('x', () => response.destroy()),
    ],
  ];

  test.each(invalid)('%s', async (_, listener) => {
    const verify = createVerifier({ url: await serve(listener) });
    expect(await verify(REQUEST)).toMatchObject({ allowed: false, status: 503, code: 'UNAVAILABLE' });
  });

  test('an unreachable server, and one that does not respond in time', async () => {
    const unreachable = createVerifier({ url: 'http://127.0.0.1:1' });
    expect(await unreachable(REQUEST)).toMatchObject({ status: 503 });
    const silent = createVerifier({ url: await serve(() => {}), timeoutMs: 50 });
    expect(await silent(REQUEST)).toMatchObject({ status: 503 });
  });

  test('the status of a proxy in between', async () => {
    const url = await serve((_request, response) => response.writeHead(403).end('<html>'));
    expect(await createVerifier({ url })(REQUEST)).toMatchObject({ status: 403, code: 'FORBIDDEN' });
  });
});

describe('the cache', () => {
  afterEach(() => void vi.useRealTimers());

  /** Starts a server that allows every request, and counts the requests. */
  async function serveCounted(): Promise<{ url: string; requests: () => number }> {
    let requests = 0;
    const url = await serve((request, response) => {
      requests += 1;
      allow(request, response);
    });
    return { url, requests: () => requests };
  }

  test('is off by default', async () => {
    const { url, requests } = await serveCounted();
    const verify = createVerifier({ url });
    await verify(REQUEST);
    await verify(REQUEST);
    expect(requests()).toBe(2);
  });

  test('reuses a decision for the configured time', async () => {
    vi.useFakeTimers({ toFake: ['performance'] });
    const { url, requests } = await serveCounted();
    const verify = createVerifier({ url, cacheSeconds: 5 });
    const first = await verify(REQUEST);
    vi.advanceTimersByTime(4_999);
    expect(await verify(REQUEST)).toBe(first);
    expect(requests()).toBe(1);
    vi.advanceTimersByTime(1);
    expect(await verify(REQUEST)).not.toBe(first);
    expect(requests()).toBe(2);
  });

  test('is bounded and drops its oldest entry', async () => {
    const { url, requests } = await serveCounted();
    const verify = createVerifier({ url, cacheSeconds: 60, cacheEntries: 2 });
    for (const secret of ['a', 'b', 'b', 'c', 'c', 'b', 'a']) await verify({ authorization: secret });
    expect(requests()).toBe(4);
  });
});

test('an invalid configuration throws', () => {
  expect(() => createVerifier({ url: 'nonsense' })).toThrow(TypeError);
  expect(() => createVerifier({ url: 'http://127.0.0.1:1', cacheSeconds: -1 })).toThrow(RangeError);
});

test('a path in the URL of Postern is kept', async () => {
  const paths: (string | undefined)[] = [];
  const url = await serve((request, response) => {
    paths.push(request.url);
    allow(request, response);
  });
  for (const base of ['', '/', '/tokens', '/tokens/'])
    await createVerifier({ url: `${url}${base}` })(REQUEST);
  expect(paths).toEqual(['/verify', '/verify', '/tokens/verify', '/tokens/verify']);
});
