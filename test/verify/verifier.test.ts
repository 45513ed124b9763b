import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest';
import { createVerifier, type Question, type Verify } from '../../src/verify/verifier.ts';
import { createChannel, mutate } from '../support/channels.ts';
import { startWire, type TestWire } from '../support/http.ts';
import { createPersonalToken, createWorkspaceToken } from '../support/tokens.ts';

let server: TestWire;
let verify: Verify;
beforeEach(async () => {
  server = await startWire();
  verify = createVerifier({ url: server.origin });
});
afterEach(() => server.stop());

const bearer = (secret: string) => ({ authorization: `Bearer ${secret}` });

async function revoke(id: string): Promise<void> {
  await mutate(server.postern, 'revokeToken', { id }, server.postern.owner.session, 'token { id }');
}

/** The address of a server that is not Postern, gone when the test has finished. */
async function impostor(listener: RequestListener): Promise<string> {
  const other: Server = createServer(listener).listen(0, '127.0.0.1');
  await once(other, 'listening');
  onTestFinished(() => {
    other.closeAllConnections();
    other.close();
  });
  return `http://127.0.0.1:${(other.address() as AddressInfo).port}`;
}

describe('a verdict', () => {
  test('tells who is allowed', async () => {
    const { owner, workspaceId } = server.postern;
    const personal = await createPersonalToken(server.postern, owner.session);
    const ofWorkspace = await createWorkspaceToken(server.postern, 'VIEWER');
    expect(await verify(bearer(personal.secret))).toEqual({
      allowed: true,
      principal: 'PERSONAL_TOKEN',
      user: owner.id,
      email: owner.email,
      token: personal.id,
      workspace: null,
      role: null,
    });
    expect(await verify(bearer(ofWorkspace.secret))).toEqual({
      allowed: true,
      principal: 'WORKSPACE_TOKEN',
      user: null,
      email: null,
      token: ofWorkspace.id,
      workspace: workspaceId,
      role: 'VIEWER',
    });
    expect(await verify(bearer(owner.session))).toMatchObject({ principal: 'SESSION', token: null });
  });

  test('tells why not, and what the client is to be answered', async () => {
    const { postern } = server;
    const scopes = [{ entityType: 'channel', operations: ['READ'] }];
    const { secret } = await createPersonalToken(postern, postern.owner.session, {
      access: 'SCOPED',
      scopes,
    });
    const entityId = await createChannel(postern);
    expect(
      await verify(bearer(secret), { operation: 'read', entityType: 'channel', entityId }),
    ).toMatchObject({
      allowed: true,
    });
    expect(await verify(bearer(secret), { operation: 'publish', entityType: 'channel', entityId })).toEqual({
      allowed: false,
      status: 403,
      code: 'FORBIDDEN',
      reason: 'MISSING_SCOPE',
      required: { operation: 'PUBLISH', entityType: 'channel', entityId },
      wwwAuthenticate: 'Bearer realm="postern", error="insufficient_scope"',
      retryAfter: null,
    });
    expect(await verify(bearer('pat_nonsense'))).toMatchObject({ status: 401, code: 'INVALID_TOKEN' });
  });

  test('asks for a credential without asking Postern', async () => {
    const unreachable = createVerifier({ url: 'http://127.0.0.1:1' });
    expect(await unreachable({})).toMatchObject({
      status: 401,
      code: 'UNAUTHENTICATED',
      wwwAuthenticate: 'Bearer realm="postern"',
    });
  });

  test('says when to come back where too much was tried, by the address of the client', async () => {
    await server.stop();
    server = await startWire({ POSTERN_REFUSALS_PER_MINUTE: '1', POSTERN_TRUST_PROXY: '1' });
    verify = createVerifier({ url: server.origin });
    const guess = (address: string) => verify(bearer('pat_nonsense'), undefined, { address });
    expect(await guess('203.0.113.7')).toMatchObject({ status: 401 });
    expect(await guess('203.0.113.7')).toMatchObject({ status: 429, code: 'RATE_LIMITED', retryAfter: 60 });
    expect(await guess('203.0.113.8')).toMatchObject({ status: 401 });
  });
});

describe('a request', () => {
  test('may be given as it comes: of the fetch standard, of Node, or its headers alone', async () => {
    const headers = bearer(server.postern.owner.session);
    for (const from of [
      new Request('http://service.test', { headers }),
      new Headers(headers),
      { headers },
      { headers: new Headers(headers) },
      headers,
      { Authorization: headers.authorization },
    ]) {
      expect(await verify(from)).toMatchObject({ allowed: true });
    }
  });

  test('with two credentials is refused, not served by the first', async () => {
    const { session } = server.postern.owner;
    const two = [`Bearer ${session}`, `Bearer ${session}`];
    expect(await verify({ authorization: two })).toMatchObject({ status: 400, code: 'INVALID_AUTH_HEADER' });
  });

  test('that names no entity asks about every one, and about any one only if it says so', async () => {
    const { postern } = server;
    const entityId = await createChannel(postern);
    const scopes = [{ entityType: 'channel', entityId, operations: ['READ'] }];
    const access = { access: 'SCOPED', scopes };
    const from = bearer((await createPersonalToken(postern, postern.owner.session, access)).secret);
    const question: Question = { operation: 'read', entityType: 'channel' };
    const refused = { allowed: false, status: 403, reason: 'MISSING_SCOPE' };
    expect(await verify(from, question)).toMatchObject(refused);
    expect(await verify(from, { ...question, entityId: '*' })).toMatchObject(refused);
    expect(await verify(from, { ...question, any: true })).toMatchObject({ allowed: true });
    expect(await verify(bearer(postern.owner.session), question)).toMatchObject({ allowed: true });
  });

  test('that leaves something in the question without a value is refused', async () => {
    const from = bearer(server.postern.owner.session);
    const ask = (question: object) =>
      verify(from, { operation: 'read', entityType: 'channel', ...question } as Question);
    const refused = { allowed: false, status: 400, code: 'BAD_REQUEST' };
    for (const value of [undefined, null, '', 7]) {
      expect(await ask({ entityId: value })).toMatchObject(refused);
      expect(await ask({ workspaceId: value })).toMatchObject(refused);
      expect(await ask({ any: value })).toMatchObject(refused);
    }
    expect(await ask({ any: false })).toMatchObject(refused);
    expect(await ask({ entityId: 'chn_1', any: true })).toMatchObject(refused);
    expect(await ask({ entityID: 'chn_1' })).toMatchObject(refused);
    for (const nothing of [{}, null]) expect(await verify(from, nothing as never)).toMatchObject(refused);
  });
});

describe('whatever keeps Postern from saying yes is a no', () => {
  const closed: [string, RequestListener][] = [
    ['an answer of another kind', (_request, response) => response.end('welcome')],
    ['a 204 of somebody else', (_request, response) => response.writeHead(204).end()],
    ['a redirect', (_request, response) => response.writeHead(302, { Location: '/elsewhere' }).end()],
    ['a fault', (_request, response) => response.writeHead(500).end()],
    [
      'an answer that breaks off',
      (_request, response) =>
        response.writeHead(403, { 'Content-Length': '9' }).write('x', () => response.destroy()),
    ],
  ];

  test.each(closed)('%s', async (_, listener) => {
    const verifyThere = createVerifier({ url: await impostor(listener) });
    expect(await verifyThere(bearer('x'))).toMatchObject({
      allowed: false,
      status: 503,
      code: 'UNAVAILABLE',
    });
  });

  test('nobody there, and nobody who answers in time', async () => {
    const nobody = createVerifier({ url: 'http://127.0.0.1:1' });
    expect(await nobody(bearer('x'))).toMatchObject({ status: 503 });
    const silent = createVerifier({ url: await impostor(() => {}), timeoutMs: 50 });
    expect(await silent(bearer('x'))).toMatchObject({ status: 503 });
  });

  test('a refusal that a proxy makes up is one all the same', async () => {
    const url = await impostor((_request, response) => response.writeHead(403).end('<html>'));
    expect(await createVerifier({ url })(bearer('x'))).toMatchObject({ status: 403, code: 'FORBIDDEN' });
  });
});

describe('the memory', () => {
  afterEach(() => void vi.useRealTimers());

  test('is none unless asked for: what is revoked is refused at once', async () => {
    const token = await createPersonalToken(server.postern, server.postern.owner.session);
    expect(await verify(bearer(token.secret))).toMatchObject({ allowed: true });
    await revoke(token.id);
    expect(await verify(bearer(token.secret))).toMatchObject({ code: 'TOKEN_REVOKED' });
  });

  test('repeats a yes for the time that was given, and no longer', async () => {
    vi.useFakeTimers({ toFake: ['performance'] });
    const patient = createVerifier({ url: server.origin, cacheSeconds: 5 });
    const token = await createPersonalToken(server.postern, server.postern.owner.session);
    const first = await patient(bearer(token.secret));
    await revoke(token.id);
    vi.advanceTimersByTime(4_999);
    expect(await patient(bearer(token.secret))).toBe(first);
    vi.advanceTimersByTime(1);
    expect(await patient(bearer(token.secret))).toMatchObject({ code: 'TOKEN_REVOKED' });
  });

  test('keeps apart credentials and questions, and never repeats a no', async () => {
    const patient = createVerifier({ url: server.origin, cacheSeconds: 60 });
    const { postern } = server;
    const token = await createPersonalToken(postern, postern.owner.session, { access: 'SCOPED', scopes: [] });
    const question: Question = { operation: 'publish', entityType: 'channel' };
    expect(await patient(bearer(token.secret))).toMatchObject({ allowed: true });
    expect(await patient(bearer(token.secret), question)).toMatchObject({ allowed: false });
    expect(await patient(bearer('pat_nonsense'))).toMatchObject({ allowed: false });
    const scopes = [{ entityType: 'channel', operations: ['PUBLISH'] }];
    await mutate(postern, 'updateToken', { id: token.id, scopes }, postern.owner.session, 'token { id }');
    expect(await patient(bearer(token.secret), question)).toMatchObject({ allowed: true });
  });

  test('is bounded: the oldest makes room', async () => {
    let asked = 0;
    const url = await impostor((_request, response) => {
      asked += 1;
      response.writeHead(204, { 'X-Postern-Principal': 'SESSION' }).end();
    });
    const forgetful = createVerifier({ url, cacheSeconds: 60, cacheEntries: 2 });
    for (const secret of ['a', 'b', 'b', 'c', 'c', 'b', 'a']) await forgetful(bearer(secret));
    expect(asked).toBe(4);
  });
});

test('a wrong configuration is refused when the verifier is made', () => {
  expect(() => createVerifier({ url: 'nonsense' })).toThrow(TypeError);
  expect(() => createVerifier({ url: server.origin, cacheSeconds: -1 })).toThrow(RangeError);
});

test('Postern may stand below a path', async () => {
  const paths: (string | undefined)[] = [];
  const url = await impostor((request, response) => {
    paths.push(request.url);
    response.writeHead(204, { 'X-Postern-Principal': 'SESSION' }).end();
  });
  for (const base of ['', '/', '/tokens', '/tokens/'])
    await createVerifier({ url: `${url}${base}` })(bearer('x'));
  expect(paths).toEqual(['/verify', '/verify', '/tokens/verify', '/tokens/verify']);
});
