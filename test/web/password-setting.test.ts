import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { DIRECTORY_ENV } from '../support/directory.ts';
import { type ConsoleTest, startConsole } from './support/console.ts';

describe.each([
  ['off', 0],
  ['operator', 1],
])('with POSTERN_PASSWORDS=%s', (setting, fields) => {
  let web: ConsoleTest;
  beforeAll(async () => {
    const env = { ...DIRECTORY_ENV, POSTERN_OIDC_CORP_LABEL: 'Example Corp', POSTERN_PASSWORDS: setting };
    web = await startConsole(env);
  });
  afterEach(() => web.expectNoComplaints());
  afterAll(() => web.stop());

  test('the sign-in page asks for no password that cannot be used', async () => {
    const { page, open } = await web.visit();
    await open('/sign-in');
    await page.getByRole('link', { name: 'Sign in with Example Corp' }).waitFor();
    expect(await page.getByLabel('Password').count()).toBe(fields);
    expect(await page.getByRole('button', { name: 'Sign in' }).count()).toBe(fields);
  });

  test('the invitation page creates no account with a password', async () => {
    const { page, open } = await web.visit();
    await open('/invitation#inv_');
    await page.getByText('Sign in first.').waitFor();
    await page.getByRole('link', { name: 'Sign in with Example Corp' }).waitFor();
    expect(await page.getByLabel('I have an account').count()).toBe(fields);
    expect(await page.getByLabel('I am new').count()).toBe(0);
  });

  test('a sign-in link leads to the account, which changes no password that cannot be used', async () => {
    const { postern } = web.wire;
    const ada = await postern.person('Ada');
    const { secret } = await postern.app.services.signInLinks.create(ada.email);
    const { page, open } = await web.visit();
    await open(`/sign-in-link#${secret}`);
    await page.getByRole('button', { name: 'Sign in with this link' }).click();
    await page.getByRole('heading', { name: 'Account' }).waitFor();
    await page.getByRole('table', { name: 'Sessions' }).waitFor();
    expect(await page.getByLabel('Current password').count()).toBe(0);
    expect(page.url()).not.toContain(secret);
    await page.goto('about:blank');
    await page.goto(`/sign-in-link#${secret}`);
    await page.getByRole('button', { name: 'Sign in with this link' }).click();
    await page.getByText("This link doesn't work.").waitFor();
  });
});
