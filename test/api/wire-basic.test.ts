import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { composeSecret } from '../../src/domain/secret.ts';
import { sendRaw, startWire, type TestWire } from '../support/http.ts';
import { createPersonalToken, createWorkspaceToken } from '../support/tokens.ts';

const VIEWER = { query: '{ viewer { kind } }' };
const PERSONAL = { data: { viewer: { kind: 'PERSONAL_TOKEN' } } };
const ALLOWED = 'https://app.example';

let wire: TestWire;
let secret: string;
beforeAll(async () => {
  wire = await startWire({
    POSTERN_CREDENTIAL_HEADERS: 'X-API-Key, private-token',
    POSTERN_ALLOWED_ORIGINS: ALLOWED,
  });
  ({ secret } = await createPersonalToken(wire.postern, wire.postern.owner.session));
});
afterAll(() => wire.stop());

const basic = (user: string, password: string) => `Basic ${btoa(`${user}:${password}`)}`;

async function outcome(response: Response): Promise<unknown[]> {
  const text = await response.text();
  const { errors, error } = text === '' ? {} : JSON.parse(text);
  const code = error ?? errors?.[0]?.extensions.code;
  return [response.status, code, response.headers.get('www-authenticate')];
}

const viewer = async (headers: Record<string, string>) => outcome(await wire.post(VIEWER, headers));
const verify = async (headers: Record<string, string>, query = '') =>
  outcome(await fetch(`${wire.origin}/verify${query}`, { headers }));

const bearerChallenge = (error: string) => `Bearer realm="postern", error="${error}"`;
const invalidToken = [401, 'INVALID_TOKEN', bearerChallenge('invalid_token')];
const invalidHeader = [400, 'INVALID_AUTH_HEADER', bearerChallenge('invalid_request')];

describe('Basic', () => {
  test.each(['', 'git', 'ada@example.com', 'pat_0', 'ä'])(
    'has a secret as its password and any user name: %j',
    async (user) => {
      const encoded = Buffer.from(`${user}:${secret}`).toString('base64');
      const response = await wire.post(VIEWER, { Authorization: `Basic ${encoded}` });
      expect(await response.json()).toEqual(PERSONAL);
      expect((await verify({ Authorization: `bAsIc ${encoded}` }))[0]).toBe(204);
    },
  );

  test('refuses the secret of a session, an unknown one, and a secret as the user name', async () => {
    const unknown = composeSecret('PERSONAL', new Uint8Array(32));
    const { session } = wire.postern.owner;
    const passwords: [string, string][] = [
      ['ada', session],
      ['ada', unknown],
      ['ada', ''],
      ['ada', `${secret}:`],
      [secret, ''],
      [secret, 'x-oauth-basic'],
    ];
    for (const [user, password] of passwords) {
      expect([user, password, await viewer({ Authorization: basic(user, password) })]).toEqual([
        user,
        password,
        invalidToken,
      ]);
      expect(await verify({ Authorization: basic(user, password) })).toEqual(invalidToken);
    }
  });

  test.each(['Basic', 'Basic %%%', `Basic ${btoa('no colon')}`, `Basic ${'a'.repeat(1100)}`])(
    'is refused if it is malformed: %s',
    async (authorization) => {
      expect(await viewer({ Authorization: authorization })).toEqual(invalidHeader);
    },
  );

  test('has the refusals of a stopped token', async () => {
    const { postern } = wire;
    const token = await createPersonalToken(postern, postern.owner.session);
    const query = 'mutation ($id: ID!) { revokeToken(input: { id: $id }) { token { id } } }';
    await postern.post(query, { id: token.id }, postern.owner.session);
    const refused = [401, 'TOKEN_REVOKED', bearerChallenge('invalid_token')];
    expect(await viewer({ Authorization: basic('ada', token.secret) })).toEqual(refused);
  });

  test('counts at /graphql only where no page of another origin sends it', async () => {
    const sent = { Authorization: basic('ada', secret) };
    const own = wire.origin;
    const accepted: Record<string, string>[] = [
      {},
      { Origin: own },
      { Origin: ALLOWED, 'Sec-Fetch-Site': 'cross-site' },
      { 'Sec-Fetch-Site': 'same-origin' },
      { 'Sec-Fetch-Site': 'none' },
    ];
    for (const headers of accepted) {
      expect([headers, (await viewer({ ...sent, ...headers }))[0]]).toEqual([headers, 200]);
    }
    const foreign: Record<string, string>[] = [
      { Origin: 'https://evil.example' },
      { Origin: 'null' },
      { Origin: 'https://evil.example', 'Sec-Fetch-Site': 'same-origin' },
      { 'Sec-Fetch-Site': 'cross-site' },
      { 'Sec-Fetch-Site': 'same-site' },
    ];
    for (const headers of foreign) {
      const all = { ...sent, ...headers };
      expect([headers, await viewer(all)]).toEqual([headers, [403, 'CSRF_REJECTED', null]]);
      const url = `${wire.origin}/graphql?query={viewer{kind}}`;
      expect((await outcome(await fetch(url, { headers: all })))[1]).toBe('CSRF_REJECTED');
      // A bearer secret is sent only by a page that knows it.
      expect((await viewer({ ...headers, Authorization: `Bearer ${secret}` }))[0]).toBe(200);
    }
  });

  test('revokes its own token at /oauth/revoke, which looks at no credential of the caller', async () => {
    const { postern } = wire;
    const token = await createPersonalToken(postern, postern.owner.session);
    const headers = { Authorization: basic('ada', 'nonsense') };
    const body = new URLSearchParams({ token: token.secret });
    const response = await fetch(`${wire.origin}/oauth/revoke`, { method: 'POST', headers, body });
    expect(response.status).toBe(200);
    expect((await verify({ Authorization: basic('ada', token.secret) }))[1]).toBe('TOKEN_REVOKED');
  });
});

describe('/verify?challenge=basic', () => {
  const asked = 'Basic realm="postern"';

  test('asks for Basic if the credential is missing or invalid', async () => {
    expect(await verify({}, '?challenge=basic')).toEqual([401, 'UNAUTHENTICATED', asked]);
    for (const authorization of [basic('ada', 'nonsense'), 'Bearer nonsense', 'Digest a="b"']) {
      const [status, , challenge] = await verify({ Authorization: authorization }, '?challenge=basic');
      expect([authorization, status, challenge]).toEqual([authorization, 401, asked]);
    }
    expect((await verify({ Authorization: basic('git', secret) }, '?challenge=basic'))[0]).toBe(204);
  });

  test('goes with a check, whose refusal is no challenge for Basic', async () => {
    const query = '?operation=read&entityType=channel&challenge=basic';
    const { secret: scoped } = await createPersonalToken(wire.postern, wire.postern.owner.session, {
      access: 'SCOPED',
      scopes: [],
    });
    expect(await verify({}, query)).toEqual([401, 'UNAUTHENTICATED', asked]);
    const refused = [403, 'FORBIDDEN', bearerChallenge('insufficient_scope')];
    expect(await verify({ Authorization: basic('git', scoped) }, query)).toEqual(refused);
    expect((await verify({ Authorization: basic('git', secret) }, query))[0]).toBe(204);
  });

  test.each([
    '?challenge=',
    '?challenge=Bearer',
    '?challenge=basic&challenge=basic',
    '?challenge=basic&any=true',
  ])('takes only that value: %s', async (query) => {
    expect((await verify({ Authorization: basic('git', secret) }, query)).slice(0, 2)).toEqual([
      400,
      'BAD_REQUEST',
    ]);
  });
});

describe('a configured header', () => {
  test.each(['X-API-Key', 'x-api-key', 'Private-Token'])('carries a secret alone: %s', async (name) => {
    expect(await (await wire.post(VIEWER, { [name]: secret })).json()).toEqual(PERSONAL);
    expect((await verify({ [name]: secret }))[0]).toBe(204);
  });

  test('also authenticates introspection', async () => {
    const { secret: service } = await createWorkspaceToken(wire.postern, 'VIEWER');
    const request = (headers: Record<string, string>, form: Record<string, string> = {}) =>
      fetch(`${wire.origin}/oauth/introspect`, {
        method: 'POST',
        headers,
        body: new URLSearchParams({ token: 'x', ...form }),
      });
    expect(await (await request({ 'X-API-Key': service })).json()).toEqual({ active: false });
    expect((await request({ 'X-API-Key': service }, { client_secret: service })).status).toBe(400);
  });

  test('is refused with an unknown secret, and if it is malformed', async () => {
    expect(await viewer({ 'X-API-Key': 'nonsense' })).toEqual(invalidToken);
    for (const value of ['', `Bearer ${secret}`, `${secret},${secret}`, 'a'.repeat(1025)]) {
      expect([value, await viewer({ 'X-API-Key': value })]).toEqual([value, invalidHeader]);
      expect(await verify({ 'X-API-Key': value })).toEqual(invalidHeader);
    }
  });

  test('is ambiguous beside another credential header, and the cookie does not count', async () => {
    const other = { Authorization: `Bearer ${secret}` };
    expect(await viewer({ 'X-API-Key': secret, ...other })).toEqual(invalidHeader);
    expect(await viewer({ 'X-API-Key': secret, Authorization: '' })).toEqual(invalidHeader);
    expect(await verify({ 'X-API-Key': secret, 'Private-Token': secret })).toEqual(invalidHeader);
    const cookie = {
      Cookie: `${wire.postern.cookieName}=${wire.postern.owner.session}`,
      Origin: wire.origin,
    };
    expect(await viewer({ 'X-API-Key': 'nonsense', ...cookie })).toEqual(invalidToken);
    const lines = ['GET /verify HTTP/1.1', 'Host: a', `X-API-Key: ${secret}`, `x-api-key: ${secret}`];
    const { status } = await sendRaw(wire.port, [...lines, 'Connection: close', '', ''].join('\r\n'));
    expect(status).toBe(400);
  });

  test('is in the response to a preflight', async () => {
    const headers = { Origin: ALLOWED, 'Access-Control-Request-Method': 'POST' };
    const response = await fetch(`${wire.origin}/graphql`, { method: 'OPTIONS', headers });
    expect(response.headers.get('access-control-allow-headers')).toBe(
      'Authorization, Content-Type, X-Postern-Expected-User, x-api-key, private-token',
    );
  });

  test('is not read unless it is configured', async () => {
    const response = await wire.post(VIEWER, { 'X-Auth-Token': secret });
    expect(await outcome(response)).toEqual([200, 'UNAUTHENTICATED', null]);
  });
});
