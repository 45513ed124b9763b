import type { ServerResponse } from 'node:http';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { startTestApp, type TestApp } from '../support/app.ts';
import { freePort } from '../support/free-port.ts';
import { startTestProvider, type TestProvider } from '../support/oidc-provider.ts';
import { complete, outcomeIn, POSTERN, START } from '../support/sign-in.ts';
import { createBrowser, type TestBrowser } from '../support/sign-in-browser.ts';

let provider: TestProvider;
let postern: TestApp;
let browser: TestBrowser;

beforeEach(async () => {
  provider = await startTestProvider({ names: ['corp'], origins: [POSTERN] });
  provider.people.set('ada', { email: 'ada@example.com', email_verified: true });
  postern = await startTestApp({ ...provider.env('corp', POSTERN), POSTERN_OIDC_CORP_PROVISION: 'on' });
  browser = createBrowser(postern, POSTERN);
});
afterEach(async () => {
  await postern.close();
  await provider.close();
});

/** Lets the provider answer the requests to a path in another way. */
function answer(path: string, respond: (response: ServerResponse) => void): void {
  provider.intercept = (request, response) => {
    const isIntercepted = request.url?.startsWith(path) ?? false;
    if (isIntercepted) respond(response);
    return isIntercepted;
  };
}

function send(status: number, headers: Record<string, string>, body: string) {
  return (response: ServerResponse) => response.writeHead(status, headers).end(body);
}

const JSON_TYPE = { 'content-type': 'application/json' };

test('Postern starts while a provider is down, says why no one can sign in, and recovers', async () => {
  const port = await freePort();
  const env = provider.env('corp', POSTERN);
  const down = await startTestApp({ ...env, POSTERN_OIDC_CORP_ISSUER: `http://127.0.0.1:${port}` });
  const response = await createBrowser(down, POSTERN).open(START);
  expect(response.status).toBe(303);
  expect(outcomeIn(new URL(response.headers.get('location') ?? '', POSTERN)).error).toBe(
    'PROVIDER_UNAVAILABLE',
  );
  expect(down.logs.join('')).toContain('"provider":"corp"');
  await down.close();
});

test('metadata that could not be read are read again after a few seconds', async () => {
  answer('/.well-known', send(503, {}, ''));
  const refused = await browser.open(START);
  expect(refused.headers.get('location')).toContain('error=PROVIDER_UNAVAILABLE');
  provider.intercept = () => false;
  postern.advance(5_000);
  expect(outcomeIn(await browser.navigate(START, 'ada')).error).toBeNull();
});

test('a browser that navigates gets a page with the code of an error, and another client JSON', async () => {
  const strict = await startTestApp({
    ...provider.env('corp', POSTERN),
    POSTERN_ANONYMOUS_PER_MINUTE: '1',
  });
  const client = createBrowser(strict, POSTERN);
  await client.open(START);
  const page = await client.open(START, { headers: { accept: 'text/html,*/*;q=0.8' } });
  expect(page.status).toBe(303);
  expect(page.headers.get('location')).toBe('/sign-in#error=RATE_LIMITED&intent=sign-in');
  const { status, headers } = await client.open(START);
  expect([status, headers.get('content-type')]).toEqual([429, 'application/json; charset=utf-8']);
  await strict.close();
});

test('a person who refuses at the provider is led back without the text of the provider', async () => {
  const before = [...(browser.cookies.get(POSTERN)?.keys() ?? [])];
  const page = await browser.navigate(START, 'ada', 'refuse');
  expect(outcomeIn(page).error).toBe('ACCESS_DENIED');
  expect(page.href).not.toContain('provider%20says');
  expect(page.href).not.toContain('%3Cb%3E');
  // Nothing of the sign-in stays in the browser.
  expect([...(browser.cookies.get(POSTERN)?.keys() ?? [])]).toEqual(before);
});

describe('nonsense from a provider becomes an error of Postern, and never a 5xx', () => {
  test.each([
    ['/.well-known', 'HTML', 200, { 'content-type': 'text/html' }, '<p>', 'PROVIDER_FAILED'],
    [
      '/.well-known',
      'another issuer',
      200,
      JSON_TYPE,
      '{"issuer":"https://evil.example"}',
      'PROVIDER_FAILED',
    ],
    ['/.well-known', 'a redirect', 302, { location: 'http://127.0.0.1:1/' }, '', 'PROVIDER_FAILED'],
    ['/.well-known', 'null', 200, JSON_TYPE, 'null', 'PROVIDER_FAILED'],
    ['/.well-known', '300 KiB', 200, JSON_TYPE, `"${'a'.repeat(300_000)}"`, 'PROVIDER_UNAVAILABLE'],
  ])('%s: %s', async (path, _what, status, headers, body, error) => {
    answer(path, send(status, headers, body));
    const response = await browser.open(START);
    expect(response.status).toBe(303);
    expect(outcomeIn(new URL(response.headers.get('location') ?? '', POSTERN)).error).toBe(error);
  });

  test.each([
    ['/token', 'HTML', 200, { 'content-type': 'text/html' }, '<p>', 'PROVIDER_FAILED'],
    ['/token', 'an error', 400, JSON_TYPE, '{"error":"invalid_grant"}', 'PROVIDER_FAILED'],
    [
      '/token',
      'no ID token',
      200,
      JSON_TYPE,
      '{"access_token":"a","token_type":"bearer"}',
      'PROVIDER_FAILED',
    ],
    [
      '/token',
      'an unsigned ID token',
      200,
      JSON_TYPE,
      '{"access_token":"a","token_type":"bearer","id_token":"eyJhbGciOiJub25lIn0.e30."}',
      'PROVIDER_FAILED',
    ],
    ['/token', '500', 500, {}, '', 'PROVIDER_UNAVAILABLE'],
    ['/jwks', 'no keys', 200, JSON_TYPE, '{"keys":[]}', 'PROVIDER_FAILED'],
    ['/me', 'another subject', 200, JSON_TYPE, '{"sub":"eve","email":"eve@example.com"}', 'PROVIDER_FAILED'],
  ])('%s: %s', async (path, _what, status, headers, body, error) => {
    answer(path, send(status, headers, body));
    const page = await browser.navigate(START, 'ada');
    expect(outcomeIn(page).error).toBe(error);
    expect((await complete(browser, outcomeIn(page).state)).code).toBe('NOT_FOUND');
  });

  test('a provider that goes away keeps sessions valid', async () => {
    const { state } = outcomeIn(await browser.navigate(START, 'ada'));
    expect((await complete(browser, state)).errors).toEqual([]);
    answer('/', (response) => response.destroy());
    expect((await browser.post('{ viewer { user { email } } }')).data.viewer.user.email).toBe(
      'ada@example.com',
    );
  });
});
