import { createHmac } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { decodeGlobalId } from '../../src/domain/global-id.ts';
import { insertIdentity } from '../../src/storage/repositories/accounts/identities.ts';
import { PASSWORD, type Person, startTestApp, type TestApp } from '../support/app.ts';
import { createChannel, mutate, publish } from '../support/channels.ts';
import {
  AUDIENCE,
  CLIENT,
  type JwtIssuer,
  signingKey,
  startJwtIssuer,
  type TokenWish,
} from '../support/jwt-issuer.ts';
import { follow } from '../support/streams.ts';

const ME = '{ viewer { kind user { email } sessions { id } } }';

let issuer: JwtIssuer;
let postern: TestApp;
let ada: Person;

beforeAll(async () => {
  issuer = await startJwtIssuer();
});
afterAll(() => issuer.close());

beforeEach(async () => {
  issuer.keys = [signingKey('one')];
  postern = await startTestApp(issuer.env);
  ada = await postern.person('Ada', 'ADMINISTRATOR');
  await link(postern, ada, 'ada');
  return () => postern.close();
});

async function link({ database }: TestApp, { id }: Person, subject: string): Promise<void> {
  await insertIdentity(database.db, {
    id: `01900000-0000-7000-8000-${Buffer.from(subject).toString('hex').padStart(12, '0').slice(-12)}`,
    ...{ userId: decodeGlobalId('User', id), provider: 'corp', subject, linkedAt: 0, lastUsedAt: null },
  });
}

/** Starts another Postern in which `ada` is linked too. */
async function startLinked(env: Record<string, string>): Promise<TestApp> {
  const app = await startTestApp({ ...issuer.env, ...env });
  await link(app, await app.person('Ada'), 'ada');
  return app;
}

function token(wish: Partial<TokenWish> = {}): Promise<string> {
  return issuer.token({ at: postern.now(), ...wish });
}

async function ask(secret: string, app: TestApp = postern) {
  return app.post(ME, {}, secret);
}

const seconds = (offset: number) => Math.floor(postern.now() / 1000) + offset;
const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');

/** Replaces the header of a token and signs nothing. */
function withHeader(jwt: string, header: object, signature = ''): string {
  return `${encode(header)}.${jwt.split('.')[1]}.${signature}`;
}

test('a JWT of the provider is a session of the linked account', async () => {
  const answer = await ask(await token());
  expect(answer.errors).toEqual([]);
  expect(answer.data.viewer).toMatchObject({ kind: 'SESSION', user: { email: ada.email } });
  // It is in no list of sessions: the only one is that of the password.
  expect(answer.data.viewer.sessions).toHaveLength(1);
  const created = await mutate(postern, 'createToken', { name: 'a' }, await token(), 'secret token { name }');
  expect(created.data.createToken.secret).toMatch(/^pat_/);
  const rename = { id: postern.workspaceId, name: 'Renamed' };
  expect((await mutate(postern, 'updateWorkspace', rename, await token(), '__typename')).errors).toEqual([]);
});

test.each(['VIEWER', 'WORKSPACE_MANAGER', 'OWNER'] as const)(
  'a JWT of a %s can do what the session can',
  async (role) => {
    const person = await postern.person('Person', role);
    await link(postern, person, 'person');
    const checks = ['workspace', 'channel', 'token'].flatMap((entityType) =>
      ['CREATE', 'READ', 'LIST', 'UPDATE', 'DELETE'].map((operation) => ({
        ...{ entityType, operation },
        ...(entityType !== 'token' && { workspaceId: postern.workspaceId }),
      })),
    );
    const query = `query ($checks: [CheckInput!]!, $id: ID!) { viewer { canAll(checks: $checks) { allowed reason } }
      workspace(id: $id) { viewerRole tokens(first: 5) { totalCount } auditEvents(first: 1) { totalCount } } }`;
    const variables = { checks, id: postern.workspaceId };
    const [bySession, byJwt] = [
      await postern.post(query, variables, person.session),
      await postern.post(query, variables, await token({ claims: { sub: 'person' } })),
    ];
    expect([byJwt.data, byJwt.errors]).toEqual([bySession.data, bySession.errors]);
    expect(byJwt.data.viewer).not.toBeNull();
  },
);

describe('accepted', () => {
  test.each(['RS256', 'PS256', 'ES256', 'ES384', 'EdDSA'] as const)('%s', async (alg) => {
    issuer.keys = [signingKey('other', alg)];
    expect((await ask(await token())).data.viewer.kind).toBe('SESSION');
  });

  test.each<[string, Partial<TokenWish>]>([
    [
      'typ application/at+jwt without a scope',
      { header: { typ: 'application/at+jwt' }, claims: { scope: undefined } },
    ],
    ['typ JWT with scp', { header: { typ: 'JWT' }, claims: { scope: undefined, scp: ['postern'] } }],
    ['no typ with a scope', { header: { typ: undefined } }],
    ['one of several audiences', { claims: { aud: ['other', AUDIENCE] } }],
    ['no kid, if there is one key', { header: { kid: undefined } }],
  ])('%s', async (_name, wish) => {
    expect((await ask(await token(wish))).errors).toEqual([]);
  });

  test('a minute after its end, and a minute before it was issued', async () => {
    expect((await ask(await token({ claims: { iat: seconds(-600), exp: seconds(-59) } }))).errors).toEqual(
      [],
    );
    expect(
      (await ask(await token({ claims: { iat: seconds(59), nbf: seconds(59), exp: seconds(600) } }))).errors,
    ).toEqual([]);
  });
});

describe('refused with INVALID_SESSION', () => {
  async function refused(jwt: string, app: TestApp = postern): Promise<void> {
    const answer = await ask(jwt, app);
    expect([answer.status, answer.code]).toEqual([401, 'INVALID_SESSION']);
    expect(answer.headers.get('www-authenticate')).toContain('error="invalid_token"');
    expect(answer.errors[0]?.message).toBe('The session has ended: sign in again.');
  }

  test('alg none, with and without a signature', async () => {
    const jwt = await token();
    await refused(withHeader(jwt, { alg: 'none', typ: 'at+jwt' }));
    await refused(withHeader(jwt, { alg: 'none', typ: 'at+jwt', kid: 'one' }, 'AAAA'));
    await refused(withHeader(jwt, { alg: 'None', kid: 'one' }, jwt.split('.')[2]));
  });

  test('HS256 with the public key as the secret', async () => {
    const key = signingKey('rsa', 'RS256');
    issuer.keys = [key];
    const [, payload] = (await token({ key })).split('.');
    const input = `${encode({ alg: 'HS256', typ: 'at+jwt', kid: 'rsa' })}.${payload}`;
    for (const secret of [
      key.publicKey.export({ format: 'pem', type: 'spki' }),
      key.publicKey.export({ format: 'der', type: 'spki' }),
      JSON.stringify(key.publicKey.export({ format: 'jwk' })),
    ]) {
      await refused(`${input}.${createHmac('sha256', secret).update(input).digest('base64url')}`);
    }
  });

  test.each(['jwk', 'jku', 'x5u', 'x5c', 'crit', 'zip'])('a header with %s', async (name) => {
    const own = signingKey('own');
    const values: Record<string, unknown> = {
      ...{ jwk: own.publicKey.export({ format: 'jwk' }), jku: `${issuer.issuer}/jwks` },
      ...{ x5u: `${issuer.issuer}/x5u`, x5c: ['AAAA'], crit: ['b64'], zip: 'DEF' },
    };
    const header = { [name]: values[name], ...(name === 'crit' && { b64: true }) };
    await refused(await token({ header }));
    await refused(await token({ header, key: own }));
  });

  test('a signature by another key under the same kid, a changed payload, and a cut signature', async () => {
    await refused(await token({ key: signingKey('one') }));
    const [header, payload = '', signature = ''] = (await token()).split('.');
    const claims = { ...JSON.parse(Buffer.from(payload, 'base64url').toString()), sub: 'eve' };
    await refused(`${header}.${encode(claims)}.${signature}`);
    await refused(`${header}.${payload}.${signature.slice(0, -4)}`);
  });

  test('another algorithm than that of the key', async () => {
    const key = signingKey('rsa', 'RS256');
    issuer.keys = [key];
    await refused(await token({ key: { ...key, alg: 'PS256' } }));
    await refused(await token({ key: { ...key, alg: 'RS512' } }));
  });

  test.each<[string, () => Record<string, unknown>]>([
    ['another audience', () => ({ aud: 'https://other.test' })],
    ['no audience', () => ({ aud: undefined })],
    ['an audience that contains ours', () => ({ aud: `${AUDIENCE}/more` })],
    ['the client as audience', () => ({ aud: 'postern' })],
    ['another issuer', () => ({ iss: 'https://id.example' })],
    ['the issuer with a slash', () => ({ iss: `${issuer.issuer}/` })],
    ['no issuer', () => ({ iss: undefined })],
    ['an end more than a minute ago', () => ({ iat: seconds(-600), exp: seconds(-61) })],
    ['no end', () => ({ exp: undefined })],
    ['an end that is a text', () => ({ exp: String(seconds(600)) })],
    ['not valid yet', () => ({ nbf: seconds(61) })],
    ['issued in more than a minute', () => ({ iat: seconds(61), exp: seconds(600) })],
    ['no instant of issue', () => ({ iat: undefined })],
    ['an end before the issue', () => ({ iat: seconds(10), exp: seconds(5) })],
    ['a lifetime above 24 hours', () => ({ exp: seconds(24 * 3600 + 1) })],
    ['no subject', () => ({ sub: undefined })],
    ['a subject that is a number', () => ({ sub: 7 })],
    ['an unknown person', () => ({ sub: 'unknown' })],
    ['a client that stands for itself', () => ({ sub: CLIENT })],
    [
      'a client that stands for itself, by client_id',
      () => ({ sub: 'svc', azp: undefined, client_id: 'svc' }),
    ],
    ['an application of Entra ID', () => ({ idtyp: 'app' })],
  ])('%s', async (_name, claims) => {
    await refused(await token({ claims: claims() }));
  });

  test.each<[string, Record<string, unknown>]>([
    ['an ID token without a scope', { scope: undefined, nonce: 'n', at_hash: 'h' }],
    ['an ID token with a scope and a nonce', { nonce: 'n' }],
    ['an ID token with a scope and at_hash', { at_hash: 'h' }],
    ['an ID token with a scope and c_hash', { c_hash: 'h' }],
    ['no scope', { scope: undefined }],
    ['an empty scope', { scope: '' }],
  ])('%s', async (_name, claims) => {
    await refused(await token({ header: { typ: 'JWT' }, claims }));
    await refused(await token({ header: { typ: undefined }, claims }));
  });

  test.each(['logout+jwt', 'secevent+jwt', 'at+jwt2', 7])('the type %s', async (typ) => {
    await refused(await token({ header: { typ } }));
  });

  test('another client than those that are listed, and a client that is not named', async () => {
    const app = await startLinked({ POSTERN_OIDC_CORP_CLIENTS: 'console, cli' });
    expect((await ask(await token({ claims: { azp: 'cli' } }), app)).errors).toEqual([]);
    for (const claims of [{}, { azp: undefined }, { client_id: 'cli' }, { azp: ['cli'] }]) {
      await refused(await token({ claims }), app);
    }
    await app.close();
  });

  test('a token without the required scope', async () => {
    const app = await startLinked({ POSTERN_OIDC_CORP_REQUIRED_SCOPE: 'postern:admin' });
    expect((await ask(await token({ claims: { scope: 'a postern:admin' } }), app)).errors).toEqual([]);
    for (const claims of [{}, { scope: undefined }, { scope: 'postern:ADMIN postern:admins' }]) {
      await refused(await token({ claims }), app);
    }
    await app.close();
  });

  test('every JWT without an audience in the settings, or for a secret that it is not', async () => {
    const app = await startTestApp({ ...issuer.env, POSTERN_OIDC_CORP_AUDIENCE: '' });
    const jwt = await token();
    expect((await ask(jwt, app)).code).toBe('INVALID_TOKEN');
    await app.close();
    for (const text of [
      'eyJ.eyJ.',
      'eyJ..',
      `${encode({ alg: 'ES256' })}.AAAA.AAAA`,
      `${jwt}.AAAA`,
      `${jwt}.AAAA.AAAA`,
    ]) {
      await refused(text);
    }
  });
});

test('a header above 8 KiB is refused before it is read', async () => {
  const long = await token({ claims: { padding: 'x'.repeat(7000) } });
  expect([long.length > 8192, (await ask(long)).code]).toEqual([true, 'INVALID_AUTH_HEADER']);
  const short = await token({ claims: { padding: 'x'.repeat(5000) } });
  expect([short.length < 8000, (await ask(short)).code]).toEqual([true, undefined]);
});

test('a JWT counts in no cookie, Basic or configured header', async () => {
  const app = await startTestApp({ ...issuer.env, POSTERN_CREDENTIAL_HEADERS: 'X-API-Key' });
  const jwt = await token();
  const body = JSON.stringify({ query: ME });
  const send = async (headers: Record<string, string>) => {
    const init = { method: 'POST', body, headers: { 'content-type': 'application/json', ...headers } };
    const answer = await (await app.fetch(new Request('https://postern.test/graphql', init))).json();
    return (answer as any).errors?.[0].extensions.code;
  };
  const cookie = `${app.cookieName}=${jwt}`;
  expect(await send({ cookie, 'sec-fetch-site': 'same-origin' })).toBe('UNAUTHENTICATED');
  expect(await send({ authorization: `Basic ${btoa(`x:${jwt}`)}` })).toBe('INVALID_TOKEN');
  expect(await send({ 'x-api-key': jwt })).toBe('INVALID_TOKEN');
  expect(await send({ 'x-api-key': jwt, authorization: `Bearer ${jwt}` })).toBe('INVALID_AUTH_HEADER');
  await app.close();
});

describe('the end of a JWT', () => {
  test('a stream ends with it', async () => {
    const channelId = await createChannel(postern);
    const stream = await follow(postern, channelId, await token());
    await publish(postern, channelId, 'one');
    expect(await stream.payload()).toBe('one');
    postern.advance(600_000);
    expect(await stream.end()).toBeLessThan(1000);
  });

  test.each<[string, () => Promise<unknown>]>([
    [
      'the end of all other sessions',
      () => postern.post('mutation { revokeOtherSessions { revokedCount } }', {}, ada.session),
    ],
    [
      'a password change',
      () =>
        mutate(
          postern,
          'changePassword',
          { currentPassword: PASSWORD, newPassword: `other ${PASSWORD}` },
          ada.session,
          '__typename',
        ),
    ],
    [
      'a reset by the operator',
      () => postern.app.services.operator.resetPassword(ada.email, `other ${PASSWORD}`, true),
    ],
  ])('%s refuses those of the same second and before, and closes their streams', async (_name, end) => {
    const channelId = await createChannel(postern);
    const jwt = await token();
    const before = await token({ at: postern.now() - 60_000 });
    expect((await ask(before)).errors).toEqual([]);
    const stream = await follow(postern, channelId, jwt);
    await end();
    expect(await stream.end()).toBeLessThan(1000);
    expect([(await ask(jwt)).code, (await ask(before)).code]).toEqual(['INVALID_SESSION', 'INVALID_SESSION']);
    postern.advance(1000);
    expect((await ask(await token())).errors).toEqual([]);
  });

  test('a deactivated account accepts none, and after its reactivation only new ones', async () => {
    const jwt = await token();
    expect((await ask(jwt)).errors).toEqual([]);
    await postern.app.services.operator.deactivateUser(ada.email);
    expect((await ask(jwt)).code).toBe('INVALID_SESSION');
    await postern.app.services.operator.reactivateUser(ada.email);
    expect((await ask(jwt)).code).toBe('INVALID_SESSION');
    postern.advance(1000);
    expect((await ask(await token())).errors).toEqual([]);
  });

  test('an unlinked identity accepts none', async () => {
    const jwt = await token();
    expect((await ask(jwt)).errors).toEqual([]);
    const { data } = await postern.post('{ viewer { user { identities { id } } } }', {}, ada.session);
    const { id } = data.viewer.user.identities[0];
    await mutate(postern, 'unlinkIdentity', { id }, ada.session, '__typename');
    expect((await ask(jwt)).code).toBe('INVALID_SESSION');
  });
});

describe('what a JWT cannot do', () => {
  test('sign out: it answers false and goes on', async () => {
    const jwt = await token();
    const answer = await postern.post('mutation { signOut { signedOut } }', {}, jwt);
    expect(answer.data.signOut).toEqual({ signedOut: false });
    expect((await ask(jwt)).errors).toEqual([]);
    expect((await ask(ada.session)).errors).toEqual([]);
  });

  test('change the password, or re-authenticate by it', async () => {
    const jwt = await token();
    const change = { currentPassword: PASSWORD, newPassword: `other ${PASSWORD}` };
    for (const answer of [
      await mutate(postern, 'changePassword', change, jwt, '__typename'),
      await mutate(postern, 'reauthenticate', { password: PASSWORD }, jwt, '__typename'),
    ]) {
      expect(answer.errors[0]?.extensions).toMatchObject({ code: 'FORBIDDEN', reason: 'SESSION_REQUIRED' });
    }
  });

  test('what requires a recent sign-in, unless the provider states one', async () => {
    for (const auth_time of [undefined, seconds(-601), 'now']) {
      const answer = await postern.post(
        'mutation { deleteAllTokens { deletedCount } }',
        {},
        await token({ claims: { auth_time } }),
      );
      expect(answer.errors[0]?.extensions).toMatchObject({ reason: 'REAUTHENTICATION_REQUIRED' });
    }
    const recent = await token({ claims: { auth_time: seconds(-599) } });
    expect((await postern.post('mutation { deleteAllTokens { deletedCount } }', {}, recent)).errors).toEqual(
      [],
    );
  });
});

describe('an unknown person', () => {
  const NEW = { sub: 'new', email: 'new@example.com', email_verified: true, name: 'New' };

  test('gets an account as at a sign-in, once', async () => {
    const app = await startTestApp({
      ...issuer.env,
      POSTERN_OIDC_CORP_PROVISION: 'on',
      POSTERN_OIDC_CORP_DOMAINS: 'example.com',
    });
    const jwt = await token({ claims: NEW });
    const answers = await Promise.all(
      [jwt, jwt, await token({ claims: { ...NEW, jti: 'other' } })].map((each) => ask(each, app)),
    );
    for (const { data } of answers) expect(data.viewer.user.email).toBe('new@example.com');
    expect(
      (await ask(await token({ claims: { ...NEW, sub: 'x', email: 'x@other.example' } }), app)).code,
    ).toBe('INVALID_SESSION');
    expect((await ask(await token({ claims: { ...NEW, sub: 'y', email: undefined } }), app)).code).toBe(
      'INVALID_SESSION',
    );
    expect((await ask(await token({ claims: { ...NEW, sub: 'z' } }), app)).code).toBe('INVALID_SESSION');
    await app.close();
  });

  test('gets one account by concurrent first requests with several JWTs, and none of them is refused', async () => {
    const app = await startTestApp({ ...issuer.env, POSTERN_OIDC_CORP_PROVISION: 'on' });
    const jtis = Array.from({ length: 12 }, (_, index) => `first-${index}`);
    const jwts = await Promise.all(jtis.map((jti) => token({ claims: { ...NEW, jti } })));
    const answers = await Promise.all(jwts.map((each) => ask(each, app)));
    const results = answers.map(({ code, data }) => code ?? data.viewer.user.email);
    expect(results).toEqual(jtis.map(() => NEW.email));
    await app.close();
  });

  test('gets none if the provider creates no accounts', async () => {
    expect((await ask(await token({ claims: NEW }))).code).toBe('INVALID_SESSION');
    expect(
      await postern.database.db.selectFrom('users').select('id').where('email', '=', NEW.email).execute(),
    ).toEqual([]);
  });
});

test('the groups in a JWT give roles, and a JWT without them changes nothing', async () => {
  const app = await startTestApp({
    ...issuer.env,
    POSTERN_OIDC_CORP_PROVISION: 'on',
    POSTERN_OIDC_CORP_GROUPS: 'staff',
  });
  const map = { workspaceId: app.workspaceId, provider: 'corp', group: 'staff', role: 'TEAM_MEMBER' };
  await mutate(app, 'setGroupRole', map, app.owner.session, '__typename');
  const roles = async (claims: object, offset = 0) => {
    const jwt = await issuer.token({ at: app.now() + offset, claims: { email: 'ada@x.example', ...claims } });
    const { data } = await app.post('{ workspaces(first: 5) { nodes { viewerRole } } }', {}, jwt);
    return data.workspaces.nodes.map((node: any) => node.viewerRole);
  };
  expect(await roles({})).toEqual([]);
  expect(await roles({ groups: ['staff'] })).toEqual(['TEAM_MEMBER']);
  app.advance(2000);
  expect(await roles({})).toEqual(['TEAM_MEMBER']);
  expect(await roles({ hasgroups: true })).toEqual(['TEAM_MEMBER']);
  // Issued before the last statement.
  expect(await roles({ groups: [] }, -10_000)).toEqual(['TEAM_MEMBER']);
  expect(await roles({ groups: { staff: true } })).toEqual([]);
  await app.close();
});

test('the audit log and the last sign-in say who came in by a JWT, once an hour', async () => {
  await postern.database.db.updateTable('users').set({ signed_in_at: null }).execute();
  for (const jti of ['a', 'b']) await ask(await token({ claims: { jti } }));
  const { data } = await postern.post(
    '{ viewer { auditEvents(first: 20) { nodes { action detail } } } }',
    {},
    ada.session,
  );
  const entries = data.viewer.auditEvents.nodes.filter(({ detail }: any) => detail.by === 'jwt');
  expect(entries).toEqual([
    { action: 'session.created', detail: { by: 'jwt', provider: 'corp', client: CLIENT } },
  ]);
});
