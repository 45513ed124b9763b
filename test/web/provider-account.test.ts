import type { Page } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { freePort } from '../support/free-port.ts';
import { startTestProvider, type TestProvider } from '../support/oidc-provider.ts';
import { type ConsoleTest, startConsole } from './support/console.ts';
import { revealSecret } from './support/secrets.ts';

const ASKED = { name: 'Confirm who you are' };

let provider: TestProvider;
let web: ConsoleTest;

beforeAll(async () => {
  const port = await freePort();
  const origin = `http://127.0.0.1:${port}`;
  provider = await startTestProvider({ names: ['corp'], origins: [origin] });
  for (const sub of ['ada', 'bob', 'eve']) {
    provider.people.set(sub, { email: `${sub}@corp.example`, email_verified: true, name: sub });
  }
  web = await startConsole({
    ...provider.env('corp', origin),
    POSTERN_OIDC_CORP_LABEL: 'Example Corp',
    POSTERN_OIDC_CORP_PROVISION: 'on',
    PORT: String(port),
  });
});
afterAll(async () => {
  await web.stop();
  await provider.close();
});
beforeEach(() => {
  const { postern } = web.wire;
  // The provider states by the clock of the machine when a person signed in.
  postern.advance(Date.now() - postern.now());
});

async function signInAtProvider(page: Page, person: string): Promise<void> {
  await page.getByLabel('Person').fill(person);
  await page.getByRole('button', { name: 'Continue' }).click();
}

/** Opens a page of the console as a person who has only an identity at the provider. */
async function visitAs(person: string, path: string): Promise<Page> {
  const { page } = await web.visit();
  await page.goto(path);
  await page.getByRole('link', { name: 'Sign in with Example Corp' }).click();
  await signInAtProvider(page, person);
  await page.waitForURL((url) => url.pathname === path);
  return page;
}

/** Clicks a button that opens a window, and returns the window. */
async function openWindow(page: Page, button: string): Promise<Page> {
  const opened = page.waitForEvent('popup');
  await page.getByRole('dialog').getByRole('button', { name: button }).click();
  return opened;
}

/** Makes every session one that signed in long ago. */
async function ageSessions(): Promise<void> {
  await web.wire.postern.database.db.updateTable('sessions').set({ authenticated_at: 0 }).execute();
}

test('a person without a password confirms at the provider, and what was being done continues', async () => {
  const page = await visitAs('ada', '/workspaces');
  await page.getByRole('button', { name: 'New workspace' }).first().click();
  await page.getByRole('dialog').getByLabel('Name').fill('Of Ada');
  await page.getByRole('dialog').getByRole('button', { name: 'Create workspace' }).click();
  await page.getByRole('heading', { name: 'Of Ada' }).waitFor();
  const workspace = /^\/workspaces\/[^/]+/.exec(new URL(page.url()).pathname)?.[0];
  await page.goto(`${workspace}/access-tokens/new`);
  await page.getByLabel('Name').fill('Typed with care');
  await page.getByLabel('Role', { exact: true }).selectOption('ADMINISTRATOR');
  await ageSessions();
  await page.getByRole('button', { name: 'Create token' }).click();
  const dialog = page.getByRole('dialog', ASKED);
  await dialog.getByRole('button', { name: 'Confirm with Example Corp' }).waitFor();
  expect(await dialog.getByLabel('Password').count()).toBe(0);

  const stranger = await openWindow(page, 'Confirm with Example Corp');
  await signInAtProvider(stranger, 'eve');
  await stranger.getByText('You signed in as someone who is not linked to your account here.').waitFor();
  const strangerClosed = stranger.waitForEvent('close');
  await stranger.getByRole('button', { name: 'Close this window' }).click();
  await strangerClosed;

  const other = await openWindow(page, 'Confirm with Example Corp');
  const closed = other.waitForEvent('close');
  await signInAtProvider(other, 'ada');
  await closed;
  expect(await revealSecret(page, 'Your new token')).toMatch(/^wst_/);
  await page.getByRole('heading', { name: 'Typed with care' }).waitFor();
});

test('a user links an identity, sees both accounts, and unlinks it', async () => {
  const owner = await web.wire.postern.person('Linda');
  const { page } = await web.visit(owner, { path: '/account' });
  await page.getByRole('link', { name: 'Link identity at Example Corp' }).click();
  await signInAtProvider(page, 'bob');
  await page.getByRole('heading', { name: 'Link an identity' }).waitFor();
  await page.getByText('Linda (linda@example.com)').waitFor();
  await page.getByText('bob@corp.example').waitFor();
  await ageSessions();
  await page.getByRole('button', { name: 'Link identity' }).click();
  const dialog = page.getByRole('dialog', ASKED);
  await dialog.getByLabel('Password').fill(owner.password);
  await dialog.getByRole('button', { name: 'Confirm', exact: true }).click();
  const row = page.getByRole('table', { name: 'Identities' }).getByRole('row', { name: 'Example Corp' });
  await row.getByText('bob').waitFor();

  await ageSessions();
  await row.getByRole('button', { name: 'Unlink' }).click();
  await dialog.getByRole('button', { name: 'Confirm with Example Corp' }).waitFor();
  await dialog.getByLabel('Password').fill(owner.password);
  await dialog.getByRole('button', { name: 'Confirm', exact: true }).click();
  await page.getByText('None is linked.').waitFor();
});

test('the last way in cannot be unlinked, and there is no password to change', async () => {
  const page = await visitAs('ada', '/account');
  const table = page.getByRole('table', { name: 'Identities' });
  const button = table.getByRole('button', { name: 'Unlink' });
  expect(await button.getAttribute('title')).toBe('This is your only way to sign in.');
  await button.click({ force: true });
  expect(await table.getByText('Example Corp').count()).toBe(1);
  expect(await page.getByRole('heading', { name: 'Password' }).count()).toBe(0);
});

test('a session that ended is continued at the provider, without losing what was entered', async () => {
  const page = await visitAs('ada', '/tokens/new');
  await page.getByLabel('Name').fill('Not lost');
  await page.getByLabel('Full access').check();
  await web.wire.postern.database.db.deleteFrom('sessions').execute();
  await page.getByRole('button', { name: 'Create token' }).click();
  const dialog = page.getByRole('dialog', { name: 'Your session ended' });
  // The provider still knows the person, so the window closes without a question.
  await openWindow(page, 'Sign in with Example Corp');
  await dialog.waitFor({ state: 'hidden' });
  expect(await page.getByLabel('Name').inputValue()).toBe('Not lost');
  await page.getByRole('button', { name: 'Create token' }).click();
  expect(await revealSecret(page, 'Your new token')).toMatch(/^pat_/);
});

test('a sign-out leads to the provider and back', async () => {
  const page = await visitAs('eve', '/tokens');
  await page.getByRole('button', { name: 'Account of eve' }).click();
  await page.getByRole('menuitem', { name: 'Sign out' }).click();
  await page.getByRole('button', { name: 'Yes, sign me out' }).click();
  await page.waitForURL('**/sign-in');
  await page.getByRole('heading', { name: 'Sign in' }).waitFor();
});
