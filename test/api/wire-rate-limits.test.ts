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

function ask(postern: TestApp, { secret, address, headers }: From): Promise<Response> {
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
  for (let i = 0; i < count; i += 1) statuses.push((await ask(postern, from)).status);
  return statuses;
}

test('an address that presents too many bad credentials has to wait, and others do not', async () => {
  const postern = await start({ POSTERN_REFUSALS_PER_MINUTE: '3' });
  expect(await statusesOf(postern, { secret: UNKNOWN }, 4)).toEqual([401, 401, 401, 429]);

  const limited = await ask(postern, { secret: postern.owner.session });
  const { errors, data } = (await limited.json()) as { errors: { extensions: object }[]; data?: unknown };
  const seconds = Number(limited.headers.get('retry-after'));
  expect(limited.status).toBe(429);
  expect(seconds).toBeGreaterThan(0);
  expect(seconds).toBeLessThanOrEqual(60);
  expect(errors[0]?.extensions).toEqual({ code: 'RATE_LIMITED', retryAfter: seconds });
  expect(data).toBeUndefined();

  expect((await ask(postern, { secret: postern.owner.session, address: '192.0.2.7' })).status).toBe(200);
  expect((await ask(postern, {})).status).toBe(200);
});

test('every kind of bad credential counts, those that cost no look-up too', async () => {
  const postern = await start({ POSTERN_REFUSALS_PER_MINUTE: '4' });
  const { secret: powerless } = await createPersonalToken(postern, postern.owner.session, { access: 'NONE' });
  const cookie = composeSecret('SESSION', new Uint8Array(32));
  await ask(postern, { secret: 'sesame' });
  await ask(postern, { secret: powerless });
  await ask(postern, { headers: { Authorization: 'Basic abc' } });
  const headers = { Cookie: `postern_session=${cookie}`, 'Sec-Fetch-Site': 'same-origin' };
  expect(await statusesOf(postern, { headers }, 2)).toEqual([200, 429]);
});

test('neighbours in one IPv6 network of 64 bits count as one, and an IPv4 address counts as itself however it is written', async () => {
  const postern = await start({ POSTERN_REFUSALS_PER_MINUTE: '1' });
  const first = (secret: string, address: string) => ask(postern, { secret, address });
  expect((await first(UNKNOWN, '2001:db8:0:7::1')).status).toBe(401);
  expect((await first(UNKNOWN, '2001:DB8::7:ffff:0:0:2')).status).toBe(429);
  expect((await first(UNKNOWN, '2001:db8:0:8::1')).status).toBe(401);
  expect((await first(UNKNOWN, '::ffff:192.0.2.1')).status).toBe(401);
  expect((await first(UNKNOWN, '192.0.2.1')).status).toBe(429);
  expect((await first(UNKNOWN, '192.0.2.2')).status).toBe(401);
});

test('0 turns the limit off', async () => {
  const postern = await start({ POSTERN_REFUSALS_PER_MINUTE: '0' });
  expect(new Set(await statusesOf(postern, { secret: UNKNOWN }, 50))).toEqual(new Set([401]));
});

test('one credential may make so many requests a minute, where that is configured, and another as many again', async () => {
  const postern = await start({ POSTERN_REQUESTS_PER_MINUTE: '5' });
  const { secret } = await createPersonalToken(postern, postern.owner.session);
  expect(await statusesOf(postern, { secret }, 6)).toEqual([200, 200, 200, 200, 200, 429]);
  expect((await ask(postern, { secret, address: '192.0.2.9' })).status).toBe(429);
  expect((await ask(postern, { secret: postern.owner.session })).status).toBe(200);
});

test('the address of the connection counts, whatever the client says of itself', async () => {
  const postern = await start({ POSTERN_REFUSALS_PER_MINUTE: '1' });
  const from = (client: string) => ({ secret: UNKNOWN, headers: { 'X-Forwarded-For': client } });
  await ask(postern, from('192.0.2.1'));
  expect((await ask(postern, from('192.0.2.2'))).status).toBe(429);
});

test('behind trusted proxies, what the outermost of them saw counts, and not what stands before it', async () => {
  const postern = await start({ POSTERN_REFUSALS_PER_MINUTE: '1', POSTERN_TRUST_PROXY: '2' });
  const statusFrom = async (chain: string) =>
    (await ask(postern, { secret: UNKNOWN, headers: { 'X-Forwarded-For': chain } })).status;
  expect(await statusFrom('192.0.2.1, 10.0.0.1')).toBe(401);
  expect(await statusFrom('198.51.100.9, 192.0.2.1, 10.0.0.2')).toBe(429);
  expect(await statusFrom('192.0.2.1, 192.0.2.2, 10.0.0.1')).toBe(401);
  expect(await statusFrom('unknown, 10.0.0.1')).toBe(401);
  expect(await statusFrom('_hidden, 10.0.0.1')).toBe(429);
});
