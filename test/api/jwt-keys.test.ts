import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { DAY, MINUTE, SECOND } from '../../src/domain/duration.ts';
import { startTestApp, type TestApp } from '../support/app.ts';
import { type JwtIssuer, signingKey, startJwtIssuer, type TokenWish } from '../support/jwt-issuer.ts';

let issuer: JwtIssuer;
let postern: TestApp;

beforeAll(async () => {
  issuer = await startJwtIssuer();
});
afterAll(() => issuer.close());

beforeEach(async () => {
  issuer.keys = [signingKey('one')];
  issuer.intercept = () => false;
  postern = await startTestApp({
    ...issuer.env,
    POSTERN_OIDC_CORP_PROVISION: 'on',
    POSTERN_REFUSALS_PER_MINUTE: '0',
  });
  issuer.fetches = 0;
  return () => postern.close();
});

/** Sends a new token of a person with an address; returns the status and the code. */
async function send(wish: Partial<TokenWish> = {}): Promise<string> {
  const claims = { email: 'ada@example.com', jti: crypto.randomUUID(), ...wish.claims };
  const jwt = await issuer.token({ at: postern.now(), ...wish, claims });
  const { status, code } = await postern.post('{ viewer { kind } }', {}, jwt);
  return code === undefined ? 'ok' : `${status} ${code}`;
}

const REFUSED = '401 INVALID_SESSION';

test('the keys are read once, and again after ten minutes', async () => {
  expect(await Promise.all([send(), send(), send()])).toEqual(['ok', 'ok', 'ok']);
  expect(issuer.fetches).toBe(1);
  postern.advance(10 * MINUTE - 1);
  expect([await send(), issuer.fetches]).toEqual(['ok', 1]);
  postern.advance(1);
  expect([await send(), issuer.fetches]).toEqual(['ok', 2]);
});

test('a key that the provider has withdrawn counts for ten minutes at most, also for a token that was accepted', async () => {
  const key = issuer.keys[0];
  const at = postern.now();
  const claims = { email: 'ada@example.com', exp: Math.floor(at / 1000) + 3600 };
  const jwt = await issuer.token({ at, claims });
  const ask = async () => (await postern.post('{ viewer { kind } }', {}, jwt)).code;
  expect(await ask()).toBeUndefined();
  issuer.keys = [signingKey('two')];
  postern.advance(10 * MINUTE);
  expect(await ask()).toBe('INVALID_SESSION');
  expect(await send({ key })).toBe(REFUSED);
});

test('a new key is found at its first use, with one more request in 30 seconds', async () => {
  expect(await send()).toBe('ok');
  const two = signingKey('two');
  issuer.keys = [...issuer.keys, two];
  expect([await send({ key: two }), issuer.fetches]).toEqual(['ok', 2]);
  for (let n = 0; n < 20; n++) expect(await send({ header: { kid: `unknown ${n}` } })).toBe(REFUSED);
  expect(issuer.fetches).toBe(2);
  postern.advance(30 * SECOND);
  expect(await Promise.all([...Array(20)].map((_, n) => send({ header: { kid: `other ${n}` } })))).toEqual(
    Array(20).fill(REFUSED),
  );
  expect(issuer.fetches).toBe(3);
});

test('a token that is refused before its signature causes no request for keys', async () => {
  for (const claims of [
    { aud: 'other' },
    { iss: 'https://other.test' },
    { exp: 1 },
    { iat: undefined },
    { sub: 'c', azp: 'c' },
  ]) {
    expect(await send({ claims })).toBe(REFUSED);
  }
  expect(await send({ header: { jku: `${issuer.issuer}/jwks` } })).toBe(REFUSED);
  expect(issuer.fetches).toBe(0);
});

test('while the keys cannot be read, those of the last day count, then 503', async () => {
  expect(await send()).toBe('ok');
  issuer.intercept = (_request, response) => {
    response.statusCode = 500;
    response.end('down');
    return true;
  };
  postern.advance(10 * MINUTE);
  expect([await send(), await send(), issuer.fetches]).toEqual(['ok', 'ok', 2]);
  postern.advance(30 * SECOND);
  expect([await send(), issuer.fetches]).toEqual(['ok', 3]);
  expect(await send({ header: { kid: 'unknown' } })).toBe(REFUSED);
  postern.advance(DAY - 11 * MINUTE);
  expect(await send()).toBe('ok');
  postern.advance(MINUTE);
  expect(await send()).toBe('503 UNAVAILABLE');
  issuer.intercept = () => false;
  postern.advance(30 * SECOND);
  expect(await send()).toBe('ok');
});

test('a provider that is down at the start: 503 for its tokens, and all else goes on', async () => {
  issuer.intercept = (request) => {
    request.socket.destroy();
    return true;
  };
  expect(await Promise.all([send(), send()])).toEqual(['503 UNAVAILABLE', '503 UNAVAILABLE']);
  expect((await postern.post('{ viewer { kind } }', {}, postern.owner.session)).errors).toEqual([]);
  issuer.intercept = () => false;
  postern.advance(30 * SECOND);
  expect(await send()).toBe('ok');
});

test.each<[string, JwtIssuer['intercept']]>([
  [
    'are redirected',
    (request, response) => {
      if (request.url !== '/jwks') return false;
      response.writeHead(302, { location: `${issuer.issuer}/elsewhere` }).end();
      return true;
    },
  ],
  [
    'are longer than 256 KiB',
    (request, response) => {
      if (request.url !== '/jwks') return false;
      const [key] = issuer.keys.map(({ publicKey }) => publicKey.export({ format: 'jwk' }));
      response.end(
        JSON.stringify({ keys: [{ ...key, kid: 'one', alg: 'ES256' }], padding: 'x'.repeat(256 * 1024) }),
      );
      return true;
    },
  ],
  [
    'are longer than 256 KiB when they are decompressed',
    (request, response) => {
      if (request.url !== '/jwks') return false;
      const [key] = issuer.keys.map(({ publicKey }) => publicKey.export({ format: 'jwk' }));
      const text = JSON.stringify({
        keys: [{ ...key, kid: 'one', alg: 'ES256' }],
        padding: 'x'.repeat(9_000_000),
      });
      response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync(text));
      return true;
    },
  ],
  ['are no JSON', (request, response) => request.url === '/jwks' && Boolean(response.end('<html>'))],
  ['are null', (request, response) => request.url === '/jwks' && Boolean(response.end('null'))],
  ['are no list', (request, response) => request.url === '/jwks' && Boolean(response.end('{"keys":{}}'))],
])('keys that %s are not used: 503', async (_name, intercept) => {
  issuer.intercept = intercept;
  expect(await send()).toBe('503 UNAVAILABLE');
});

test.each<[string, string]>([
  ['a secret key', JSON.stringify({ keys: [{ kty: 'oct', kid: 'one', alg: 'HS256', k: 'AAAA' }] })],
  ['no keys', '{"keys":[]}'],
  [
    'nonsense among the keys',
    '{"keys":[null,7,{"kty":"RSA","kid":"one"},{"kty":"EC","kid":"one","crv":"P-256","x":"!","y":7}]}',
  ],
])('%s: the token is refused', async (_name, body) => {
  issuer.intercept = (request, response) => request.url === '/jwks' && Boolean(response.end(body));
  expect(await send()).toBe(REFUSED);
});
