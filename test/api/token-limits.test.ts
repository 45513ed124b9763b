import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { startTestApp, type TestApp } from '../support/app.ts';
import { createChannel, mutate } from '../support/channels.ts';
import { badPathsIn, refusalIn } from '../support/responses.ts';
import { follow } from '../support/streams.ts';
import { createPersonalToken, createWorkspaceToken, type IssuedToken } from '../support/tokens.ts';

const OFFICE = '192.0.2.0/24';
const INSIDE = '192.0.2.7';
const OUTSIDE = '198.51.100.1';
const CHANNELS = [{ entityType: 'channel', operations: ['READ', 'LIST', 'SUBSCRIBE'] }];
const MANAGE = { entityType: 'token', operations: ['CREATE', 'READ', 'LIST', 'UPDATE'] };

let postern: TestApp;
beforeEach(async () => {
  postern = await startTestApp();
});
afterEach(() => postern.close());

const limited = (
  limits: object,
  input: object = {},
  by: string = postern.owner.session,
): Promise<IssuedToken> => createPersonalToken(postern, by, { limits, ...input });

/** A token that manages itself and what it derives. */
const managing = (limits: object, by: string = postern.owner.session) =>
  limited(limits, { access: 'SCOPED', scopes: [MANAGE, ...CHANNELS] }, by);

async function verifyFrom(address: string, secret: string, query = ''): Promise<Response> {
  const headers = { authorization: `Bearer ${secret}` };
  return postern.fetch(new Request(`http://postern.test/verify${query}`, { headers }), address);
}

const codeOf = async (response: Response): Promise<string> =>
  response.status === 204 ? 'OK' : ((await response.json()) as any).errors[0].extensions.code;

const verified = async (secret: string, query = '') => codeOf(await verifyFrom(INSIDE, secret, query));

async function postFrom(address: string, query: string, secret: string) {
  const headers = { 'content-type': 'application/json', authorization: `Bearer ${secret}` };
  const body = JSON.stringify({ query });
  const request = new Request('http://postern.test/graphql', { method: 'POST', headers, body });
  return (await (await postern.fetch(request, address)).json()) as any;
}

async function tokenOf(id: string, by: string = postern.owner.session): Promise<any> {
  const query =
    'query ($id: ID!) { token(id: $id) { status limits { networks requestsPerMinute uses usesLeft } } }';
  return (await postern.post(query, { id }, by)).data.token;
}

const update = (id: string, limits: object | null, by: string = postern.owner.session) =>
  mutate(postern, 'updateToken', { id, limits }, by, 'token { status limits { uses usesLeft } }');

async function introspected(secret: string, address?: string): Promise<any> {
  const request = new Request('http://postern.test/oauth/introspect', {
    method: 'POST',
    headers: {
      authorization: `Bearer ${postern.owner.session}`,
      'content-type': 'application/x-www-form-urlencoded',
    },
    body: new URLSearchParams({ token: secret, ...(address !== undefined && { address }) }),
  });
  return (await postern.fetch(request)).json();
}

describe('networks', () => {
  test('refuse requests from other addresses, of every endpoint', async () => {
    const { secret } = await limited({ networks: [OFFICE, '2001:db8::/32'] });
    expect(await codeOf(await verifyFrom(INSIDE, secret))).toBe('OK');
    expect(await codeOf(await verifyFrom('::ffff:192.0.2.9', secret))).toBe('OK');
    expect(await codeOf(await verifyFrom('2001:db8::5', secret))).toBe('OK');
    const refused = await verifyFrom(OUTSIDE, secret);
    expect(refused.status).toBe(403);
    expect(refused.headers.get('www-authenticate')).toContain('insufficient_scope');
    expect(await codeOf(refused)).toBe('ADDRESS_NOT_ALLOWED');
    const answer = await postFrom(OUTSIDE, '{ viewer { kind } }', secret);
    expect(answer.errors[0].extensions.code).toBe('ADDRESS_NOT_ALLOWED');
    expect((await postFrom(INSIDE, '{ viewer { kind } }', secret)).errors).toBeUndefined();
  });

  test('of each token of a chain apply', async () => {
    const parent = await managing({ networks: [OFFICE] });
    const child = await postFrom(
      INSIDE,
      'mutation { createToken(input: { name: "c", access: SCOPED, scopes: [] }) { secret token { limits { networks } } } }',
      parent.secret,
    );
    expect(child.data.createToken.token.limits).toEqual({ networks: [OFFICE] });
    expect(await codeOf(await verifyFrom(OUTSIDE, child.data.createToken.secret))).toBe(
      'ADDRESS_NOT_ALLOWED',
    );
    await update(parent.id, { networks: ['10.0.0.0/8'] });
    expect(await codeOf(await verifyFrom(INSIDE, child.data.createToken.secret))).toBe('ADDRESS_NOT_ALLOWED');
  });

  test('count the address that the configured proxies report', async () => {
    await postern.close();
    postern = await startTestApp({ POSTERN_TRUST_PROXY: '10.0.0.0/8, 2001:db8:1::/48' });
    const { secret } = await limited({ networks: [OFFICE] });
    const from = async (peer: string, forwarded: string) => {
      const headers = { authorization: `Bearer ${secret}`, 'x-forwarded-for': forwarded };
      return codeOf(await postern.fetch(new Request('http://postern.test/verify', { headers }), peer));
    };
    expect(await from('10.0.0.1', INSIDE)).toBe('OK');
    expect(await from('10.0.0.1', `${OUTSIDE}, ${INSIDE}, 10.2.3.4`)).toBe('OK');
    expect(await from('10.0.0.1', `${INSIDE}, ${OUTSIDE}`)).toBe('ADDRESS_NOT_ALLOWED');
    expect(await from(OUTSIDE, INSIDE)).toBe('ADDRESS_NOT_ALLOWED');
    expect(await from('10.0.0.1', 'nonsense')).toBe('ADDRESS_NOT_ALLOWED');
  });

  test('apply to an introspection that names the address; without it, they are reported', async () => {
    const { secret } = await limited({ networks: [OFFICE] });
    expect(await introspected(secret)).toMatchObject({ active: true, postern: { networks: [OFFICE] } });
    expect(await introspected(secret, INSIDE)).toMatchObject({ active: true });
    expect(await introspected(secret, OUTSIDE)).toEqual({ active: false });
    expect(await introspected(secret, 'nonsense')).toMatchObject({ error: 'invalid_request' });
  });

  test.each([[[]], [['192.0.2.1/24']], [['nonsense']]])('%j are refused', async (networks) => {
    const answer = await mutate(
      postern,
      'createToken',
      { name: 'x', access: 'FULL', limits: { networks } },
      postern.owner.session,
      'secret',
    );
    expect(badPathsIn(answer)?.[0]).toMatch(/^input\.limits\.networks/);
  });
});

describe('requests in a minute', () => {
  test('are refused above the limit, and count for the parent too', async () => {
    const parent = await managing({ requestsPerMinute: 4 });
    const child = await managing({ requestsPerMinute: 3 }, parent.secret);
    expect([await verified(child.secret), await verified(child.secret)]).toEqual(['OK', 'OK']);
    expect(await verified(parent.secret)).toBe('OK');
    const refused = await verifyFrom(INSIDE, parent.secret);
    expect(refused.status).toBe(429);
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(await codeOf(refused)).toBe('RATE_LIMITED');
    expect(await verified(child.secret)).toBe('RATE_LIMITED');
  });
});

describe('uses', () => {
  test('are counted immediately in what a token reads of itself', async () => {
    const { secret } = await limited({ uses: 3 });
    const left = async () => {
      const { data } = await postern.post('{ viewer { token { limits { usesLeft } } } }', {}, secret);
      return data.viewer.token.limits.usesLeft;
    };
    expect([await left(), await left()]).toEqual([3, 3]);
    await verified(secret);
    expect([await left(), await left()]).toEqual([2, 2]);
  });

  test('are taken by verifications that are allowed, and by nothing else', async () => {
    const { id, secret } = await limited({ uses: 2 }, { access: 'SCOPED', scopes: CHANNELS });
    expect(await verified(secret, '?operation=delete&entityType=channel&entityId=*')).toBe('FORBIDDEN');
    await postern.post(
      '{ viewer { kind can(operation: LIST, entityType: "channel") { allowed } } }',
      {},
      secret,
    );
    expect(await introspected(secret)).toMatchObject({ active: true });
    expect((await tokenOf(id)).limits.usesLeft).toBe(2);
    const response = await verifyFrom(INSIDE, secret);
    expect([response.status, response.headers.get('x-postern-cache')]).toEqual([204, 'no']);
    expect((await tokenOf(id)).limits.usesLeft).toBe(1);
    expect(await verified(secret)).toBe('OK');
    expect(await verified(secret)).toBe('TOKEN_USED_UP');
    expect((await tokenOf(id)).status).toBe('USED_UP');
    expect(await introspected(secret)).toEqual({ active: false });
  });

  test('are taken once by a GraphQL request, however many fields are granted', async () => {
    const { id, secret } = await limited({ uses: 2 }, { access: 'SCOPED', scopes: CHANNELS });
    const query =
      '{ a: channels { totalCount } b: channels { totalCount } viewer { kind } refused: tokens { totalCount } }';
    const answer = await postern.post(query, {}, secret);
    expect(answer.data.a).toEqual({ totalCount: 0 });
    expect((await tokenOf(id)).limits.usesLeft).toBe(1);
    await postern.post('{ tokens { totalCount } }', {}, secret);
    expect((await tokenOf(id)).limits.usesLeft).toBe(1);
    await postern.post('{ v: viewer { token { workspace { id } } } }', {}, secret);
    expect((await tokenOf(id)).limits.usesLeft).toBe(1);
    expect((await postern.post(query, {}, secret)).errors).toHaveLength(1);
    const refused = await postern.post(query, {}, secret);
    expect([refused.status, refused.code]).toEqual([401, 'TOKEN_USED_UP']);
  });

  test('are taken by a field that was granted, even if its input is rejected', async () => {
    const { id, secret } = await limited({ uses: 2 }, { access: 'SCOPED', scopes: CHANNELS });
    const answer = await postern.post('{ channels(first: 1000) { totalCount } }', {}, secret);
    expect(answer.code).toBe('BAD_USER_INPUT');
    expect((await tokenOf(id)).limits.usesLeft).toBe(1);
  });

  test('of a derived token are those of its parent', async () => {
    const parent = await managing({ uses: 4 });
    const child = await managing({ uses: 3 }, parent.secret);
    expect((await tokenOf(parent.id)).limits.usesLeft).toBe(3);
    expect([await verified(child.secret), await verified(child.secret)]).toEqual(['OK', 'OK']);
    expect(await verified(parent.secret)).toBe('OK');
    expect(await verified(child.secret)).toBe('TOKEN_USED_UP');
    expect((await tokenOf(child.id)).status).toBe('USED_UP');
  });

  test('that an ancestor spent show in a derived token, unless another ancestor is disabled', async () => {
    const first = await managing({ uses: 3 });
    const second = await managing({}, first.secret);
    const third = await managing({}, second.secret);
    expect((await tokenOf(third.id)).status).toBe('ACTIVE');
    expect(await verified(third.secret)).toBe('OK');
    expect((await tokenOf(third.id)).status).toBe('USED_UP');
    const change = (field: string) =>
      mutate(postern, field, { id: second.id }, postern.owner.session, '__typename');
    await change('disableToken');
    expect((await tokenOf(third.id)).status).toBe('DISABLED');
    await change('enableToken');
    expect((await tokenOf(third.id)).status).toBe('USED_UP');
  });

  test('are exact with fifty concurrent verifications', async () => {
    const parent = await managing({ uses: 2 });
    const child = await managing({}, parent.secret);
    const codes = await Promise.all(
      Array.from({ length: 50 }, (_, index) => verified(index % 2 ? parent.secret : child.secret)),
    );
    expect(codes.filter((code) => code === 'OK')).toHaveLength(1);
    expect(codes.filter((code) => code === 'TOKEN_USED_UP')).toHaveLength(49);
  });

  test('are not given back by a regeneration, but by new limits', async () => {
    const { id, secret } = await limited({ uses: 1 });
    expect(await verified(secret)).toBe('OK');
    const { data } = await mutate(postern, 'regenerateToken', { id }, postern.owner.session, 'secret');
    expect(await verified(data.regenerateToken.secret)).toBe('TOKEN_USED_UP');
    expect((await update(id, { uses: 5 })).data.updateToken.token).toEqual({
      status: 'ACTIVE',
      limits: { uses: 5, usesLeft: 5 },
    });
    expect(await verified(data.regenerateToken.secret)).toBe('OK');
  });

  test('that are spent do not end a stream that is open', async () => {
    const channelId = await createChannel(postern);
    const { secret } = await limited({ uses: 1 }, { access: 'SCOPED', scopes: CHANNELS });
    const stream = await follow(postern, channelId, secret);
    await mutate(
      postern,
      'publishMessage',
      { channelId, payload: 'hello' },
      postern.owner.session,
      '__typename',
    );
    expect(await stream.payload()).toBe('hello');
    expect(await verified(secret)).toBe('TOKEN_USED_UP');
  });
});

describe('a token', () => {
  test('never loosens its own limits', async () => {
    const token = await managing({ networks: ['127.0.0.1'], requestsPerMinute: 1000, uses: 100 });
    const own = { networks: ['127.0.0.1'], requestsPerMinute: 1000, uses: 100 };
    for (const looser of [
      null,
      {},
      { ...own, networks: ['0.0.0.0/0'] },
      { ...own, networks: null },
      { ...own, requestsPerMinute: 1001 },
      // Some are used already.
      own,
    ]) {
      expect(refusalIn(await update(token.id, looser, token.secret))).toBe('EXCEEDS_CALLER');
    }
    expect((await update(token.id, { ...own, uses: 10 }, token.secret)).errors).toEqual([]);
    expect((await tokenOf(token.id)).limits).toMatchObject({ uses: 10, usesLeft: 10 });
  });

  test('gives what it derives no more than it has', async () => {
    const token = await managing({ uses: 100, requestsPerMinute: 50 });
    const derive = (limits: object) =>
      mutate(
        postern,
        'createToken',
        { name: 'x', access: 'SCOPED', scopes: [], limits },
        token.secret,
        'token { id limits { uses requestsPerMinute } }',
      );
    expect(refusalIn(await derive({ uses: 101 }))).toBe('EXCEEDS_CALLER');
    expect(refusalIn(await derive({ requestsPerMinute: 51 }))).toBe('EXCEEDS_CALLER');
    const { data } = await derive({ uses: 5 });
    expect(data.createToken.token.limits).toEqual({ uses: 5, requestsPerMinute: 50 });
    expect(refusalIn(await update(data.createToken.token.id, null, token.secret))).toBe('EXCEEDS_CALLER');
  });

  test('of a workspace does not change the limits of another one', async () => {
    const service = await createWorkspaceToken(postern, 'ADMINISTRATOR');
    const key = await createWorkspaceToken(
      postern,
      'VIEWER',
      { access: 'SCOPED', scopes: CHANNELS, subject: 'acme', limits: { uses: 3 } },
      service.secret,
    );
    for (const limits of [null, { uses: 1 }]) {
      expect(refusalIn(await update(key.id, limits, service.secret))).toBe('EXCEEDS_CALLER');
    }
  });

  test('is refused first for its status, then its address, its uses and its rate', async () => {
    const { id, secret } = await limited({ networks: [OFFICE], requestsPerMinute: 1, uses: 1 });
    expect(await verified(secret)).toBe('OK');
    expect(await verified(secret)).toBe('TOKEN_USED_UP');
    expect(await codeOf(await verifyFrom(OUTSIDE, secret))).toBe('ADDRESS_NOT_ALLOWED');
    await mutate(postern, 'revokeToken', { id }, postern.owner.session, '__typename');
    expect(await codeOf(await verifyFrom(OUTSIDE, secret))).toBe('TOKEN_REVOKED');
  });
});
