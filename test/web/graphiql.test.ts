import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { type ConsoleTest, startConsole } from './support/console.ts';
import { revealSecret } from './support/secrets.ts';

let web: ConsoleTest;

beforeAll(async () => {
  web = await startConsole();
});
afterEach(() => web.expectNoComplaints());
afterAll(() => web.stop());

test('"Token for this query" opens the form with the query and its variables, and keeps them from the address', async () => {
  const { postern } = web.wire;
  const { page } = await web.visit(postern.owner);
  await page.goto('/graphql');
  await page.getByRole('tab', { name: 'Tokens' }).click();
  const opened = page.context().waitForEvent('page');
  await page.getByRole('button', { name: 'Token for this query' }).click();
  const form = await opened;
  await form.getByRole('heading', { name: 'New access token' }).waitFor();
  expect(form.url()).toBe(`${web.wire.origin}/tokens/new`);
  expect(await form.getByLabel('Query').inputValue()).toContain('tokens(');
  expect(await form.evaluate(() => sessionStorage.getItem('postern.query'))).toBeNull();
  expect(await page.evaluate(() => sessionStorage.getItem('postern.query'))).toBeNull();

  expect(await form.getByLabel('Variables').inputValue()).toContain('LAST_USED_AT');
  await form.getByRole('button', { name: 'Fill in scopes' }).click();
  await form.getByLabel('Name').fill('Lister');
  await form.getByRole('button', { name: 'Create token' }).click();
  const secret = await revealSecret(form, 'Your new token');
  const { data } = await postern.post(
    '{ viewer { token { scopes { entityType operations } } } }',
    {},
    secret,
  );
  expect(data.viewer.token.scopes).toEqual([{ entityType: 'token', operations: ['LIST'] }]);
});
