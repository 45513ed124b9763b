import { readFileSync } from 'node:fs';
import { expect, onTestFinished, test } from 'vitest';
import { composeSecret } from '../../src/domain/secret.ts';
import { startTestApp, type TestApp } from '../support/app.ts';
import { createPersonalToken } from '../support/tokens.ts';

const UNKNOWN = composeSecret('PERSONAL', new Uint8Array(32));

async function start(env: Record<string, string>): Promise<TestApp> {
  const postern = await startTestApp(env);
  onTestFinished(() => postern.close());
  return postern;
}

interface From {
  readonly secret?: string;
  readonly address?: string;
  readonly headers?: Record<string, string>;
}

function send(postern: TestApp, { secret, address, headers }: From): Promise<Response> {
  const request = new Request('http://postern.test/graphql', {
    method: 'POST',
    headers: {
      'Content-Type': 'application/json',
      ...(secret && { Authorization: `Bearer ${secret}` }),
      ...headers,
    },
    body: '{"query":"{ viewer { kind } }"}',
  });
  return postern.fetch(request, address);
}

async function statusesOf(postern: TestApp, from: From, count: number): Promise<number[]> {
  const statuses: number[] = [];
  for (let i = 0; i < count; i += 1) statuses.push((await send(postern, from)).status);
  return statuses;
}

test('an address that sends too many invalid credentials must wait before the next one; other addresses need not', async () => {
  const postern = await start({ POSTERN_REFUSALS_PER_MINUTE: '3' });
  expect(await statusesOf(postern, { secret: UNKNOWN }, 3)).toEqual([401, 401, 401]);

  const limited = await send(postern, { secret: UNKNOWN });
  const { errors, data } = (await limited.json()) as { errors: { extensions: object }[]; data?: unknown };
  const seconds = Number(limited.headers.get('retry-after'));
  expect(limited.status).toBe(429);
  expect(seconds).toBeGreaterThan(0);
  expect(seconds).toBeLessThanOrEqual(60);
  expect(errors[0]?.extensions).toEqual({ code: 'RATE_LIMITED', retryAfter: seconds });
  expect(data).toBeUndefined();

  expect((await send(postern, { secret: UNKNOWN, address: '192.0.2.7' })).status).toBe(401);
  expect((await send(postern, {})).status).toBe(200);
});

test('a valid credential is accepted at every endpoint from an address that is blocked for invalid ones', async () => {
  const postern = await start({ POSTERN_REFUSALS_PER_MINUTE: '1' });
  const { session } = postern.owner;
  const token = await createPersonalToken(postern, session);
  const leaked = await createPersonalToken(postern, session);
  const sendTo = (path: string, authorization: string | null, body?: string) =>
    postern.fetch(
      new Request(`http://postern.test${path}`, {
        method: 'POST',
        headers: {
          'Content-Type': 'application/x-www-form-urlencoded',
          ...(authorization && { Authorization: `Bearer ${authorization}` }),
        },
        ...(body && { body }),
      }),
    );
  await statusesOf(postern, { secret: UNKNOWN }, 2);
  expect((await sendTo('/verify', UNKNOWN)).status).toBe(429);
  expect((await sendTo('/oauth/revoke', null, `token=${UNKNOWN}`)).status).toBe(429);

  for (const secret of [session, token.secret, token.secret]) {
    expect((await send(postern, { secret })).status).toBe(200);
    expect((await sendTo('/verify', secret)).status).toBe(204);
  }
  const cookie = { Cookie: `${postern.cookieName}=${session}`, 'Sec-Fetch-Site': 'same-origin' };
  expect((await send(postern, { headers: cookie })).status).toBe(200);
  expect((await sendTo('/oauth/introspect', session, `token=${token.secret}`)).status).toBe(200);
  expect((await sendTo('/oauth/revoke', null, `token=${leaked.secret}`)).status).toBe(200);
  expect((await send(postern, { secret: leaked.secret })).status).toBe(429);
});

test('every kind of invalid credential counts, including those that need no lookup', async () => {
  const postern = await start({ POSTERN_REFUSALS_PER_MINUTE: '3' });
  const { secret: powerless } = await createPersonalToken(postern, postern.owner.session, { access: 'NONE' });
  await send(postern, { secret: 'sesame' });
  await send(postern, { secret: powerless });
  await send(postern, { headers: { Authorization: 'Basic abc' } });
  expect((await send(postern, { secret: 'sesame' })).status).toBe(429);
});

test('requests without a credential or with a stale cookie are limited by address; valid credentials are not', async () => {
  const postern = await start({ POSTERN_ANONYMOUS_PER_MINUTE: '3', POSTERN_REFUSALS_PER_MINUTE: '1' });
  const stale = composeSecret('SESSION', new Uint8Array(32));
  const cookie = { Cookie: `${postern.cookieName}=${stale}`, 'Sec-Fetch-Site': 'same-origin' };
  expect(await statusesOf(postern, { headers: cookie }, 2)).toEqual([200, 200]);
  expect(await statusesOf(postern, {}, 2)).toEqual([200, 429]);
  const report = new Request('http://postern.test/leaks', {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: '[]',
  });
  expect((await postern.fetch(report)).status).toBe(429);
  expect((await send(postern, { secret: postern.owner.session })).status).toBe(200);
  expect((await send(postern, { address: '192.0.2.7' })).status).toBe(200);
});

test('the log warns once about a proxy that is not configured', async () => {
  const headers = { 'X-Forwarded-For': '192.0.2.1' };
  const warnings = ({ logs }: TestApp) => logs.filter((line) => line.includes('POSTERN_TRUST_PROXY'));
  const unaware = await start({});
  await send(unaware, {});
  expect(warnings(unaware)).toEqual([]);
  await statusesOf(unaware, { headers }, 3);
  expect(warnings(unaware)).toHaveLength(1);
  expect(JSON.parse(warnings(unaware)[0] as string)).toMatchObject({ level: 40 });

  const aware = await start({ POSTERN_TRUST_PROXY: '1' });
  await send(aware, { headers });
  expect(warnings(aware)).toEqual([]);
});

test('compose.yaml publishes the port only to a proxy on the same machine, and trusts only that proxy', () => {
  const compose = readFileSync('compose.yaml', 'utf8');
  expect(compose).toContain('ports: ["127.0.0.1:4000:4000"]');
  expect(compose).toMatch(/POSTERN_TRUST_PROXY: \$\{POSTERN_TRUST_PROXY:-1\}/);
});

test('addresses in one IPv6 /64 network count together, and an IPv4 address counts by itself in every notation', async () => {
  const postern = await start({ POSTERN_REFUSALS_PER_MINUTE: '1' });
  const first = (secret: string, address: string) => send(postern, { secret, address });
  expect((await first(UNKNOWN, '2001:db8:0:7::1')).status).toBe(401);
  expect((await first(UNKNOWN, '2001:DB8::7:ffff:0:0:2')).status).toBe(429);
  expect((await first(UNKNOWN, '2001:db8:0:8::1')).status).toBe(401);
  expect((await first(UNKNOWN, '::ffff:192.0.2.1')).status).toBe(401);
  expect((await first(UNKNOWN, '192.0.2.1')).status).toBe(429);
  expect((await first(UNKNOWN, '192.0.2.2')).status).toBe(401);
});

test('0 disables the limit', async () => {
  const postern = await start({ POSTERN_REFUSALS_PER_MINUTE: '0' });
  expect(new Set(await statusesOf(postern, { secret: UNKNOWN }, 50))).toEqual(new Set([401]));
});

test('a configured limit of requests per minute applies to each credential separately', async () => {
  const postern = await start({ POSTERN_REQUESTS_PER_MINUTE: '5' });
  const { secret } = await createPersonalToken(postern, postern.owner.session);
  expect(await statusesOf(postern, { secret }, 6)).toEqual([200, 200, 200, 200, 200, 429]);
  expect((await send(postern, { secret, address: '192.0.2.9' })).status).toBe(429);
  expect((await send(postern, { secret: postern.owner.session })).status).toBe(200);
});

test('the address of the connection counts, not the one that the client claims', async () => {
  const postern = await start({ POSTERN_REFUSALS_PER_MINUTE: '1' });
  const from = (client: string) => ({ secret: UNKNOWN, headers: { 'X-Forwarded-For': client } });
  await send(postern, from('192.0.2.1'));
  expect((await send(postern, from('192.0.2.2'))).status).toBe(429);
});

test('behind trusted proxies, the address that the outermost proxy saw counts, not the entries before it', async () => {
  const postern = await start({ POSTERN_REFUSALS_PER_MINUTE: '1', POSTERN_TRUST_PROXY: '2' });
  const statusFrom = async (chain: string) =>
    (await send(postern, { secret: UNKNOWN, headers: { 'X-Forwarded-For': chain } })).status;
  expect(await statusFrom('192.0.2.1, 10.0.0.1')).toBe(401);
  expect(await statusFrom('198.51.100.9, 192.0.2.1, 10.0.0.2')).toBe(429);
  expect(await statusFrom('192.0.2.1, 192.0.2.2, 10.0.0.1')).toBe(401);
  expect(await statusFrom('unknown, 10.0.0.1')).toBe(401);
  expect(await statusFrom('_hidden, 10.0.0.1')).toBe(429);
});

test.each([
  ['an IPv4 address with a port', (host: number) => `192.0.2.${host}:4711`],
  ['an IPv6 address in brackets', (host: number) => `[2001:db8:0:${host}::1]`],
  ['an IPv6 address in brackets with a port', (host: number) => `[2001:db8:0:${host}::1]:443`],
  ['a mapped IPv4 address in brackets', (host: number) => `[::ffff:192.0.2.${host}]:80`],
])('behind a proxy that appends %s, each client counts by itself', async (_, entry) => {
  const postern = await start({ POSTERN_REFUSALS_PER_MINUTE: '1', POSTERN_TRUST_PROXY: '1' });
  const statusFrom = async (host: number) =>
    (await send(postern, { secret: UNKNOWN, headers: { 'X-Forwarded-For': entry(host) } })).status;
  expect(await statusFrom(1)).toBe(401);
  expect(await statusFrom(2)).toBe(401);
  expect(await statusFrom(1)).toBe(429);
});

test.each(['192.0.2.1:', '[192.0.2.1', '[]:80', ':443', '[2001:db8::1]x', '999.0.2.1:80', '192.0.2.1:4711x'])(
  'the entry %s contains no address, so the client is the proxy',
  async (entry) => {
    const postern = await start({ POSTERN_REFUSALS_PER_MINUTE: '1', POSTERN_TRUST_PROXY: '1' });
    const headers = { 'X-Forwarded-For': entry };
    expect((await send(postern, { secret: UNKNOWN })).status).toBe(401);
    expect((await send(postern, { secret: UNKNOWN, headers })).status).toBe(429);
  },
);
