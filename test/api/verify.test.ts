import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { startTestApp, type TestApp } from '../support/app.ts';
import { createChannel } from '../support/channels.ts';
import { createPersonalToken, createWorkspaceToken } from '../support/tokens.ts';
import { verify } from '../support/verify.ts';

let postern: TestApp;
beforeEach(async () => {
  postern = await startTestApp();
});
afterEach(() => postern.close());

const TOKEN = 'query ($id: ID!) { token(id: $id) { lastUsedAt lastUsedIp lastUsedUserAgent } }';

describe('the identity of the caller', () => {
  test('of a session is its user', async () => {
    const { owner } = postern;
    const response = await verify(postern, owner.session);
    expect(response.status).toBe(204);
    expect(response.identity).toEqual({
      'x-postern-principal': 'SESSION',
      'x-postern-user': owner.id,
      'x-postern-email': 'owner@example.com',
    });
  });

  test('of a personal token is its owner and the token', async () => {
    const { owner } = postern;
    const token = await createPersonalToken(postern, owner.session);
    expect((await verify(postern, token.secret)).identity).toEqual({
      'x-postern-principal': 'PERSONAL_TOKEN',
      'x-postern-user': owner.id,
      'x-postern-email': 'owner@example.com',
      'x-postern-token': token.id,
    });
  });

  test('of a workspace token is the token, its workspace and its role', async () => {
    const token = await createWorkspaceToken(postern, 'TEAM_MEMBER');
    expect((await verify(postern, token.secret)).identity).toEqual({
      'x-postern-principal': 'WORKSPACE_TOKEN',
      'x-postern-token': token.id,
      'x-postern-workspace': postern.workspaceId,
      'x-postern-role': 'TEAM_MEMBER',
    });
  });
});

describe('an access check', () => {
  test('decides on one entity, on a type and on a workspace', async () => {
    const channel = await createChannel(postern);
    const scopes = [{ entityType: 'channel', entityId: channel, operations: ['PUBLISH'] }];
    const { secret } = await createPersonalToken(postern, postern.owner.session, {
      access: 'SCOPED',
      scopes,
    });
    const status = async (query: Record<string, string>) =>
      (await verify(postern, secret, { entityType: 'channel', ...query })).status;
    expect(await status({ operation: 'PUBLISH', entityId: channel })).toBe(204);
    expect(await status({ operation: 'publish', entityId: channel, workspaceId: postern.workspaceId })).toBe(
      204,
    );
    expect(await status({ operation: 'Publish', any: 'true' })).toBe(204);
    expect(await status({ operation: 'publish' })).toBe(403);
    expect(await status({ operation: 'read', entityId: channel })).toBe(403);
    expect(await status({ operation: 'read', any: 'true' })).toBe(403);
  });

  test('is denied with the error of the operation itself, and a challenge', async () => {
    const { secret } = await createPersonalToken(postern, postern.owner.session, {
      access: 'SCOPED',
      scopes: [],
    });
    const response = await verify(postern, secret, { operation: 'publish', entityType: 'channel' });
    expect(response.status).toBe(403);
    expect(response.headers.get('www-authenticate')).toBe(
      'Bearer realm="postern", error="insufficient_scope"',
    );
    expect(response.refusal).toEqual({
      code: 'FORBIDDEN',
      reason: 'MISSING_SCOPE',
      required: { operation: 'PUBLISH', entityType: 'channel', entityId: null },
    });
    expect(response.identity).toEqual({});
  });

  test('names the missing role', async () => {
    const { secret } = await createWorkspaceToken(postern, 'VIEWER');
    const { workspaceId } = postern;
    const response = await verify(postern, secret, {
      operation: 'update',
      entityType: 'channel',
      workspaceId,
    });
    expect(response.refusal).toMatchObject({ reason: 'ROLE_REQUIRED', required: { role: 'TEAM_MEMBER' } });
  });

  test('does not distinguish absent and hidden entities and unknown types', async () => {
    const stranger = await postern.person('Stranger');
    const channel = await createChannel(postern);
    const never = 'chn_00000000000000000000000000000000';
    const check = async (query: Record<string, string>) => {
      const { status, refusal } = await verify(postern, stranger.session, { operation: 'read', ...query });
      return { status, refusal };
    };
    const hidden = { status: 403, refusal: { code: 'NOT_FOUND' } };
    expect(await check({ entityType: 'channel', entityId: channel })).toEqual(hidden);
    expect(await check({ entityType: 'channel', entityId: never })).toEqual(hidden);
    expect(await check({ entityType: 'channel', entityId: 'no id at all' })).toEqual(hidden);
    expect(await check({ entityType: 'spaceship', workspaceId: postern.workspaceId })).toEqual(hidden);
  });

  test.each([
    ['an unknown parameter', 'operation=read&entityType=channel&entity=1'],
    ['a parameter twice', 'operation=read&entityType=channel&entityType=workspace'],
    ['an operation without a type', 'operation=read'],
    ['a type without an operation', 'entityType=channel'],
    ['an entity without an operation', 'entityId=chn_0'],
    ['an operation that is not a name', 'operation=1st&entityType=channel'],
    ['an empty value', 'operation=read&entityType=channel&entityId='],
    ['a registered type without its workspace', 'operation=read&entityType=repository&entityId=1'],
  ])('is a bad request with %s, for every caller', async (_, query) => {
    const token = await createWorkspaceToken(postern, 'OWNER');
    for (const secret of [null, postern.owner.session, token.secret]) {
      const headers: Record<string, string> = secret ? { Authorization: `Bearer ${secret}` } : {};
      const response = await postern.fetch(new Request(`http://postern.test/verify?${query}`, { headers }));
      expect(response.status).toBe(400);
      expect((await response.json()).errors[0].extensions).toEqual({ code: 'BAD_REQUEST' });
    }
  });
});

describe('a credential', () => {
  test('is required', async () => {
    const response = await verify(postern, null);
    expect(response.status).toBe(401);
    expect(response.headers.get('www-authenticate')).toBe('Bearer realm="postern"');
    expect(response.refusal).toEqual({ code: 'UNAUTHENTICATED' });
  });

  test('is never read from a cookie, which any page can make a browser send', async () => {
    const headers = {
      Cookie: `${postern.cookieName}=${postern.owner.session}`,
      'Sec-Fetch-Site': 'same-origin',
    };
    expect((await verify(postern, null, {}, { headers, method: 'HEAD' })).status).toBe(401);
    expect((await verify(postern, null, {}, { headers })).status).toBe(401);
  });

  test('is refused with the code of its status if it is not valid', async () => {
    const { owner } = postern;
    const revoked = await createPersonalToken(postern, owner.session);
    await postern.post(
      'mutation ($id: ID!) { revokeToken(input: { id: $id }) { token { id } } }',
      { id: revoked.id },
      owner.session,
    );
    const none = await createPersonalToken(postern, owner.session, { access: 'NONE' });
    const challenge = async (secret: string) => {
      const { status, refusal, headers } = await verify(postern, secret);
      return [status, refusal?.code, headers.get('www-authenticate')];
    };
    expect(await challenge('pat_nonsense')).toEqual([
      401,
      'INVALID_TOKEN',
      'Bearer realm="postern", error="invalid_token"',
    ]);
    expect(await challenge(revoked.secret)).toEqual([
      401,
      'TOKEN_REVOKED',
      'Bearer realm="postern", error="invalid_token"',
    ]);
    expect(await challenge(none.secret)).toEqual([
      403,
      'TOKEN_NO_ACCESS',
      'Bearer realm="postern", error="insufficient_scope"',
    ]);
  });

  test('that is invalid is limited by address', async () => {
    const strict = await startTestApp({ POSTERN_REFUSALS_PER_MINUTE: '2' });
    const statuses = [];
    for (const _ of [1, 2, 3]) statuses.push((await verify(strict, 'pat_nonsense')).status);
    expect(statuses).toEqual([401, 401, 429]);
    const graphql = await strict.post('{ viewer { kind } }', {}, 'pat_nonsense');
    expect([graphql.status, graphql.code]).toEqual([429, 'RATE_LIMITED']);
    await strict.close();
  });
});

describe('the response', () => {
  test('is the same for every method of a proxy, without a body', async () => {
    for (const method of ['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'OPTIONS']) {
      const body = method === 'POST' || method === 'PUT' ? '{"operation":"delete"}' : null;
      const response = await verify(postern, postern.owner.session, {}, { method, body });
      expect([method, response.status, response.refusal]).toEqual([method, 204, undefined]);
    }
  });

  test('does not depend on headers of the proxy about the original request', async () => {
    const { secret } = await createPersonalToken(postern, postern.owner.session, {
      access: 'SCOPED',
      scopes: [],
    });
    const headers = {
      'X-Original-URI': '/verify',
      'X-Original-Method': 'GET',
      'X-Forwarded-Uri': '/verify?operation=read',
      'X-Forwarded-Host': 'elsewhere.example',
      'X-Postern-Principal': 'SESSION',
      'X-HTTP-Method-Override': 'GET',
    };
    const denied = await verify(
      postern,
      secret,
      { operation: 'publish', entityType: 'channel' },
      { headers },
    );
    expect(denied.status).toBe(403);
    const response = await verify(postern, secret, {}, { headers });
    expect(response.identity['x-postern-principal']).toBe('PERSONAL_TOKEN');
  });

  test('is never stored', async () => {
    for (const secret of [null, postern.owner.session]) {
      expect((await verify(postern, secret)).headers.get('cache-control')).toBe('no-store');
    }
  });

  test('is logged with the caller, without the query and the secret', async () => {
    const { secret, id } = await createPersonalToken(postern, postern.owner.session);
    await verify(postern, secret, { operation: 'read', entityType: 'channel', entityId: 'private/name' });
    const line = JSON.parse(postern.logs.at(-1) as string);
    expect(line).toMatchObject({ path: '/verify', status: 403, principal: 'PERSONAL_TOKEN', tokenId: id });
    expect(postern.logs.join('')).not.toMatch(new RegExp(`private/name|${secret}`));
  });
});

describe('last use', () => {
  test('is recorded if the check is allowed, with the trusted address of the client', async () => {
    const behind = await startTestApp({ POSTERN_TRUST_PROXY: '1' });
    const token = await createPersonalToken(behind, behind.owner.session);
    const headers = { 'User-Agent': 'deploy/1', 'X-Forwarded-For': '203.0.113.7, 198.51.100.9' };
    await verify(behind, token.secret, {}, { headers });
    const { data } = await behind.post(TOKEN, { id: token.id }, behind.owner.session);
    expect(data.token).toEqual({
      lastUsedAt: new Date(behind.now()).toISOString(),
      lastUsedIp: '198.51.100.9',
      lastUsedUserAgent: 'deploy/1',
    });
    await behind.close();
  });

  test('is not recorded if the check is denied, so that probing with a leaked token does not look like a use', async () => {
    const token = await createPersonalToken(postern, postern.owner.session, { access: 'SCOPED', scopes: [] });
    await verify(postern, token.secret, { operation: 'publish', entityType: 'channel' });
    const { data } = await postern.post(TOKEN, { id: token.id }, postern.owner.session);
    expect(data.token.lastUsedAt).toBeNull();
  });
});
