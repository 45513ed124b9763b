import { afterAll, beforeAll, beforeEach, expect, onTestFinished, test } from 'vitest';
import { type Answer, START as CLOCK, startTestApp, type TestApp } from '../support/app.ts';
import { startTestProvider, type TestProvider } from '../support/oidc-provider.ts';
import { refusalIn } from '../support/responses.ts';
import { complete, outcomeIn, POSTERN, START, signIn } from '../support/sign-in.ts';
import type { TestBrowser } from '../support/sign-in-browser.ts';

const LIFETIME = 10 * 60_000;
const REAUTHENTICATE = `${START}?intent=reauthenticate&to=/account`;

let provider: TestProvider;
let postern: TestApp;
let browser: TestBrowser;

beforeAll(async () => {
  provider = await startTestProvider({ names: ['corp'], origins: [POSTERN] });
  for (const sub of ['ada', 'eve']) {
    provider.people.set(sub, { email: `${sub}@example.com`, email_verified: true, name: sub });
  }
  postern = await startTestApp({ ...provider.env('corp', POSTERN), POSTERN_OIDC_CORP_PROVISION: 'on' });
  // The provider states by the clock of the machine when a person signed in.
  postern.advance(Date.now() - CLOCK);
  await signIn(postern, 'eve');
});
afterAll(async () => {
  await postern.close();
  await provider.close();
});
beforeEach(async () => {
  postern.advance(Date.now() - postern.now() - LIFETIME);
  browser = (await signIn(postern, 'ada')).browser;
  postern.advance(LIFETIME + 60_000);
});

function reauthenticate(state: string, by: TestBrowser = browser): Promise<Answer> {
  const query = 'mutation ($state: String!) { reauthenticate(input: { state: $state }) { until } }';
  return by.post(query, { state });
}

const deleteAllTokens = async () =>
  refusalIn(await browser.post('mutation { deleteAllTokens { deletedCount } }'));

async function stateOf(url: string, person: string, by: TestBrowser = browser): Promise<string> {
  return outcomeIn(await by.navigate(url, person)).state;
}

test('a fresh sign-in at the provider counts as a re-authentication, once', async () => {
  expect(await deleteAllTokens()).toBe('REAUTHENTICATION_REQUIRED');
  const state = await stateOf(REAUTHENTICATE, 'ada');
  const { data, errors } = await reauthenticate(state);
  expect(errors).toEqual([]);
  const until = Date.parse(data.reauthenticate.until);
  expect(until).toBeGreaterThan(postern.now());
  expect(until).toBeLessThanOrEqual(postern.now() + LIFETIME);
  expect(await deleteAllTokens()).toBeNull();
  expect((await reauthenticate(state)).code).toBe('NOT_FOUND');
});

test('another person at the provider confirms nothing', async () => {
  browser.cookies.delete(provider.issuer);
  expect((await reauthenticate(await stateOf(REAUTHENTICATE, 'eve'))).code).toBe('NOT_FOUND');
  expect(await deleteAllTokens()).toBe('REAUTHENTICATION_REQUIRED');
});

test('a sign-in that was begun for something else, or in another browser, confirms nothing', async () => {
  expect((await reauthenticate(await stateOf(START, 'ada'))).code).toBe('NOT_FOUND');
  expect((await reauthenticate(await stateOf(`${START}?intent=link`, 'ada'))).code).toBe('NOT_FOUND');
  const { browser: other } = await signIn(postern, 'ada');
  const foreign = await stateOf(REAUTHENTICATE, 'ada', other);
  expect((await reauthenticate(foreign)).code).toBe('NOT_FOUND');
  expect(await deleteAllTokens()).toBe('REAUTHENTICATION_REQUIRED');
  expect((await reauthenticate(foreign, other)).errors).toEqual([]);
  expect(await deleteAllTokens()).toBe('REAUTHENTICATION_REQUIRED');
});

test('a recent sign-in that the provider remembers silently counts from when it happened', async () => {
  postern.advance(Date.now() - postern.now());
  const soon = await signIn(postern, 'ada');
  const query = 'mutation { deleteAllTokens { deletedCount } }';
  expect(refusalIn(await soon.browser.post(query))).toBeNull();
  postern.advance(LIFETIME + 60_000);
  const state = await stateOf(START, 'no one is asked', soon.browser);
  expect((await complete(soon.browser, state)).errors).toEqual([]);
  expect(refusalIn(await soon.browser.post(query))).toBe('REAUTHENTICATION_REQUIRED');
});

/** Lets the provider answer as one that does not support `max_age`, and so never states `auth_time`. */
function ignoreMaxAge(): void {
  provider.intercept = (request) => {
    request.url = request.url?.replace(/&max_age=\d+/, '');
    return false;
  };
  onTestFinished(() => {
    provider.intercept = () => false;
  });
}

test('a provider that does not say when a person signed in confirms nothing', async () => {
  ignoreMaxAge();
  const { browser: own } = await signIn(postern, 'ada');
  const query = 'mutation { deleteAllTokens { deletedCount } }';
  expect(refusalIn(await own.post(query))).toBe('REAUTHENTICATION_REQUIRED');
  const answer = await reauthenticate(await stateOf(REAUTHENTICATE, 'ada', own), own);
  expect(refusalIn(answer)).toBe('REAUTHENTICATION_REQUIRED');
  expect(refusalIn(await own.post(query))).toBe('REAUTHENTICATION_REQUIRED');
});

test('a person who has left the domains confirms nothing', async () => {
  const strict = await startTestApp({
    ...provider.env('corp', POSTERN),
    POSTERN_OIDC_CORP_PROVISION: 'on',
    POSTERN_OIDC_CORP_DOMAINS: 'example.com',
  });
  provider.people.set('mover', { email: 'mover@example.com', email_verified: true });
  const { browser: own } = await signIn(strict, 'mover');
  provider.people.set('mover', { email: 'mover@elsewhere.example', email_verified: true });
  expect(refusalIn(await reauthenticate(await stateOf(REAUTHENTICATE, 'mover', own), own))).toBe('DOMAIN');
  await strict.close();
});

test('the log of the account says at which provider the person confirmed', async () => {
  await reauthenticate(await stateOf(REAUTHENTICATE, 'ada'));
  const query = '{ viewer { auditEvents(first: 100) { nodes { action detail } } } }';
  const { data } = await browser.post(query);
  expect(data.viewer.auditEvents.nodes).toContainEqual({
    action: 'session.reauthenticated',
    detail: { provider: 'corp' },
  });
});

test('the cookie of a sign-in is deleted when the console has finished it', async () => {
  const names = () => [...(browser.cookies.get(POSTERN)?.keys() ?? [])];
  const before = names();
  expect(before).toHaveLength(1);
  const state = await stateOf(REAUTHENTICATE, 'ada');
  expect(names()).toHaveLength(2);
  await reauthenticate(state);
  expect(names()).toEqual(before);
});

test('a password and a state together are refused', async () => {
  const query = 'mutation { reauthenticate(input: { state: "x", password: "y" }) { until } }';
  expect((await browser.post(query)).code).toBe('BAD_USER_INPUT');
});
