import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startWire, type TestWire } from '../support/http.ts';
import { createPersonalToken } from '../support/tokens.ts';

let wire: TestWire;
beforeAll(async () => {
  wire = await startWire();
});
afterAll(() => wire.stop());

/** Runs the example; returns its exit code and the decision that it prints. */
async function check(secret: string | null, ...parameters: string[]): Promise<[number | null, any]> {
  const { PATH } = process.env;
  const env = { ...(PATH && { PATH }), PYTHONDONTWRITEBYTECODE: '1', ...(secret && { SECRET: secret }) };
  const args = ['examples/python/check.py', wire.origin, ...parameters];
  const child = spawn('python3', args, { env, stdio: ['ignore', 'pipe', 'inherit'] });
  let printed = '';
  child.stdout.on('data', (chunk) => {
    printed += chunk;
  });
  await once(child, 'close');
  return [child.exitCode, printed === '' ? null : JSON.parse(printed)];
}

test('the client for Python identifies callers and distinguishes refusals', async () => {
  const { owner, workspaceId } = wire.postern;
  const scopes = [{ entityType: 'workspace', entityId: workspaceId, workspaceId, operations: ['READ'] }];
  const { id, secret } = await createPersonalToken(wire.postern, owner.session, { access: 'SCOPED', scopes });
  const allowed = { allowed: true, status: 204, principal: 'PERSONAL_TOKEN', user: owner.id, token: id };
  expect(await check(secret)).toEqual([0, allowed]);
  const one = ['operation=read', 'entityType=workspace', `entityId=${workspaceId}`];
  expect(await check(secret, ...one)).toEqual([0, allowed]);
  const refused = { allowed: false, status: 403, code: 'FORBIDDEN', reason: 'MISSING_SCOPE' };
  expect(await check(secret, 'operation=publish', 'entityType=channel')).toMatchObject([1, refused]);
  expect(await check(null)).toMatchObject([1, { status: 401, code: 'UNAUTHENTICATED' }]);
  expect(await check('pat_nonsense')).toMatchObject([1, { status: 401, code: 'INVALID_TOKEN' }]);
  expect(await check(secret, 'operation=read')).toMatchObject([1, { status: 400, code: 'BAD_REQUEST' }]);
});

/** Runs the example against another server; returns its exit code. */
async function exitCodeAgainst(origin: string): Promise<number | null> {
  const env = { ...process.env, SECRET: 'pat_secret' };
  const child = spawn('python3', ['examples/python/check.py', origin], { env, stdio: 'ignore' });
  await once(child, 'close');
  return child.exitCode;
}

test('the client for Python reports a server that cannot be reached, instead of a decision', async () => {
  const gone = await startWire();
  await gone.stop();
  expect(await exitCodeAgainst(gone.origin)).toBe(2);
});

test('the client for Python takes no answer of another server for a decision, and sends the secret to no other', async () => {
  const received: string[] = [];
  const server = createServer((request, response) => {
    received.push(`${request.url}`);
    const isRedirect = request.url === '/redirect/verify';
    response.writeHead(isRedirect ? 302 : 204, isRedirect ? { location: '/elsewhere' } : {});
    response.end();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  try {
    expect(await exitCodeAgainst(origin)).toBe(2);
    expect(await exitCodeAgainst(`${origin}/redirect`)).toBe(2);
    expect(received).toEqual(['/verify', '/redirect/verify']);
  } finally {
    server.close();
  }
});
