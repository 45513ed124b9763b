import { readFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import {
  type AccessCheck,
  createVerifier,
  type Operation,
  type Verify,
} from '../../packages/verify/src/verifier.ts';
import { OPERATIONS } from '../../src/domain/scopes.ts';
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

test('the package and the example app name the operations of Postern', () => {
  // The compiler checks that these are all operations of the package.
  const operations: Record<Operation, true> = {
    CREATE: true,
    READ: true,
    LIST: true,
    UPDATE: true,
    DELETE: true,
    SHARE: true,
    UNSHARE: true,
    PUBLISH: true,
    SUBSCRIBE: true,
  };
  expect(Object.keys(operations)).toEqual([...OPERATIONS]);
  const { pathname } = new URL('../../examples/react-app/codegen.ts', import.meta.url);
  expect(readFileSync(pathname, 'utf8')).toContain(OPERATIONS.map((name) => `'${name}'`).join(' | '));
});

describe('a decision', () => {
  test('identifies the caller that is allowed', async () => {
    const { owner, workspaceId } = server.postern;
    const personal = await createPersonalToken(server.postern, owner.session);
    const workspaceToken = await createWorkspaceToken(server.postern, 'VIEWER');
    expect(await verify(bearer(personal.secret))).toEqual({
      allowed: true,
      principal: 'PERSONAL_TOKEN',
      user: owner.id,
      email: owner.email,
      token: personal.id,
      workspace: null,
      role: null,
      subject: null,
    });
    expect(await verify(bearer(workspaceToken.secret))).toEqual({
      allowed: true,
      principal: 'WORKSPACE_TOKEN',
      user: null,
      email: null,
      token: workspaceToken.id,
      workspace: workspaceId,
      role: 'VIEWER',
      subject: null,
    });
    expect(await verify(bearer(owner.session))).toMatchObject({ principal: 'SESSION', token: null });
  });

  test('gives the reason of a denial and the headers for the client', async () => {
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

  test('is RATE_LIMITED with a retry time after too many refusals of one client address', async () => {
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
  test('can be a fetch or Node request, or only its headers', async () => {
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

  test('with two credentials is denied', async () => {
    const { session } = server.postern.owner;
    const two = [`Bearer ${session}`, `Bearer ${session}`];
    expect(await verify({ authorization: two })).toMatchObject({ status: 400, code: 'INVALID_AUTH_HEADER' });
  });

  test('without an entity checks access to every entity, and to at least one with any: true', async () => {
    const { postern } = server;
    const entityId = await createChannel(postern);
    const scopes = [{ entityType: 'channel', entityId, operations: ['READ'] }];
    const access = { access: 'SCOPED', scopes };
    const from = bearer((await createPersonalToken(postern, postern.owner.session, access)).secret);
    const check: AccessCheck = { operation: 'read', entityType: 'channel' };
    const denial = { allowed: false, status: 403, reason: 'MISSING_SCOPE' };
    expect(await verify(from, check)).toMatchObject(denial);
    expect(await verify(from, { ...check, entityId: '*' })).toMatchObject(denial);
    expect(await verify(from, { ...check, any: true })).toMatchObject({ allowed: true });
    expect(await verify(bearer(postern.owner.session), check)).toMatchObject({ allowed: true });
  });

  test('with a key that has no value, or is unknown, is denied', async () => {
    const from = bearer(server.postern.owner.session);
    const send = (keys: object) =>
      verify(from, { operation: 'read', entityType: 'channel', ...keys } as AccessCheck);
    const denial = { allowed: false, status: 400, code: 'BAD_REQUEST' };
    for (const value of [undefined, null, '', 7]) {
      expect(await send({ entityId: value })).toMatchObject(denial);
      expect(await send({ workspaceId: value })).toMatchObject(denial);
      expect(await send({ any: value })).toMatchObject(denial);
    }
    expect(await send({ any: false })).toMatchObject(denial);
    expect(await send({ entityId: 'chn_1', any: true })).toMatchObject(denial);
    expect(await send({ entityID: 'chn_1' })).toMatchObject(denial);
    for (const empty of [{}, null]) expect(await verify(from, empty as never)).toMatchObject(denial);
  });
});

describe('the cache', () => {
  afterEach(() => void vi.useRealTimers());

  test('is off by default, so a revoked token is denied immediately', async () => {
    const token = await createPersonalToken(server.postern, server.postern.owner.session);
    expect(await verify(bearer(token.secret))).toMatchObject({ allowed: true });
    await revoke(token.id);
    expect(await verify(bearer(token.secret))).toMatchObject({ code: 'TOKEN_REVOKED' });
  });

  test('repeats a permission for the configured time, and no longer', async () => {
    vi.useFakeTimers({ toFake: ['performance'] });
    const caching = createVerifier({ url: server.origin, cacheSeconds: 5 });
    const token = await createPersonalToken(server.postern, server.postern.owner.session);
    const first = await caching(bearer(token.secret));
    await revoke(token.id);
    vi.advanceTimersByTime(4_999);
    expect(await caching(bearer(token.secret))).toBe(first);
    vi.advanceTimersByTime(1);
    expect(await caching(bearer(token.secret))).toMatchObject({ code: 'TOKEN_REVOKED' });
  });

  test('separates credentials and checks, and never repeats a denial', async () => {
    const caching = createVerifier({ url: server.origin, cacheSeconds: 60 });
    const { postern } = server;
    const token = await createPersonalToken(postern, postern.owner.session, { access: 'SCOPED', scopes: [] });
    const check: AccessCheck = { operation: 'publish', entityType: 'channel' };
    expect(await caching(bearer(token.secret))).toMatchObject({ allowed: true });
    expect(await caching(bearer(token.secret), check)).toMatchObject({ allowed: false });
    expect(await caching(bearer('pat_nonsense'))).toMatchObject({ allowed: false });
    const scopes = [{ entityType: 'channel', operations: ['PUBLISH'] }];
    await mutate(postern, 'updateToken', { id: token.id, scopes }, postern.owner.session, 'token { id }');
    expect(await caching(bearer(token.secret), check)).toMatchObject({ allowed: true });
  });
});
