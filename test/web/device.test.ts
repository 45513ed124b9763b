import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { type BegunClient, beginDevice, pollDevice } from '../support/device.ts';
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
  await page.getByText('It can publish to all channels').waitFor();
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
