import type { Page, Route } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import type { Person } from '../support/app.ts';
import { createChannel } from '../support/channels.ts';
import { createToken } from './support/api.ts';
import { type ConsoleTest, startConsole } from './support/console.ts';

let web: ConsoleTest;
beforeAll(async () => {
  web = await startConsole();
});
afterEach(() => web.expectNoComplaints());
afterAll(() => web.stop());

const operationOf = (route: Route): string => route.request().postDataJSON().operationName;

/** Returns the operations that a page sends from now on. */
async function watchOperations(page: Page): Promise<string[]> {
  const sent: string[] = [];
  await page.route('**/graphql', (route) => {
    sent.push(operationOf(route));
    return route.fallback();
  });
  return sent;
}

/** Returns to the page, as after a visit to another window a minute ago. */
async function returnTo(page: Page): Promise<void> {
  await page.evaluate(() => {
    const now = Date.now() + 60_000;
    Date.now = () => now;
    window.dispatchEvent(new Event('focus'));
  });
}

async function change(person: Person, mutation: string): Promise<void> {
  const { errors } = await web.wire.postern.post(`mutation { ${mutation} }`, {}, person.session);
  expect(errors).toEqual([]);
}

test('a change sends the queries again that it can have changed, and no others', async () => {
  const person = await web.wire.postern.person('Nora');
  const { id } = await createToken(web.wire.postern, person.session, { name: 'Narrow' });
  const { page } = await web.visit(person);
  await page.goto(`/tokens/${id}`);
  await page.getByRole('table', { name: 'Audit log' }).waitFor();
  await page.waitForLoadState('networkidle');
  const sent = await watchOperations(page);
  await page.getByRole('button', { name: 'Disable' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Disable' }).click();
  await page.getByText('Token disabled').waitFor();
  await page.waitForLoadState('networkidle');
  expect(sent.sort()).toEqual(['DisableToken', 'Token', 'TokenAbilities', 'TokenHistory']);
});

test('a list that was on its way during a change is read again', async () => {
  const { postern } = web.wire;
  const person = await postern.person('Bruno');
  for (const name of ['First', 'Second']) await createToken(postern, person.session, { name });
  const { page } = await web.visit(person, { path: '/tokens' });
  await page.getByLabel('Select all tokens on this page').check();
  let changed = 0;
  let release = () => {};
  const last = new Promise<void>((resolve) => {
    release = resolve;
  });
  await page.route('**/graphql', async (route) => {
    const response = await route.fetch();
    const operation = operationOf(route);
    // The list after the first change is slow: the second change overtakes it.
    if (operation === 'Tokens' && changed === 1) await last;
    await route.fulfill({ response });
    if (operation !== 'DisableToken') return;
    changed += 1;
    if (changed === 2) setTimeout(release, 100);
  });
  await page.getByRole('button', { name: 'Disable', exact: true }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Disable' }).click();
  await page.getByText('2 tokens disabled').waitFor();
  await expect.poll(() => page.locator('.data-status').allTextContents()).toEqual(['Disabled', 'Disabled']);
});

test('a policy that is being edited keeps what someone else changes, and survives a reload', async () => {
  const { postern } = web.wire;
  const [ada, bea] = [await postern.person('Ada'), await postern.person('Bea')];
  const workspaceId = await postern.workspace('Shared', [
    [ada, 'ADMINISTRATOR'],
    [bea, 'ADMINISTRATOR'],
  ]);
  const { page, open } = await web.visit(ada);
  await open(`/workspaces/${workspaceId}/token-policy`);
  await page.getByLabel('Maximum lifetime in days').fill('90');
  const forbid = `updateTokenPolicy(input: { workspaceId: "${workspaceId}", personalTokens: FORBIDDEN })`;
  await change(bea, `${forbid} { workspace { id } }`);
  await returnTo(page);
  const allowed = page.getByLabel('Personal tokens can access this workspace');
  await expect.poll(() => allowed.isChecked()).toBe(false);
  await page.reload();
  await page.getByText('What you entered before is back.').waitFor();
  expect(await page.getByLabel('Maximum lifetime in days').inputValue()).toBe('90');
  await page.getByRole('button', { name: 'Save policy' }).click();
  await page.getByText('Token policy saved').waitFor();
  const query = `{ workspace(id: "${workspaceId}") { tokenPolicy { personalTokens maxLifetime } } }`;
  const { data } = await postern.post(query, {}, ada.session);
  expect(data.workspace.tokenPolicy).toEqual({ personalTokens: 'FORBIDDEN', maxLifetime: 'P90D' });
  await page.getByText('What you entered before is back.').waitFor({ state: 'detached' });
  await page.reload();
  await allowed.waitFor();
  expect(await page.getByText('What you entered before is back.').count()).toBe(0);
});

test('a dialog that is open does not undo what someone else changes', async () => {
  const { postern } = web.wire;
  const person = await postern.person('Cleo');
  const { id } = await createToken(postern, person.session, { name: 'Before' });
  const { page } = await web.visit(person);
  await page.goto(`/tokens/${id}`);
  await page.getByRole('button', { name: 'Edit' }).click();
  await page.getByLabel('Description').fill('Typed here');
  await change(person, `updateToken(input: { id: "${id}", name: "After" }) { token { id } }`);
  await returnTo(page);
  await page.getByRole('heading', { name: 'After', level: 1 }).waitFor({ state: 'attached' });
  await page.getByRole('button', { name: 'Save' }).click();
  await page.getByRole('dialog').waitFor({ state: 'detached' });
  const token = await postern.post(`{ token(id: "${id}") { name description } }`, {}, person.session);
  expect(token.data.token).toEqual({ name: 'After', description: 'Typed here' });

  const workspaceId = await postern.workspace('Cleos', [[person, 'OWNER']]);
  const channel = await createChannel(postern, { workspaceId, by: person.session });
  await page.goto(`/channels/${channel}`);
  await page.getByRole('button', { name: 'Edit' }).click();
  await page.getByLabel('Description').fill('Typed here');
  await change(person, `updateChannel(input: { id: "${channel}", name: "renamed" }) { channel { id } }`);
  await page.getByRole('button', { name: 'Save' }).click();
  await page.getByRole('dialog').waitFor({ state: 'detached' });
  await page.getByRole('heading', { name: 'renamed' }).waitFor();
});
