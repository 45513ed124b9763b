import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { START as CLOCK, PASSWORD, startTestApp, type TestApp } from '../support/app.ts';
import { startTestProvider, type TestProvider } from '../support/oidc-provider.ts';
import { complete, outcomeIn, POSTERN, START, signIn } from '../support/sign-in.ts';
import { createBrowser, type TestBrowser } from '../support/sign-in-browser.ts';

let provider: TestProvider;
let postern: TestApp;

beforeAll(async () => {
  provider = await startTestProvider({ names: ['corp', 'other'], origins: [POSTERN] });
  for (const sub of ['ada', 'eve']) {
    provider.people.set(sub, { email: `${sub}@example.com`, email_verified: true, name: sub });
  }
  postern = await startTestApp({
    ...provider.env('other', POSTERN),
    ...provider.env('corp', POSTERN),
    POSTERN_OIDC: 'corp,other',
    POSTERN_OIDC_CORP_PROVISION: 'on',
  });
  // The provider states by the clock of the machine when a person signed in.
  postern.advance(Date.now() - CLOCK);
});
afterAll(async () => {
  await postern.close();
  await provider.close();
});

const newBrowser = () => createBrowser(postern, POSTERN);

/** Returns a browser in which the owner of Postern is signed in with the password. */
async function ownersBrowser(email = postern.owner.email): Promise<TestBrowser> {
  const browser = newBrowser();
  const query = 'mutation ($input: SignInInput!) { signIn(input: $input) { expiresAt } }';
  expect((await browser.post(query, { input: { email, password: PASSWORD } })).errors).toEqual([]);
  return browser;
}

function link(browser: TestBrowser, state: string, headers: Record<string, string> = {}) {
  const query =
    'mutation ($state: String!) { linkIdentity(input: { state: $state }) { identity { id provider subject } } }';
  return browser.post(query, { state }, headers);
}

/** Begins to sign in, and returns the address at the provider and the state. */
async function begin(browser: TestBrowser, url: string = START): Promise<URL> {
  const response = await browser.open(url);
  return new URL(response.headers.get('location') ?? '', url);
}

describe('an open redirect is impossible', () => {
  test.each([
    'https://evil.example/',
    '//evil.example/',
    '/\\evil.example/',
    '\\\\evil.example',
    '/\t/evil.example',
    '/tokens\r\nset-cookie: a=b',
    'javascript:alert(1)',
    `/${'a'.repeat(400)}`,
  ])('to=%s leads to the first page', async (to) => {
    const { answer } = await signIn(postern, 'ada', `${START}?${new URLSearchParams({ to })}`);
    expect(answer.data.completeSignIn.to).toBe('/');
  });
});

test('an intent that Postern does not know begins nothing', async () => {
  const response = await newBrowser().open(`${START}?intent=Link`);
  expect(response.headers.get('location')).toBe('/sign-in#error=UNKNOWN_INTENT&intent=sign-in');
  expect(response.headers.get('set-cookie')).toBeNull();
});

describe('no other page signs anyone in', () => {
  test('a state of another browser is unknown', async () => {
    const attacker = newBrowser();
    const { state } = outcomeIn(await attacker.navigate(START, 'eve'));
    const victim = newBrowser();
    await victim.navigate(START, 'ada');
    expect((await complete(victim, state)).code).toBe('NOT_FOUND');
    expect((await complete(newBrowser(), state)).code).toBe('NOT_FOUND');
  });

  test('a callback with the code of another browser is refused', async () => {
    const attacker = newBrowser();
    const toProvider = await begin(attacker);
    const response = await attacker.open(toProvider.href);
    // The attacker keeps the address of the callback and gives it to the victim.
    let at = new URL(response.headers.get('location') ?? '', toProvider).href;
    const body = new URLSearchParams({ sub: 'eve', action: 'accept' });
    for (let step = await attacker.open(at, { method: 'POST', body }); !at.startsWith(POSTERN); ) {
      at = new URL(step.headers.get('location') ?? '', at).href;
      if (!at.startsWith(POSTERN)) step = await attacker.open(at);
    }
    expect(new URL(at).searchParams.get('code')).not.toBeNull();
    const victim = newBrowser();
    const refused = await victim.open(at);
    expect(outcomeIn(new URL(refused.headers.get('location') ?? '', POSTERN)).error).toBe('SIGN_IN_EXPIRED');
    // With a sign-in of its own and its own state, the code still belongs to another challenge and nonce.
    const own = await begin(victim);
    const mixed = new URL(at);
    mixed.searchParams.set('state', own.searchParams.get('state') ?? '');
    const injected = await victim.open(mixed.href);
    expect(outcomeIn(new URL(injected.headers.get('location') ?? '', POSTERN)).error).toBe('PROVIDER_FAILED');
  });

  test.each(['cross-site', 'same-site'])('a %s page cannot begin a sign-in', async (site) => {
    const browser = newBrowser();
    const response = await browser.open(START, { headers: { 'sec-fetch-site': site } });
    expect(response.headers.get('location')).toBe('/sign-in');
    expect(response.headers.get('set-cookie')).toBeNull();
  });

  test('a page of another origin cannot finish one', async () => {
    const browser = newBrowser();
    const { state } = outcomeIn(await browser.navigate(START, 'ada'));
    const foreign = { 'sec-fetch-site': 'cross-site', origin: 'https://evil.example' };
    expect((await complete(browser, state, foreign)).code).toBe('CSRF_REJECTED');
    expect((await complete(browser, state)).errors).toEqual([]);
  });
});

describe('a state works once', () => {
  test('a used, unknown or expired state is not found', async () => {
    const browser = newBrowser();
    const { state } = outcomeIn(await browser.navigate(START, 'ada'));
    expect((await complete(browser, state)).errors).toEqual([]);
    expect((await complete(browser, state)).code).toBe('NOT_FOUND');
    expect((await complete(browser, 'x'.repeat(43))).code).toBe('NOT_FOUND');
    expect((await complete(browser, '')).code).toBe('NOT_FOUND');
    const late = outcomeIn(await browser.navigate(START, 'ada')).state;
    postern.advance(10 * 60_000);
    expect((await complete(browser, late)).code).toBe('NOT_FOUND');
  });

  test('of two browsers that finish one sign-in at the same time, one gets a session', async () => {
    const browser = newBrowser();
    const { state } = outcomeIn(await browser.navigate(START, 'ada'));
    const copy = newBrowser();
    for (const [origin, jar] of browser.cookies) copy.cookies.set(origin, new Map(jar));
    const answers = await Promise.all([complete(browser, state), complete(copy, state)]);
    expect(answers.map(({ code }) => code ?? 'ok').sort()).toEqual(['NOT_FOUND', 'ok']);
  });

  test('a new person who signs in twice at the same time gets one account', async () => {
    provider.people.set('twice', { email: 'twice@example.com', email_verified: true });
    const browsers = [newBrowser(), newBrowser()];
    const pages = await Promise.all(browsers.map((browser) => browser.navigate(START, 'twice')));
    const answers = await Promise.all(
      browsers.map((browser, index) => complete(browser, outcomeIn(pages[index] as URL).state)),
    );
    const ids = answers.map(({ data }) => data.completeSignIn?.user.id);
    expect(new Set(ids).size).toBe(1);
    expect(ids[0]).toBeDefined();
  });

  test('a refused sign-in is used up, and in the audit log of the person', async () => {
    const { answer, browser, page } = await signIn(postern, 'ada', `${POSTERN}/auth/other/start`);
    expect(answer.errors[0]?.extensions.reason).toBe('NOT_INVITED');
    expect((await complete(browser, outcomeIn(page).state)).code).toBe('NOT_FOUND');
  });
});

describe('providers cannot be confused', () => {
  test('a sign-in that began at one provider cannot end at the callback of another', async () => {
    const browser = newBrowser();
    const toProvider = await begin(browser);
    const state = toProvider.searchParams.get('state') ?? '';
    const response = await browser.open(`${POSTERN}/auth/other/callback?code=x&state=${state}`);
    expect(outcomeIn(new URL(response.headers.get('location') ?? '', POSTERN)).error).toBe('SIGN_IN_EXPIRED');
  });

  test('a response of another issuer is refused (RFC 9207)', async () => {
    const browser = newBrowser();
    for (const iss of ['&iss=https://evil.example', '']) {
      const state = (await begin(browser)).searchParams.get('state') ?? '';
      const response = await browser.open(`${POSTERN}/auth/corp/callback?code=x&state=${state}${iss}`);
      const { error } = outcomeIn(new URL(response.headers.get('location') ?? '', POSTERN));
      expect(error).toBe('PROVIDER_FAILED');
    }
  });

  test('the same subject at two providers is two people', async () => {
    await signIn(postern, 'ada');
    const { answer } = await signIn(postern, 'ada', `${POSTERN}/auth/other/start`);
    expect(answer.code).toBe('FORBIDDEN');
  });
});

test('a session that a browser had before does not survive as the new one', async () => {
  const browser = await ownersBrowser();
  const before = new Map(browser.cookies.get(POSTERN));
  const { state } = outcomeIn(await browser.navigate(START, 'ada'));
  expect((await complete(browser, state)).errors).toEqual([]);
  const after = browser.cookies.get(POSTERN) ?? new Map<string, string>();
  const name = [...before.keys()].find((key) => !/-[0-9a-f]{16}$/.test(key)) ?? '';
  expect(before.get(name)).toMatch(/^ses_/);
  expect(after.get(name)).toMatch(/^ses_/);
  expect(after.get(name)).not.toBe(before.get(name));
});

describe('identities are linked only by their own user', () => {
  const LINK = `${START}?intent=link`;

  test('a signed-in user links an identity and signs in with it', async () => {
    provider.people.set('owner-at-corp', { email: 'someone@elsewhere.example', email_verified: true });
    const browser = await ownersBrowser();
    const { state, intent } = outcomeIn(await browser.navigate(LINK, 'owner-at-corp'));
    expect(intent).toBe('link');
    const answer = await link(browser, state);
    expect(answer.data.linkIdentity.identity).toMatchObject({ provider: 'corp', subject: 'owner-at-corp' });
    const { answer: signedIn } = await signIn(postern, 'owner-at-corp');
    expect(signedIn.data.completeSignIn.user.id).toBe(postern.owner.id);
    const unlink = 'mutation ($id: ID!) { unlinkIdentity(input: { id: $id }) { unlinkedIdentityId } }';
    const id = answer.data.linkIdentity.identity.id;
    expect((await browser.post(unlink, { id })).data.unlinkIdentity.unlinkedIdentityId).toBe(id);
    expect((await browser.post(unlink, { id })).code).toBe('NOT_FOUND');
  });

  test('a person who is not signed in cannot begin to link', async () => {
    const response = await newBrowser().open(LINK);
    expect(response.headers.get('location')).toContain('error=SESSION_REQUIRED');
  });

  test('another user cannot finish what a user began', async () => {
    const browser = await ownersBrowser();
    const { state } = outcomeIn(await browser.navigate(LINK, 'eve'));
    const other = await postern.person('Mallory');
    const query = 'mutation ($input: SignInInput!) { signIn(input: $input) { expiresAt } }';
    await browser.post(query, { input: { email: other.email, password: PASSWORD } });
    expect((await link(browser, state)).code).toBe('NOT_FOUND');
  });

  test('a state of a sign-in links nothing, and one of a link signs no one in', async () => {
    const browser = await ownersBrowser();
    const toSignIn = outcomeIn(await browser.navigate(START, 'eve')).state;
    expect((await link(browser, toSignIn)).code).toBe('NOT_FOUND');
    const toLink = outcomeIn(await browser.navigate(LINK, 'eve')).state;
    expect((await complete(browser, toLink)).code).toBe('NOT_FOUND');
  });

  test('a session that is older than ten minutes links and unlinks nothing', async () => {
    const browser = await ownersBrowser();
    postern.advance(10 * 60_000);
    const { state } = outcomeIn(await browser.navigate(LINK, 'eve'));
    expect((await link(browser, state)).errors[0]?.extensions.reason).toBe('REAUTHENTICATION_REQUIRED');
  });

  test('an identity of another account is a conflict, and the last way in cannot be unlinked', async () => {
    postern.advance(Date.now() - postern.now());
    const { browser: adas } = await signIn(postern, 'ada');
    const browser = await ownersBrowser();
    const { state } = outcomeIn(await browser.navigate(LINK, 'ada'));
    expect((await link(browser, state)).code).toBe('CONFLICT');
    const { data } = await adas.post('{ viewer { user { identities { id } } } }');
    const unlink = 'mutation ($id: ID!) { unlinkIdentity(input: { id: $id }) { unlinkedIdentityId } }';
    const id = data.viewer.user.identities[0].id;
    expect((await adas.post(unlink, { id })).code).toBe('CONFLICT');
    expect((await browser.post(unlink, { id })).code).toBe('NOT_FOUND');
  });

  test('a user sees no identities of others', async () => {
    await signIn(postern, 'ada');
    const query = `query ($id: ID!) { workspace(id: $id) { members(first: 10) { nodes { user { email identities { id } } } } } }`;
    const browser = await ownersBrowser();
    const member = await postern.person('Member', 'VIEWER');
    const { data, errors } = await browser.post(query, { id: postern.workspaceId });
    expect(errors).toEqual([]);
    const others = data.workspace.members.nodes.filter((node: any) => node.user.email === member.email);
    expect(others).toEqual([{ user: { email: member.email, identities: null } }]);
  });
});
