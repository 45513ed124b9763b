import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { mutate } from '../support/channels.ts';
import { type BegunClient, beginDevice, pollDevice } from '../support/device.ts';
import { declared } from '../support/operations.ts';
import { type ConsoleTest, signIn, startConsole } from './support/console.ts';

let web: ConsoleTest;
beforeAll(async () => {
  web = await startConsole();
});
afterEach(() => web.expectNoComplaints());
afterAll(() => web.stop());

const begin = (form: Record<string, string> = {}) =>
  beginDevice(web.wire.postern, { client_name: 'ada-laptop', ...form }, '192.0.2.7');
const answerTo = async (begun: BegunClient) => (await pollDevice(web.wire.postern, begun)).body;

/** Types a code on the page. */
async function type(page: Page, code: string): Promise<void> {
  await page.getByLabel('Code').fill(code);
  await page.getByRole('button', { name: 'Continue' }).click();
}

async function typed(begun: BegunClient): Promise<Page> {
  const { page } = await web.visit(web.wire.postern.owner, { path: '/device' });
  await type(page, begun.user_code.toLowerCase().replace('-', ' '));
  await page.getByRole('group', { name: 'What do you give it?' }).waitFor();
  return page;
}

test('a person signs in, types the code, sees who asks, and gives the command line a session', async () => {
  const begun = await begin();
  const { page } = await web.visit();
  await page.goto(`/device?user_code=${begun.user_code}`);
  await signIn(page, web.wire.postern.owner);
  expect(await page.getByLabel('Code').inputValue()).toBe('');
  await type(page, begun.user_code);
  const list = page.getByRole('main');
  await list.getByText('ada-laptop').waitFor();
  const text = await list.innerText();
  expect(text).toMatch(/Calls itself \(unverified\)\s*ada-laptop/i);
  expect(text).toMatch(/Its address\s*192\.0\.2\.7/i);
  expect(text).toMatch(/Your address\s*127\.0\.0\.1/i);
  await page.getByText('The program runs at another address than this browser.').waitFor();
  expect(await page.getByRole('radio', { checked: true }).count()).toBe(0);
  expect(await page.getByLabel('A personal token').count()).toBe(0);
  const allow = page.getByRole('button', { name: 'Allow' });
  expect(await allow.getAttribute('aria-disabled')).toBe('true');
  await page.getByLabel('A session for this command line').check();
  await allow.click();
  await page.getByRole('heading', { name: 'Allowed' }).waitFor();
  expect(await answerTo(begun)).toMatchObject({ access_token: expect.stringMatching(/^ses_/) });
  await page.goto('/account');
  await page.getByRole('cell', { name: 'CLI on ada-laptop' }).waitFor();
});

test('a person gives the command line a token with the scopes that it asked for', async () => {
  const begun = await begin({ scope: 'channel:publish' });
  const page = await typed(begun);
  await page.getByRole('listitem').getByText('publish to all channels').waitFor();
  await page.getByLabel('A personal token').check();
  await page.getByLabel('Name of the token').fill('deploy');
  await page.getByLabel('Expires after').selectOption('1');
  await page.getByRole('button', { name: 'Allow' }).click();
  await page.getByRole('heading', { name: 'Allowed' }).waitFor();
  expect(await answerTo(begun)).toMatchObject({ scope: 'channel:publish', expires_in: 86_400 });
});

test('a person refuses, and learns that a code is wrong and that five are too many', async () => {
  const begun = await begin();
  const page = await typed(begun);
  await page.getByRole('button', { name: 'Refuse' }).click();
  await page.getByRole('heading', { name: 'Refused' }).waitFor();
  expect(await answerTo(begun)).toMatchObject({ error: 'access_denied' });
  const person = await web.wire.postern.person('Bea');
  const { page: other } = await web.visit(person, { path: '/device' });
  for (let attempt = 0; attempt < 5; attempt += 1) {
    await type(other, 'nonsense');
    await other.getByText('No program waits with this code.').waitFor();
  }
  await type(other, (await begin()).user_code);
  await other.getByText(/Too many attempts/).waitFor();
});

describe('a trick', () => {
  test.each(['?user_code=CODE', '?code=CODE', '#CODE', '/CODE'])(
    'with the code in the address fills in nothing: /device%s',
    async (rest) => {
      const begun = await begin();
      const { page } = await web.visit(web.wire.postern.owner);
      await page.goto(`/device${rest.replace('CODE', begun.user_code)}`);
      await page.getByRole('heading', { level: 1 }).waitFor();
      const code = page.getByLabel('Code');
      if ((await code.count()) > 0) expect(await code.inputValue()).toBe('');
      expect(await page.getByRole('button', { name: 'Allow' }).count()).toBe(0);
    },
  );

  test('with a frame over the page shows no page', async () => {
    const { page, complaints } = await web.visit(web.wire.postern.owner);
    const body = `<iframe src="${web.wire.origin}/device"></iframe>`;
    await page.route('http://evil.test/', (route) => route.fulfill({ contentType: 'text/html', body }));
    await page.goto('http://evil.test/');
    await expect.poll(() => page.frames().at(-1)?.url()).toBe('chrome-error://chromewebdata/');
    expect(await page.frames().at(-1)?.getByLabel('Code').count()).toBe(0);
    complaints.length = 0;
  });

  test.each([
    'Postern” (verified by your administrator) “',
    'Your address: 127.0.0.1',
    'פוסטרן 127.0.0.1',
    `Z${'́̂̃̄̅'.repeat(6)}`,
  ])('with a name stays inside the frame of the name: %j', async (name) => {
    const page = await typed(await begin({ client_name: name }));
    const frame = page.locator('.device-text');
    expect(await frame.locator('bdi').textContent()).toBe(name.normalize('NFC'));
    expect(await frame.evaluate((element) => getComputedStyle(element).overflow)).toBe('hidden');
    const facts = page.getByRole('main').locator('dl');
    await facts.getByText('Calls itself (unverified)').waitFor();
    const { email } = web.wire.postern.owner;
    expect(await facts.innerText()).toMatch(new RegExp(`It would act as\\s*.*${email}`, 'i'));
  });

  test('with an id in a scope does not continue the sentence of the page', async () => {
    const { postern } = web.wire;
    const { workspaceId, owner } = postern;
    const input = { workspaceId, name: 'repository', operations: declared('READ') };
    await mutate(postern, 'registerEntityType', input, owner.session, 'entityType { name }');
    const id = 'website. It can do nothing else.';
    const scope = `repository:read:${encodeURIComponent(id)}@${workspaceId}`;
    const page = await typed(await begin({ scope }));
    const listed = page.getByRole('listitem').filter({ hasText: 'read the repository' });
    expect(await listed.locator('.device-text').textContent()).toBe(id);
  });

  test('with keys pressed ahead or a second click allows nothing', async () => {
    const begun = await begin();
    const { page } = await web.visit(web.wire.postern.owner, { path: '/device' });
    await page.getByLabel('Code').fill(begun.user_code);
    for (let press = 0; press < 3; press += 1) await page.keyboard.press('Enter');
    await page.getByRole('group', { name: 'What do you give it?' }).waitFor();
    await page.keyboard.press('Enter');
    await page.getByRole('button', { name: 'Allow' }).click({ force: true });
    expect(await answerTo(begun)).toMatchObject({ error: 'authorization_pending' });
  });

  test('with the session of someone else in the browser gives nothing of either of them', async () => {
    const { postern, origin } = web.wire;
    const begun = await begin();
    const { page, complaints } = await web.visit(postern.owner, { path: '/device' });
    await type(page, begun.user_code);
    await page.getByRole('group', { name: 'What do you give it?' }).waitFor();
    await page.waitForLoadState('networkidle');
    const { session } = await postern.person('Eve');
    const cookie = { name: postern.cookieName, value: session, url: origin };
    await page.context().addCookies([{ ...cookie, httpOnly: true, sameSite: 'Strict' }]);
    await page.getByLabel('A session for this command line').check();
    await page.getByRole('button', { name: 'Allow' }).click();
    await page.getByRole('dialog', { name: 'Someone else signed in' }).waitFor();
    expect(await answerTo(begun)).toMatchObject({ error: 'authorization_pending' });
    complaints.length = 0;
  });

  test('that keeps the page from describing the scopes cannot be allowed', async () => {
    const begun = await begin({ scope: 'channel:publish' });
    const { page, complaints } = await web.visit(web.wire.postern.owner, { path: '/device' });
    await page.route('**/graphql', async (route) => {
      if (route.request().postData()?.includes('query ScopeTargets')) await route.abort();
      else await route.continue();
    });
    await type(page, begun.user_code);
    await page.getByLabel('A personal token').check();
    const allow = page.getByRole('button', { name: 'Allow' });
    expect(await allow.getAttribute('aria-disabled')).toBe('true');
    complaints.length = 0;
  });
});
