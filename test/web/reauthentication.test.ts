import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import type { Person } from '../support/app.ts';
import { type ConsoleTest, startConsole } from './support/console.ts';
import { revealSecret } from './support/secrets.ts';

const LIFETIME = 10 * 60_000;
const ASKED = { name: 'Confirm who you are' };

let web: ConsoleTest;
let ada: Person;
let workspaceId: string;
beforeAll(async () => {
  web = await startConsole();
  ada = await web.wire.postern.person('Ada');
  workspaceId = await web.wire.postern.workspace('Old session', [[ada, 'OWNER']]);
});
afterAll(() => web.stop());
beforeEach(async () => {
  const session = await web.wire.postern.signIn(ada.email);
  ada = { ...ada, session };
  web.wire.postern.advance(LIFETIME);
});
afterEach(() => web.expectNoComplaints());

async function confirm(page: Page, password: string): Promise<void> {
  const dialog = page.getByRole('dialog', ASKED);
  await dialog.getByLabel('Password').fill(password);
  await dialog.getByRole('button', { name: 'Confirm' }).click();
}

async function fillTokenForm(page: Page): Promise<void> {
  await page.goto(`/workspaces/${workspaceId}/access-tokens/new`);
  await page.getByLabel('Name').fill('Typed with care');
  await page.getByLabel('Role', { exact: true }).selectOption('ADMINISTRATOR');
  await page.getByRole('button', { name: 'Create token' }).click();
}

test('a form that needs a recent sign-in asks for the password in place, and continues', async () => {
  const { page } = await web.visit(ada);
  await fillTokenForm(page);
  await confirm(page, 'wrong password');
  await page.getByRole('dialog', ASKED).getByText('This password is incorrect.').waitFor();
  await confirm(page, ada.password);
  expect(await revealSecret(page, 'Your new token')).toMatch(/^wst_/);
  await page.getByRole('heading', { name: 'Typed with care' }).waitFor();
});

test('who declines keeps what was entered, and can submit it again', async () => {
  const { page } = await web.visit(ada);
  await fillTokenForm(page);
  await page.getByRole('dialog', ASKED).getByRole('button', { name: 'Cancel' }).click();
  await page.getByRole('alert').getByText('Confirm who you are to do this.').waitFor();
  expect(await page.getByLabel('Name').inputValue()).toBe('Typed with care');
  await page.getByRole('button', { name: 'Create token' }).click();
  await confirm(page, ada.password);
  expect(await revealSecret(page, 'Your new token')).toMatch(/^wst_/);
});

test('the question opens over a dialog, which then finishes', async () => {
  const { page, open } = await web.visit(ada);
  await open(`/workspaces/${workspaceId}/settings`);
  await page.getByRole('button', { name: 'Delete workspace' }).click();
  const deletion = page.getByRole('dialog', { name: 'Delete Old session' });
  await deletion.getByRole('textbox').fill('Old session');
  await deletion.getByRole('button', { name: 'Delete workspace' }).click();
  await page.getByRole('dialog', ASKED).locator('input[type=password]:focus').waitFor();
  await page.keyboard.type(ada.password);
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { name: 'Workspaces', exact: true }).waitFor();
  expect(await page.getByRole('dialog').count()).toBe(0);
});
