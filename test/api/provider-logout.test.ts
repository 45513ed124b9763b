import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { START as CLOCK, startTestApp, type TestApp } from '../support/app.ts';
import { startTestProvider, type TestProvider } from '../support/oidc-provider.ts';
import { complete, outcomeIn, POSTERN, START, signIn } from '../support/sign-in.ts';
import { createBrowser, type TestBrowser } from '../support/sign-in-browser.ts';
import { follow } from '../support/streams.ts';

const EVENTS = { 'http://schemas.openid.net/event/backchannel-logout': {} };
const MINUTE = 60;

let provider: TestProvider;
let postern: TestApp;

beforeAll(async () => {
  provider = await startTestProvider({ names: ['corp'], origins: [POSTERN], sendsLogouts: true });
  for (const sub of ['ada', 'eve']) {
    provider.people.set(sub, { email: `${sub}@example.com`, email_verified: true, name: sub });
  }
  postern = await startTestApp({ ...provider.env('corp', POSTERN), POSTERN_OIDC_CORP_PROVISION: 'on' });
  postern.advance(Date.now() - CLOCK);
});
afterAll(async () => {
  await postern.close();
  await provider.close();
});
beforeEach(() => postern.advance(Date.now() - postern.now()));

const seconds = () => Math.floor(postern.now() / 1000);
const freshClaims = () => ({
  iat: seconds(),
  exp: seconds() + 120,
  jti: crypto.randomUUID(),
  events: EVENTS,
});

function logOut(token: string, fields: Record<string, string> = {}): Promise<Response> {
  return postern.fetch(
    new Request(`${POSTERN}/auth/corp/backchannel-logout`, {
      method: 'POST',
      body: new URLSearchParams({ logout_token: token, ...fields }),
    }),
  );
}

async function logOutBy(claims: Record<string, unknown>, type?: string): Promise<Response> {
  return logOut(await provider.sign({ ...freshClaims(), ...claims }, type));
}

async function isSignedIn(browser: TestBrowser): Promise<boolean> {
  return (await browser.post('{ viewer { kind } }')).code !== 'UNAUTHENTICATED';
}

async function sidOf(person: string): Promise<string> {
  const { db } = postern.database;
  const { id } = await db
    .selectFrom('identities')
    .select('id')
    .where('subject', '=', person)
    .executeTakeFirstOrThrow();
  const row = await db
    .selectFrom('sessions')
    .select('provider_session')
    .where('identity_id', '=', id)
    .orderBy('created_at', 'desc')
    .executeTakeFirstOrThrow();
  return row.provider_session ?? '';
}

test('a person who signs out at the provider is signed out here, with all sessions', async () => {
  const [one, two] = [await signIn(postern, 'ada'), await signIn(postern, 'ada')];
  const { browser: other } = await signIn(postern, 'eve');
  const response = await logOutBy({ sub: 'ada' });
  expect([response.status, await response.text()]).toEqual([200, '']);
  expect(response.headers.get('cache-control')).toBe('no-store');
  expect(await isSignedIn(one.browser)).toBe(false);
  expect(await isSignedIn(two.browser)).toBe(false);
  expect(await isSignedIn(other)).toBe(true);
});

test.each([true, false])(
  'one session at the provider ends its sessions only (with the subject: %s)',
  async (named) => {
    await logOutBy({ sub: 'ada' });
    const first = await signIn(postern, 'ada');
    const sid = await sidOf('ada');
    postern.advance(1000);
    const second = await signIn(postern, 'ada');
    expect(await sidOf('ada')).not.toBe(sid);
    expect((await logOutBy({ sid, ...(named && { sub: 'ada' }) })).status).toBe(200);
    expect(await isSignedIn(first.browser)).toBe(false);
    expect(await isSignedIn(second.browser)).toBe(true);
    expect((await logOutBy({ sid, sub: 'eve' })).status).toBe(200);
    expect(await isSignedIn(second.browser)).toBe(true);
  },
);

test('a token counts once: the second time it has no effect', async () => {
  const token = await provider.sign({ ...freshClaims(), sub: 'ada' });
  expect((await logOut(token)).status).toBe(200);
  const { browser } = await signIn(postern, 'ada');
  expect((await logOut(token)).status).toBe(200);
  expect(await isSignedIn(browser)).toBe(true);
});

test('a sign-in that the console has yet to finish ends too', async () => {
  const browser = createBrowser(postern, POSTERN);
  const { state } = outcomeIn(await browser.navigate(START, 'ada'));
  await logOutBy({ sub: 'ada' });
  expect((await complete(browser, state)).code).toBe('NOT_FOUND');
});

test('an open subscription of a session that ends is closed', async () => {
  const { browser } = await signIn(postern, 'ada');
  const secret = [...(browser.cookies.get(POSTERN)?.values() ?? [])].find((value) =>
    value.startsWith('ses_'),
  );
  const created = await postern.post(
    'mutation { createWorkspace(input: { name: "Of Ada" }) { workspace { id } } }',
    {},
    secret ?? '',
  );
  const input = { workspaceId: created.data.createWorkspace.workspace.id, name: 'news' };
  const { data } = await postern.post(
    'mutation ($input: CreateChannelInput!) { createChannel(input: $input) { channel { id } } }',
    { input },
    secret ?? '',
  );
  const stream = await follow(postern, data.createChannel.channel.id, secret ?? '');
  await logOutBy({ sub: 'ada' });
  await stream.end();
});

test('someone who is unknown here changes nothing, and the log says who ended a session', async () => {
  const { browser } = await signIn(postern, 'ada');
  expect((await logOutBy({ sub: 'unknown' })).status).toBe(200);
  expect((await logOutBy({ sid: 'unknown' })).status).toBe(200);
  expect(await isSignedIn(browser)).toBe(true);
  await logOutBy({ sub: 'ada' });
  const again = await signIn(postern, 'ada');
  const { data } = await again.browser.post(
    '{ viewer { auditEvents(first: 100) { nodes { action detail } } } }',
  );
  expect(data.viewer.auditEvents.nodes).toContainEqual({
    action: 'session.ended',
    detail: { by: 'provider', provider: 'corp', sessions: expect.any(Number) },
  });
});

describe('a token that is not valid is refused with 400 invalid_request', () => {
  const cases: [name: string, claims: () => Record<string, unknown>, type?: string][] = [
    ['another issuer', () => ({ iss: 'https://evil.example' })],
    ['another client', () => ({ aud: 'other' })],
    ['no event', () => ({ events: {} })],
    ['another event', () => ({ events: { 'http://schemas.openid.net/event/other': {} } })],
    ['events that are no object', () => ({ events: 'backchannel-logout' })],
    ['an event that is no object', () => ({ events: { [Object.keys(EVENTS)[0] as string]: true } })],
    ['a nonce', () => ({ nonce: 'n' })],
    ['no person', () => ({ sub: undefined })],
    ['a person that is no text', () => ({ sub: 5 })],
    ['no id', () => ({ jti: undefined })],
    ['no time', () => ({ iat: undefined })],
    ['an old time', () => ({ iat: seconds() - 12 * MINUTE })],
    ['a time to come', () => ({ iat: seconds() + 2 * MINUTE })],
    ['an end that has passed', () => ({ exp: seconds() - 2 * MINUTE })],
    ['the type of an access token', () => ({}), 'at+jwt'],
  ];
  test.each(cases)('%s', async (...[, claims, type]) => {
    const { browser } = await signIn(postern, 'ada');
    const response = await logOutBy({ sub: 'ada', ...claims() }, type);
    expect([response.status, (await response.json()).error]).toEqual([400, 'invalid_request']);
    expect(await isSignedIn(browser)).toBe(true);
  });

  test('another signature, none, no token, two, and one that is too long', async () => {
    const { browser } = await signIn(postern, 'ada');
    const token = await provider.sign({ ...freshClaims(), sub: 'ada' });
    const [header = '', claims = ''] = token.split('.');
    const none = Buffer.from('{"alg":"none","typ":"logout+jwt"}').toString('base64url');
    const long = await provider.sign({ ...freshClaims(), sub: 'ada', pad: 'x'.repeat(8192) });
    for (const bad of [`${header}.${claims}.AAAA`, `${none}.${claims}.`, 'x', '', long]) {
      const response = await logOut(bad);
      expect([response.status, (await response.json()).error]).toEqual([400, 'invalid_request']);
    }
    expect(await isSignedIn(browser)).toBe(true);
  });

  test('a body of another type', async () => {
    const url = `${POSTERN}/auth/corp/backchannel-logout`;
    const response = await postern.fetch(new Request(url, { method: 'POST', body: '{}' }));
    expect([response.status, (await response.json()).error]).toEqual([400, 'invalid_request']);
    expect((await postern.fetch(new Request(url))).status).toBe(405);
  });
});

test('while the keys of the provider cannot be read, the response is 503', async () => {
  const down = await startTestApp({
    ...provider.env('corp', POSTERN),
    POSTERN_OIDC_CORP_ISSUER: 'http://127.0.0.1:9',
  });
  const body = new URLSearchParams({ logout_token: await provider.sign({ ...freshClaims(), sub: 'ada' }) });
  const url = `${POSTERN}/auth/corp/backchannel-logout`;
  const response = await down.fetch(new Request(url, { method: 'POST', body }));
  expect([response.status, (await response.json()).error]).toEqual([503, 'temporarily_unavailable']);
  expect(response.headers.get('retry-after')).not.toBeNull();
  await down.close();
});

test('a sign-out names where the session at the provider ends, and leads back', async () => {
  const { browser } = await signIn(postern, 'ada');
  const signOut = 'mutation { signOut { signedOut providerLogoutUrl } }';
  const { data } = await browser.post(signOut);
  const url = new URL(data.signOut.providerLogoutUrl);
  expect(url.origin).toBe(provider.issuer);
  expect(url.searchParams.get('client_id')).toBe('postern');
  expect(url.searchParams.get('post_logout_redirect_uri')).toBe(`${POSTERN}/sign-in`);
  expect(await isSignedIn(browser)).toBe(false);
  const local = await postern.post(signOut, {}, await postern.signIn(postern.owner.email));
  expect(local.data.signOut).toEqual({ signedOut: true, providerLogoutUrl: null });
});
