import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { type ConsoleTest, startConsole } from './support/console.ts';

let web: ConsoleTest;
beforeAll(async () => {
  web = await startConsole();
});
afterEach(() => web.expectNoComplaints());
afterAll(() => web.stop());

test('an own operation is declared, chosen for a pattern, and shown on the token after it is removed', async () => {
  const { postern } = web.wire;
  const settings = `/workspaces/${postern.workspaceId}/settings`;
  const { page } = await web.visit(postern.owner, { path: settings });
  await page.getByRole('button', { name: 'Register' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Name').fill('invoice');
  await dialog.getByLabel('read', { exact: true }).check();
  const add = dialog.getByRole('button', { name: 'Add operation' });
  await add.click();
  await dialog.getByRole('button', { name: /^Remove/ }).press('Enter');
  await dialog.getByRole('group', { name: 'New operation' }).waitFor({ state: 'detached' });
  // The focus stays in the dialog although its button disappeared.
  expect(await page.evaluate(() => document.activeElement?.tagName)).toBe('DIALOG');
  await add.click();
  const operation = dialog.getByRole('group', { name: 'New operation' });
  await operation.getByLabel('Operation', { exact: true }).fill('refund all');
  const named = dialog.getByRole('group', { name: 'REFUND_ALL' });
  await named.getByLabel('Lowest role').selectOption('Workspace Manager');
  await dialog.getByRole('button', { name: 'Register' }).click();
  await page.getByRole('cell', { name: 'read, refund all' }).waitFor();

  await page.goto('/tokens/new');
  await page.getByLabel('Name').fill('Refunds');
  await page.getByLabel('Scoped').check();
  const scope = page.getByRole('group', { name: 'Scope 1' });
  await scope.getByLabel('Type').selectOption('invoice');
  await scope.getByLabel('Resource').fill('acme/*');
  await scope.getByLabel('refund all').check();
  await page.getByRole('button', { name: 'Create token' }).click();
  await page.getByRole('cell', { name: 'acme/*' }).waitFor();
  const tokenPath = new URL(page.url()).pathname;
  expect(await page.getByRole('list', { name: 'Restrictions' }).count()).toBe(0);

  await page.goto(settings);
  await page.getByRole('button', { name: 'Edit invoice' }).click();
  await page.getByRole('button', { name: 'Remove REFUND_ALL' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Save' }).click();
  await page.getByRole('cell', { name: 'read', exact: true }).waitFor();

  const policy = { workspaceId: postern.workspaceId, personalTokens: 'FORBIDDEN' };
  const update =
    'mutation ($input: UpdateTokenPolicyInput!) { updateTokenPolicy(input: $input) { __typename } }';
  expect((await postern.post(update, { input: policy }, postern.owner.session)).errors).toEqual([]);
  await page.goto(tokenPath);
  const restrictions = page.getByRole('list', { name: 'Restrictions' });
  await restrictions.getByText('token policy').waitFor();
  expect(await restrictions.getByText('refund all').count()).toBe(1);
  const statusRow = page.locator('.status-row');
  await statusRow.getByText('Blocked in Main').waitFor();
  await statusRow
    .getByText(/^Can .+ It can't do anything in Main now, because the token policy there blocks it\.$/)
    .waitFor();
  await page.goto('/tokens');
  await page.getByRole('row', { name: 'Refunds' }).getByText('Blocked in Main').waitFor();
});
