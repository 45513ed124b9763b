import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { codeIn, sendRaw, startWire, type TestWire } from '../support/http.ts';

let wire: TestWire;
beforeEach(async () => {
  wire = await startWire();
});
afterEach(() => wire.stop());

const get = (path: string, init: RequestInit = {}) => fetch(`${wire.origin}${path}`, init);

test('/health reports that the process is up, even without the database', async () => {
  await wire.postern.database.db.schema.dropTable('audit_events').execute();
  const response = await get('/health');
  expect([response.status, await response.json()]).toEqual([200, { status: 'ok' }]);
});

test('/ready reports that the database responds and has the current schema', async () => {
  const response = await get('/ready');
  expect([response.status, await response.json()]).toEqual([200, { status: 'ready' }]);
});

test('/ready reports that the database is not usable', async () => {
  await wire.postern.database.db.schema.dropTable('kysely_migration').execute();
  const response = await get('/ready');
  expect(response.status).toBe(503);
  expect(Number(response.headers.get('retry-after'))).toBeGreaterThan(0);
  expect(await codeIn(response)).toBe('UNAVAILABLE');
});

test('these two accept only GET and HEAD', async () => {
  for (const path of ['/health', '/ready']) {
    expect((await get(path, { method: 'HEAD' })).status).toBe(200);
    const response = await get(path, { method: 'POST' });
    expect([response.status, response.headers.get('allow')]).toEqual([405, 'GET, HEAD']);
  }
});

test.each(['/nope', '/graphql//', '/graphql/x', '//graphql', '/GraphQL', '/%2e%2e/etc/passwd'])(
  '%s does not exist',
  async (path) => {
    const response = await get(path);
    expect([response.status, await codeIn(response)]).toEqual([404, 'NOT_FOUND']);
  },
);

test('a slash at the end of a path, and a target with scheme and authority, mean the same as without', async () => {
  expect((await get('/health/')).status).toBe(200);
  const body = JSON.stringify({ query: '{ __typename }' });
  const headers = { 'Content-Type': 'application/json' };
  const response = await get('/graphql/', { method: 'POST', headers, body });
  expect([response.status, await response.json()]).toEqual([200, { data: { __typename: 'Query' } }]);
  const secret = wire.postern.owner.session;
  expect((await get('/verify/', { headers: { Authorization: `Bearer ${secret}` } })).status).toBe(204);

  const send = (target: string) =>
    sendRaw(wire.port, `GET ${target} HTTP/1.1\r\nHost: other.example\r\nConnection: close\r\n\r\n`);
  expect(await send('http://postern.example:4000/health?a')).toMatchObject({ status: 200 });
  // The authority of the target replaces the Host header.
  const metadata = await send('HTTP://postern.example:4000/.well-known/oauth-authorization-server');
  expect(metadata.text).toContain('"issuer":"http://postern.example:4000"');
  for (const target of ['http://postern.example', 'http://postern.example?x']) {
    expect((await send(target)).status).toBe((await send('/')).status);
  }
  for (const target of [
    'http://',
    'http:///health',
    'http://a b/health',
    'http://u@x/health',
    'ftp://x/health',
  ])
    expect([target, (await send(target)).status]).toEqual([target, 400]);
});

test('only a request of HTTP/1.0 can be without Host', async () => {
  const send = (version: string, target: string) =>
    sendRaw(wire.port, `GET ${target} HTTP/${version}\r\nConnection: close\r\n\r\n`);
  expect((await send('1.0', '/health')).status).toBe(200);
  expect((await send('1.1', '/health')).status).toBe(400);
  expect((await send('1.1', 'http://postern.example/health')).status).toBe(400);
  const twice =
    'GET http://postern.example/health HTTP/1.1\r\nHost: a\r\nHost: b\r\nConnection: close\r\n\r\n';
  expect((await sendRaw(wire.port, twice)).status).toBe(400);
});

describe('every response', () => {
  const requests: [string, () => Promise<Response>][] = [
    ['a result', () => wire.post({ query: '{ __typename }' })],
    ['a page', () => get('/graphql', { headers: { Accept: 'text/html' } })],
    ['a stream', () => wire.post({ query: '{ __typename }' }, { Accept: 'text/event-stream' })],
    ['an error', () => wire.post('nonsense')],
    ['a preflight', () => get('/graphql', { method: 'OPTIONS' })],
    ['a report', () => get('/health')],
    ['nothing', () => get('/nope')],
  ];

  test.each(requests)('that is %s forbids caching, content sniffing and referrers', async (_, send) => {
    const { headers } = await send();
    expect(headers.get('cache-control')).toBe('no-store');
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('referrer-policy')).toBe('no-referrer');
  });

  test('to invalid HTTP also forbids them', async () => {
    for (const bytes of ['nonsense\r\n\r\n', 'GET / HTTP/1.1\r\nHost: a b\r\n\r\n']) {
      const { status, text } = await sendRaw(wire.port, bytes);
      expect(status).toBe(400);
      expect(text).toMatch(/cache-control: no-store/i);
      expect(text).toMatch(/x-content-type-options: nosniff/i);
      expect(text).toContain('"code":"BAD_REQUEST"');
    }
  });

  test('has an id of the server, never the one that the client sent', async () => {
    const ids = new Set<string | null>();
    for (let i = 0; i < 3; i += 1) {
      ids.add((await get('/health', { headers: { 'X-Request-Id': 'mine' } })).headers.get('x-request-id'));
    }
    expect(ids.size).toBe(3);
    for (const id of ids) expect(id).toMatch(/^[0-9a-f-]{36}$/);
  });
});

test('during shutdown, everything except /health is UNAVAILABLE', async () => {
  wire.postern.app.drain();
  for (const path of ['/ready', '/graphql?query={__typename}', '/nope']) {
    const response = await get(path);
    expect(response.status).toBe(503);
    expect(Number(response.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(await codeIn(response)).toBe('UNAVAILABLE');
  }
  expect((await get('/health')).status).toBe(200);
});

test('/verify without a query verifies only the credential; an empty query, from a proxy with empty variables, is refused', async () => {
  const headers = { Authorization: `Bearer ${wire.postern.owner.session}` };
  expect((await get('/verify', { headers })).status).toBe(204);
  const { status } = await sendRaw(
    wire.port,
    `GET /verify? HTTP/1.1\r\nHost: postern.test\r\nAuthorization: ${headers.Authorization}\r\nConnection: close\r\n\r\n`,
  );
  expect(status).toBe(400);
});
