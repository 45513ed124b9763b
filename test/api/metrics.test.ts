import { afterEach, beforeEach, expect, test } from 'vitest';
import { createMetricsServer, type MetricsServer } from '../../src/http/metrics-server.ts';
import { startTestApp, type TestApp } from '../support/app.ts';
import { importLines, personalLine, SHAPES } from '../support/imports.ts';

let postern: TestApp;
let server: MetricsServer;
let origin: string;

/** Returns the value of a sample by its name with labels. */
async function sample(name: string): Promise<number | undefined> {
  const text = await (await fetch(`${origin}/metrics`)).text();
  const line = text.split('\n').find((line) => line.startsWith(`${name} `));
  return line === undefined ? undefined : Number(line.slice(name.length + 1));
}

async function verify(secret: string): Promise<number> {
  const headers = { authorization: `Bearer ${secret}` };
  return (await postern.fetch(new Request('http://postern.test/verify', { headers }))).status;
}

beforeEach(async () => {
  postern = await startTestApp({ POSTERN_METRICS_PORT: '0', POSTERN_FOREIGN_SHAPES: SHAPES });
  server = createMetricsServer(postern.app.metrics!);
  origin = `http://127.0.0.1:${await server.listen(0, '127.0.0.1')}`;
});

afterEach(async () => {
  server.close();
  await postern.close();
});

test('requests are counted by path, method and status, and timed by path', async () => {
  const before = (await sample('postern_requests_total{path="/verify",method="GET",status="204"}')) ?? 0;
  expect(await verify(postern.owner.session)).toBe(204);
  expect(await verify(postern.owner.session)).toBe(204);
  expect(await sample('postern_requests_total{path="/verify",method="GET",status="204"}')).toBe(before + 2);
  expect(await sample('postern_request_duration_seconds_count{path="/verify"}')).toBe(before + 2);
  expect(await sample('postern_request_duration_seconds_bucket{le="+Inf",path="/verify"}')).toBe(before + 2);
});

test('errors are counted by code, of refused requests and at fields', async () => {
  expect(await verify('nonsense')).toBe(401);
  await postern.post('{ tokens { totalCount } }');
  await postern.post('{ tokens { totalCount } }');
  await postern.post('{ nonsense }');
  expect(await sample('postern_errors_total{code="INVALID_TOKEN"}')).toBe(1);
  expect(await sample('postern_errors_total{code="UNAUTHENTICATED"}')).toBe(2);
  expect(await sample('postern_errors_total{code="GRAPHQL_VALIDATION_FAILED"}')).toBe(1);
});

test('every error code is present before its first error, so that the rate of an alert counts that error', async () => {
  expect(await sample('postern_errors_total{code="INTERNAL_SERVER_ERROR"}')).toBe(0);
});

test('no client can create a label', async () => {
  const secret = 'pat_secret';
  await postern.fetch(new Request(`http://postern.test/${secret}`));
  await postern.fetch(new Request('http://postern.test/health', { method: 'UNKNOWN' }));
  const text = await (await fetch(`${origin}/metrics`)).text();
  expect(text).toContain('postern_requests_total{path="other",method="GET",status="404"} 1');
  expect(text).toContain('postern_requests_total{path="/health",method="other",status="405"} 1');
  expect(text).not.toContain(secret);
  expect(text).not.toContain('UNKNOWN');
});

test('the database, pending writes, streams and the event loop are measured', async () => {
  expect(await sample('postern_database_up')).toBe(1);
  expect(await sample('postern_database_bytes{part="main"}')).toBeGreaterThan(10_000);
  expect(await sample('postern_open_streams')).toBe(0);
  expect(await sample('nodejs_eventloop_lag_p99_seconds')).toBeGreaterThanOrEqual(0);
  await verify(postern.owner.session);
  expect(await sample('postern_last_use_backlog')).toBe(1);
});

test('a database that does not respond is measured too', async () => {
  await postern.post('{ viewer { kind } }');
  await postern.database.close();
  expect(await sample('postern_database_up')).toBe(0);
  expect(await sample('postern_requests_total{path="/graphql",method="POST",status="200"}')).toBeGreaterThan(
    0,
  );
});

test('the port serves nothing else', async () => {
  expect((await fetch(`${origin}/`)).status).toBe(404);
  expect((await fetch(`${origin}/metrics`, { method: 'POST' })).status).toBe(404);
});

test('without a configured port nothing is measured', async () => {
  const plain = await startTestApp();
  expect(plain.app.metrics).toBeNull();
  await plain.close();
});

test('tokens with an imported secret are counted until they are regenerated, are revoked or expire', async () => {
  const secrets = ['a', 'b', 'c', 'd'].map((letter) => letter.repeat(39).padEnd(40, '0'));
  const [replaced, revoked, expired] = secrets as [string, string, string];
  await importLines(
    postern,
    secrets.map((secret) =>
      personalLine(secret, secret === expired ? { expiresAt: '2030-01-02T00:00:00Z' } : {}),
    ),
  );
  expect(await sample('postern_imported_tokens')).toBe(4);

  const idOf = async (secret: string) =>
    (await postern.post('{ viewer { token { id } } }', {}, secret)).data.viewer.token.id;
  const regenerate = 'mutation ($id: ID!) { regenerateToken(input: { id: $id, overlap: "P1D" }) { secret } }';
  await postern.post(regenerate, { id: await idOf(replaced) }, postern.owner.session);
  expect(await sample('postern_imported_tokens')).toBe(3);
  const revoke = 'mutation ($id: ID!) { revokeToken(input: { id: $id }) { token { id } } }';
  await postern.post(revoke, { id: await idOf(revoked) }, postern.owner.session);
  expect(await sample('postern_imported_tokens')).toBe(2);
  postern.advance(24 * 60 * 60 * 1000);
  expect(await sample('postern_imported_tokens')).toBe(1);
});
