import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { composeSecret } from '../../src/domain/secret.ts';
import { codeIn, sendRaw, startWire, type TestWire } from '../support/http.ts';
import { createPersonalToken } from '../support/tokens.ts';

const VIEWER = { query: '{ viewer { kind } }' };
const DAY_MS = 86_400_000;

let wire: TestWire;
beforeAll(async () => {
  wire = await startWire();
});
afterAll(() => wire.stop());

/** Returns a well-formed secret that was never issued. */
const madeUp = (kind: 'PERSONAL' | 'SESSION' | 'INVITATION') => composeSecret(kind, new Uint8Array(32));

async function refusalOf(authorization: string) {
  const response = await wire.post(VIEWER, { Authorization: authorization });
  const body = (await response.json()) as { errors: { extensions: { code: string } }[]; data?: unknown };
  return {
    status: response.status,
    code: body.errors[0]?.extensions.code,
    challenge: response.headers.get('www-authenticate'),
    hasData: 'data' in body,
  };
}

async function stopped(field: 'disableToken' | 'revokeToken' | 'deleteToken'): Promise<string> {
  const { postern } = wire;
  const { id, secret } = await createPersonalToken(postern, postern.owner.session);
  const selection = field === 'deleteToken' ? 'deletedTokenId' : 'token { id }';
  const mutation = `mutation ($id: ID!) { ${field}(input: { id: $id }) { ${selection} } }`;
  const { errors } = await postern.post(mutation, { id }, postern.owner.session);
  expect(errors).toEqual([]);
  return secret;
}

async function superseded(): Promise<string> {
  const { postern } = wire;
  const { id, secret } = await createPersonalToken(postern, postern.owner.session);
  const mutation = 'mutation ($id: ID!) { regenerateToken(input: { id: $id }) { token { id } } }';
  await postern.post(mutation, { id }, postern.owner.session);
  return secret;
}

async function expired(): Promise<string> {
  const { postern } = wire;
  const { secret } = await createPersonalToken(postern, postern.owner.session, { expires: { after: 'P1D' } });
  postern.advance(DAY_MS);
  return secret;
}

async function signedOut(): Promise<string> {
  const { postern } = wire;
  const session = await postern.signIn(postern.owner.email);
  await postern.post('mutation { signOut { signedOut } }', {}, session);
  return session;
}

async function withoutAccess(): Promise<string> {
  return (await createPersonalToken(wire.postern, wire.postern.owner.session, { access: 'NONE' })).secret;
}

describe('a refused Authorization header', () => {
  const rows: [string, () => string | Promise<string>, number, string, string][] = [
    ['an empty value', () => '', 400, 'INVALID_AUTH_HEADER', 'invalid_request'],
    ['a scheme alone', () => 'Bearer', 400, 'INVALID_AUTH_HEADER', 'invalid_request'],
    ['a secret alone', () => madeUp('PERSONAL'), 400, 'INVALID_AUTH_HEADER', 'invalid_request'],
    ['two secrets', () => 'Bearer one two', 400, 'INVALID_AUTH_HEADER', 'invalid_request'],
    ['a comma', () => 'Bearer one,two', 400, 'INVALID_AUTH_HEADER', 'invalid_request'],
    ['over 1 KiB', () => `Bearer ${'a'.repeat(1018)}`, 400, 'INVALID_AUTH_HEADER', 'invalid_request'],
    ['Basic with a password', () => 'Basic b3duZXI6cGFzc3dvcmQ=', 401, 'INVALID_TOKEN', 'invalid_token'],
    ['Digest', () => 'Digest username="a", realm="b"', 401, 'INVALID_AUTH_SCHEME', 'invalid_request'],
    ['a wrong shape', () => 'Bearer sesame', 401, 'INVALID_TOKEN', 'invalid_token'],
    ['a wrong checksum', () => `Bearer pat_${'0'.repeat(49)}`, 401, 'INVALID_TOKEN', 'invalid_token'],
    ['an unknown token', () => `Bearer ${madeUp('PERSONAL')}`, 401, 'INVALID_TOKEN', 'invalid_token'],
    ['an invitation', () => `Bearer ${madeUp('INVITATION')}`, 401, 'INVALID_TOKEN', 'invalid_token'],
    [
      'a deleted token',
      async () => `Bearer ${await stopped('deleteToken')}`,
      401,
      'INVALID_TOKEN',
      'invalid_token',
    ],
    [
      'a superseded secret',
      async () => `Bearer ${await superseded()}`,
      401,
      'INVALID_TOKEN',
      'invalid_token',
    ],
    ['an expired token', async () => `Bearer ${await expired()}`, 401, 'TOKEN_EXPIRED', 'invalid_token'],
    [
      'a revoked token',
      async () => `Bearer ${await stopped('revokeToken')}`,
      401,
      'TOKEN_REVOKED',
      'invalid_token',
    ],
    [
      'a disabled token',
      async () => `Bearer ${await stopped('disableToken')}`,
      401,
      'TOKEN_DISABLED',
      'invalid_token',
    ],
    ['an ended session', async () => `Bearer ${await signedOut()}`, 401, 'INVALID_SESSION', 'invalid_token'],
    ['an unknown session', () => `Bearer ${madeUp('SESSION')}`, 401, 'INVALID_SESSION', 'invalid_token'],
    [
      'a token without access',
      async () => `Bearer ${await withoutAccess()}`,
      403,
      'TOKEN_NO_ACCESS',
      'insufficient_scope',
    ],
  ];

  test.each(rows)('with %s gets its status, code and challenge', async (_, header, status, code, error) => {
    expect(await refusalOf(await header())).toEqual({
      status,
      code,
      challenge: `Bearer realm="postern", error="${error}"`,
      hasData: false,
    });
  });

  test.each([
    ['POST', '/graphql', 'application/json', JSON.stringify(VIEWER)],
    ['GET', '/graphql?query={viewer{kind}}', 'text/plain', ''],
    ['GET', '/verify', 'text/plain', ''],
    ['POST', '/oauth/introspect', 'application/x-www-form-urlencoded', 'token=a'],
  ])('sent twice is refused by %s %s, for any two values in any order', async (...request) => {
    const [method, path, type, body] = request;
    const head = [
      `Host: localhost`,
      'Connection: close',
      `Content-Type: ${type}`,
      `Content-Length: ${body.length}`,
    ];
    const bearer = `Bearer ${wire.postern.owner.session}`;
    for (const [one, other] of [
      [bearer, 'Basic abc'],
      ['Basic abc', bearer],
      ['Digest a="b"', 'Basic abc'],
      [bearer, bearer],
      ['', bearer],
    ]) {
      const lines = [
        `${method} ${path} HTTP/1.1`,
        `Authorization: ${one}`,
        `authorization: ${other}`,
        ...head,
      ];
      const { status, text } = await sendRaw(wire.port, [...lines, '', body].join('\r\n'));
      expect([one, other, status]).toEqual([one, other, 400]);
      expect(text).toMatch(/INVALID_AUTH_HEADER|invalid_request/);
      expect(text).toMatch(/www-authenticate: Bearer realm="postern", error="invalid_request"/i);
    }
  });

  test('never falls back to the cookie', async () => {
    const headers = {
      Cookie: `${wire.postern.cookieName}=${wire.postern.owner.session}`,
      Origin: wire.origin,
    };
    const response = await wire.post(VIEWER, { ...headers, Authorization: 'Bearer sesame' });
    expect(response.status).toBe(401);
    expect(await codeIn(response)).toBe('INVALID_TOKEN');
  });
});

describe('an accepted Authorization header', () => {
  test.each(['Bearer', 'bearer', 'BEARER'])('can spell the scheme %s', async (scheme) => {
    const { secret } = await createPersonalToken(wire.postern, wire.postern.owner.session);
    const response = await wire.post(VIEWER, { Authorization: `${scheme} ${secret}` });
    expect(await response.json()).toEqual({ data: { viewer: { kind: 'PERSONAL_TOKEN' } } });
  });

  test('also authenticates a GET', async () => {
    const { secret } = await createPersonalToken(wire.postern, wire.postern.owner.session);
    const url = `${wire.origin}/graphql?query={viewer{kind}}`;
    const response = await fetch(url, { headers: { Authorization: `Bearer ${secret}` } });
    expect(await response.json()).toEqual({ data: { viewer: { kind: 'PERSONAL_TOKEN' } } });
  });
});

test('without a credential the caller is anonymous, and the field reports UNAUTHENTICATED', async () => {
  const response = await wire.post(VIEWER);
  expect(response.status).toBe(200);
  expect(await codeIn(response)).toBe('UNAUTHENTICATED');
});
