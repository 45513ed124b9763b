import { createHmac } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { readConfig } from '../../src/config.ts';
import { startTestApp, type TestApp } from '../support/app.ts';
import {
  type CreatedFederation,
  createFederation,
  exchange,
  jwtFor,
  startFederationIssuer,
} from '../support/federation.ts';
import { temporaryFolder } from '../support/folder.ts';
import { type JwtIssuer, signingKey, startJwtIssuer } from '../support/jwt-issuer.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

let postern: TestApp;
let issuer: JwtIssuer;
let env: Record<string, string>;
let federation: CreatedFederation;

beforeEach(async () => {
  ({ issuer, env } = await startFederationIssuer());
  postern = await startTestApp({ ...env, POSTERN_REFUSALS_PER_MINUTE: '0' });
  const claims = [
    { name: 'sub', value: 'repo:acme/*' },
    { name: 'repository_owner_id', value: '65' },
    { name: 'ref_protected', value: 'true' },
  ];
  federation = await createFederation(postern, issuer.issuer, { claims, singleUse: false });
});
afterEach(async () => {
  await postern.close();
  await issuer.close();
});

const seconds = () => Math.floor(postern.now() / 1000);
const tokens = async () => (await postern.database.db.selectFrom('tokens').select('id').execute()).length;
const used = async () =>
  (await postern.database.db.selectFrom('used_jwts').select('digest').execute()).length;

/** Sends a token with other claims and parameters of its header; returns the error of the response. */
async function errorFor(claims: object, header: object = {}): Promise<string> {
  const wish = {
    at: postern.now(),
    claims: claims as Record<string, unknown>,
    header: header as Record<string, unknown>,
  };
  const { status, body } = await exchange(postern, await jwtFor(issuer, federation, wish));
  return status === 200 ? 'none' : body.error;
}

function segment(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}

describe('claims', () => {
  test('that fulfil the rules are accepted', async () => {
    expect(await errorFor({})).toBe('none');
    expect(await errorFor({ repository_owner_id: 65, ref_protected: true })).toBe('none');
  });

  test.each([
    ['another organization that begins like it', { sub: 'repo:acme-evil/app:ref:refs/heads/main' }],
    ['another case', { sub: 'repo:Acme/app:ref:refs/heads/main' }],
    ['no subject', { sub: undefined }],
    ['a subject in a list', { sub: ['repo:acme/app'] }],
    ['a subject in an object', { sub: { toString: 'repo:acme/app' } }],
    ['the beginning alone', { sub: 'repo:acme/' }],
    ['another tenant', { repository_owner_id: '66' }],
    ['no tenant', { repository_owner_id: undefined }],
    ['a tenant in a list', { repository_owner_id: [65] }],
    ['a number that only rounds to the tenant', { repository_owner_id: 65.00000000000001 }],
    ['a boolean of the other value', { ref_protected: false }],
    ['a text of the other case', { ref_protected: 'True' }],
    ['null', { ref_protected: null }],
  ])('with %s are refused', async (_what, claims) => {
    expect(await errorFor(claims)).toBe('invalid_target');
    expect(await tokens()).toBe(0);
    expect(await used()).toBe(0);
  });

  test.each([
    ['no audience', { aud: undefined }, 'invalid_grant'],
    ['another audience', { aud: 'https://postern.test' }, 'invalid_target'],
    ['the audience with a slash more', { aud: 'slash' }, 'invalid_target'],
    ['the audience inside an object', { aud: { 0: 'x' } }, 'invalid_target'],
  ])('for %s are refused', async (_what, claims, error) => {
    const aud = claims.aud === 'slash' ? `${federation.audience}/` : claims.aud;
    expect(await errorFor({ aud })).toBe(error);
  });
});

describe('instants', () => {
  test.each([
    ['issued more than an hour ago', () => ({ iat: seconds() - 3661, exp: seconds() + 600 })],
    ['issued in the future', () => ({ iat: seconds() + 61, exp: seconds() + 600 })],
    ['expired', () => ({ iat: seconds() - 600, exp: seconds() - 61 })],
    ['valid for more than a day', () => ({ exp: seconds() + 86_401 })],
    ['not valid yet', () => ({ nbf: seconds() + 61 })],
    ['without iat', () => ({ iat: undefined })],
    ['without exp', () => ({ exp: undefined })],
    ['with instants as text', () => ({ iat: `${seconds()}`, exp: `${seconds() + 600}` })],
  ])('a token %s is refused', async (_what, claims) => {
    expect(await errorFor(claims())).toBe('invalid_grant');
  });

  test('a token of an hour that was issued an hour ago is accepted', async () => {
    expect(await errorFor({ iat: seconds() - 3600, exp: seconds() + 60 })).toBe('none');
  });
});

describe('signatures', () => {
  test.each([
    ['an embedded key', { jwk: { kty: 'oct', k: 'a' } }],
    ['the address of keys', { jku: 'https://evil.example/jwks' }],
    ['a certificate', { x5c: ['MIIB'] }],
    ['the address of a certificate', { x5u: 'https://evil.example/cert' }],
    ['a critical extension', { crit: ['b64'], b64: true }],
    ['the type of another kind of token', { typ: 'at+jwt' }],
    ['the type of a logout token', { typ: 'logout+jwt' }],
  ])('a token with %s is refused', async (_what, header) => {
    expect(await errorFor({}, header)).toBe('invalid_grant');
  });

  test('a token without a signature, with a symmetric one, or of an unknown key is refused', async () => {
    const token = await jwtFor(issuer, federation, { at: postern.now() });
    const [, payload, signature] = token.split('.') as [string, string, string];
    const none = segment({ alg: 'none', typ: 'JWT' });
    const [key] = issuer.keys;
    const hmac = segment({ alg: 'HS256', kid: key?.kid, typ: 'JWT' });
    const publicKey = key?.publicKey.export({ type: 'spki', format: 'pem' }) as string;
    const mac = createHmac('sha256', publicKey).update(`${hmac}.${payload}`).digest('base64url');
    const forged = await jwtFor(issuer, federation, { at: postern.now(), key: signingKey('one') });
    for (const text of [
      ...[`${none}.${payload}.`, `${none}.${payload}.${signature}`, `${hmac}.${payload}.${mac}`, forged],
      ...[`${token}x`, `${token}.x`, token.slice(0, -2), 'eyJ', '..', `${payload}.${payload}.${signature}`],
      `${token}${'A'.repeat(9000)}`,
    ]) {
      expect((await exchange(postern, text)).body.error, text.slice(0, 40)).toBe('invalid_grant');
    }
    expect((await exchange(postern, token)).status).toBe(200);
  });

  test('a key that signs with another algorithm than its own is refused', async () => {
    issuer.keys = [signingKey('one', 'RS256')];
    expect(await errorFor({}, { alg: 'PS256' })).toBe('invalid_grant');
    expect(await errorFor({})).toBe('none');
  });
});

describe('requests', () => {
  const valid = () => jwtFor(issuer, federation, { at: postern.now() });

  test.each([
    ['no subject_token_type', { subject_token_type: undefined }],
    ['an ID token by its type', { subject_token_type: 'urn:ietf:params:oauth:token-type:id_token' }],
    ['an actor token', { actor_token: 'x', actor_token_type: 'urn:ietf:params:oauth:token-type:jwt' }],
    ['an empty actor token', { actor_token: '' }],
    ['another requested type', { requested_token_type: 'urn:ietf:params:oauth:token-type:jwt' }],
    ['an empty subject token', { subject_token: '' }],
  ])('with %s are refused', async (_what, parameters) => {
    expect(await exchange(postern, await valid(), parameters)).toMatchObject({
      status: 400,
      body: { error: 'invalid_request' },
    });
  });

  test.each([
    [
      'another federation',
      { audience: 'https://postern.test/federations/fed_00000000000000000000000000000000' },
    ],
    ['nothing known', { resource: 'https://elsewhere.example' }],
    ['the path alone', { resource: 'path' }],
  ])('that name %s are refused', async (_what, parameters) => {
    const resource = new URL(federation.audience).pathname;
    const named = 'resource' in parameters && parameters.resource === 'path' ? { resource } : parameters;
    expect((await exchange(postern, await valid(), named)).body.error).toBe('invalid_target');
  });

  test('no other credential counts', async () => {
    const { session } = postern.owner;
    const headers = { cookie: `${postern.cookieName}=${session}`, authorization: `Bearer ${session}` };
    const wrong = await jwtFor(issuer, federation, { at: postern.now(), claims: { sub: 'repo:evil/app' } });
    expect((await exchange(postern, wrong, {}, headers)).body.error).toBe('invalid_target');
    expect((await exchange(postern, session, {}, headers)).body.error).toBe('invalid_grant');
    expect((await exchange(postern, await valid(), {}, headers)).status).toBe(200);
  });

  test('no response and no line of the log contains a token', async () => {
    const token = await valid();
    const { body } = await exchange(postern, token);
    await exchange(postern, token, { audience: 'https://elsewhere' });
    const logs = postern.logs.join('\n');
    expect(logs).not.toContain(body.access_token);
    expect(logs).not.toContain(token.split('.')[1]);
  });
});

describe('issuers', () => {
  const withoutKeys = async () => {
    const answer = await exchange(postern, await jwtFor(issuer, federation, { at: postern.now() }));
    expect(await used()).toBe(0);
    return answer;
  };
  const unavailable = { status: 503, body: { error: 'temporarily_unavailable' } };

  test('that the operator does not list are never asked', async () => {
    const stranger = await startJwtIssuer();
    try {
      const token = await jwtFor(stranger, federation, { at: postern.now() });
      expect((await exchange(postern, token)).body.error).toBe('invalid_grant');
      const mixed = { at: postern.now(), claims: { iss: issuer.issuer } };
      expect((await exchange(postern, await jwtFor(stranger, federation, mixed))).body.error).toBe(
        'invalid_grant',
      );
      expect(stranger.fetches).toBe(0);
    } finally {
      await stranger.close();
    }
  });

  test('that cannot be reached make the client wait, and spend nothing', async () => {
    let isDown = true;
    issuer.intercept = (_request, response) => {
      if (isDown) response.destroy();
      return isDown;
    };
    const token = await jwtFor(issuer, federation, { at: postern.now() });
    const answer = await exchange(postern, token);
    expect(answer).toMatchObject(unavailable);
    expect(answer.headers.get('retry-after')).toMatch(/^\d+$/);
    expect(await used()).toBe(0);
    isDown = false;
    postern.advance(MINUTE);
    expect((await exchange(postern, token)).status).toBe(200);
  });

  test('redirect to nowhere', async () => {
    const other = await startJwtIssuer();
    try {
      issuer.intercept = (request, response) => {
        response.writeHead(302, { location: `${other.issuer}${request.url}` }).end();
        return true;
      };
      expect(await withoutKeys()).toMatchObject(unavailable);
      postern.advance(MINUTE);
      issuer.intercept = (request, response) => {
        if (request.url !== '/jwks') return false;
        response.writeHead(307, { location: `${other.issuer}/jwks` }).end();
        return true;
      };
      expect(await withoutKeys()).toMatchObject(unavailable);
      expect(other.fetches).toBe(0);
    } finally {
      await other.close();
    }
  });

  test.each([
    ['of another issuer', (url: string) => ({ issuer: 'https://evil.example', jwks_uri: `${url}/jwks` })],
    [
      'that lead to a metadata service',
      (url: string) => ({ issuer: url, jwks_uri: 'http://169.254.169.254/jwks' }),
    ],
    [
      'that lead to an internal network',
      (url: string) => ({ issuer: url, jwks_uri: 'http://10.0.0.1/jwks' }),
    ],
    ['without an address of keys', (url: string) => ({ issuer: url })],
    ['that lead to a file', (url: string) => ({ issuer: url, jwks_uri: 'file:///etc/passwd' })],
  ])('with metadata %s are not trusted', async (_what, metadata) => {
    issuer.intercept = (request, response) => {
      if (request.url === '/jwks') return false;
      response.end(JSON.stringify(metadata(issuer.issuer)));
      return true;
    };
    expect(await withoutKeys()).toMatchObject(unavailable);
    expect(issuer.fetches).toBe(0);
  });

  test('with an endless set of keys are given up', async () => {
    issuer.intercept = (request, response) => {
      if (request.url !== '/jwks') return false;
      response.write('{"keys":[');
      const more = () => {
        while (response.writable && response.write('{"kty":"EC"},'.repeat(10_000)));
      };
      response.on('drain', more);
      more();
      return true;
    };
    expect(await withoutKeys()).toMatchObject(unavailable);
  });

  test('are asked for an unknown key at most once in half a minute', async () => {
    expect(await errorFor({})).toBe('none');
    for (let index = 0; index < 5; index += 1) {
      const key = signingKey(`unknown-${index}`);
      const token = await jwtFor(issuer, federation, { at: postern.now(), key });
      expect((await exchange(postern, token)).body.error).toBe('invalid_grant');
    }
    expect(issuer.fetches).toBe(2);
  });

  test('whose keys are in a file are never asked, and the file is read again', async () => {
    const file = join(temporaryFolder(), 'jwks.json');
    const store = (key: ReturnType<typeof signingKey>) => {
      const { kid, alg, publicKey } = key;
      writeFileSync(file, JSON.stringify({ keys: [{ ...publicKey.export({ format: 'jwk' }), kid, alg }] }));
    };
    const [first, second] = [signingKey('first'), signingKey('second')];
    store(first);
    await postern.close();
    postern = await startTestApp({ ...env, POSTERN_FEDERATION_CI_JWKS_FILE: file });
    federation = await createFederation(postern, issuer.issuer);
    const send = async (key: typeof first) =>
      (await exchange(postern, await jwtFor(issuer, federation, { at: postern.now(), key }))).status;
    expect(await send(first)).toBe(200);
    store(second);
    postern.advance(HOUR / 6);
    expect(await send(second)).toBe(200);
    expect(await send(first)).toBe(400);
    expect(issuer.fetches).toBe(0);
  });

  test('that the operator removes, or audiences, end the exchange, not the federation', async () => {
    const token = await jwtFor(issuer, federation, { at: postern.now() });
    const { database } = postern;
    const again = await startTestApp(
      { POSTERN_PUBLIC_URL: 'https://postern.test' },
      { ...database, close: async () => {} },
    );
    expect((await exchange(again, token)).body.error).toBe('invalid_grant');
    await again.app.services.retention.close();
  });
});

const VALID = {
  POSTERN_PUBLIC_URL: 'https://postern.test',
  POSTERN_FEDERATION: 'k8s',
  POSTERN_FEDERATION_K8S_ISSUER: 'https://k8s.example',
  POSTERN_OIDC: 'corp',
  POSTERN_OIDC_CORP_ISSUER: 'https://id.example',
  POSTERN_OIDC_CORP_CLIENT_ID: 'postern',
  POSTERN_OIDC_CORP_CLIENT_SECRET: 'secret',
};

test.each([
  ['an issuer without an address', { POSTERN_FEDERATION_K8S_ISSUER: '' }, 'POSTERN_FEDERATION_K8S_ISSUER'],
  [
    'an insecure issuer',
    { POSTERN_FEDERATION_K8S_ISSUER: 'http://k8s.example' },
    'POSTERN_FEDERATION_K8S_ISSUER',
  ],
  [
    'a file that is none',
    { POSTERN_FEDERATION_K8S_JWKS_FILE: '/nowhere' },
    'POSTERN_FEDERATION_K8S_JWKS_FILE',
  ],
  [
    'two names for one issuer',
    { POSTERN_FEDERATION: 'k8s,b', POSTERN_FEDERATION_B_ISSUER: 'https://k8s.example' },
    'POSTERN_FEDERATION names two',
  ],
  ['no public address', { POSTERN_PUBLIC_URL: '' }, 'POSTERN_FEDERATION requires POSTERN_PUBLIC_URL'],
  ['an audience of a provider', { POSTERN_FEDERATION_AUDIENCES: 'postern' }, 'POSTERN_FEDERATION_AUDIENCES'],
  ['an unknown setting', { POSTERN_FEDERATION_K8S_SECRET: 'x' }, 'POSTERN_FEDERATION_K8S_SECRET'],
])('%s stops the start', (_what, changes, complaint) => {
  expect(() => readConfig(VALID)).not.toThrow();
  expect(() => readConfig({ ...VALID, ...changes })).toThrow(complaint);
});

test('github and gitlab are known by their names', () => {
  const { federation: settings } = readConfig({
    POSTERN_PUBLIC_URL: 'https://postern.test',
    POSTERN_FEDERATION: 'github,gitlab',
  });
  expect(settings.issuers.map((each) => each.issuer)).toEqual([
    'https://token.actions.githubusercontent.com',
    'https://gitlab.com',
  ]);
});
