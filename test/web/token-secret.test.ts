import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { callWith, createToken } from './support/api.ts';
import { type ConsoleTest, startConsole } from './support/console.ts';
import { revealSecret } from './support/secrets.ts';

let web: ConsoleTest;

beforeAll(async () => {
  web = await startConsole();
});
afterEach(() => web.expectNoComplaints());
afterAll(() => web.stop());

/** Creates a token on the page. Returns the secret in the banner. */
async function createOnPage(page: Page, name: string): Promise<string> {
  await page.goto('/tokens/new');
  await page.getByLabel('Name').fill(name);
  await page.getByLabel('Full access').check();
  await page.getByRole('button', { name: 'Create token' }).click();
  return revealSecret(page, 'Your new token');
}

/** Returns everything in which a page could leave a secret. */
function traces(page: Page): Promise<string> {
  return page.evaluate(() =>
    JSON.stringify([
      location.href,
      history.state,
      { ...localStorage },
      { ...sessionStorage },
      document.cookie,
      document.documentElement.outerHTML,
    ]),
  );
}

test('a secret is hidden until it is revealed, and each copy contains it', async () => {
  const { page } = await web.visit(web.wire.postern.owner);
  await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
  await page.goto('/tokens/new');
  await page.getByLabel('Name').fill('Copied');
  await page.getByRole('button', { name: 'Full access' }).click();
  await page.getByRole('status').getByText('Can do everything you can with workspaces').waitFor();
  await page.getByRole('button', { name: 'Create token' }).click();
  const banner = page.getByRole('region', { name: 'Your new token' });
  expect(await banner.locator('code').textContent()).toMatch(/^pat_•+$/);
  expect(await traces(page)).not.toMatch(/pat_[0-9A-Za-z]{49}/);
  const asked: string[] = [];
  page.on('dialog', (dialog) => {
    asked.push(dialog.type());
    void dialog.accept();
  });
  await page.reload();
  expect(asked).toEqual(['beforeunload']);
  const secret = await createOnPage(page, 'Copied again');
  const clipboard = () => page.evaluate(() => navigator.clipboard.readText());
  for (const [name, text] of [
    ['Copy', secret],
    ['.env line', `POSTERN_TOKEN=${secret}`],
    ['gh secret set', `gh secret set POSTERN_TOKEN --body ${secret}`],
  ] as const) {
    await banner.getByRole('button', { name, exact: true }).click();
    expect(await clipboard()).toBe(text);
  }
  await banner.getByRole('button', { name: 'curl' }).click();
  expect(await clipboard()).toContain(`Authorization: Bearer ${secret}`);
  await page.getByRole('link', { name: 'Workspaces' }).click();
  await page.getByRole('heading', { name: 'Workspaces' }).waitFor();
  expect(await page.getByRole('dialog').count()).toBe(0);
});

/** Opens a token's page and starts one of its actions. */
async function start(page: Page, id: string, action: string): Promise<void> {
  await page.goto(`/tokens/${id}`);
  await page.getByRole('button', { name: action, exact: true }).click();
}

async function confirm(page: Page, action: string): Promise<void> {
  await page.getByRole('dialog').getByRole('button', { name: action, exact: true }).click();
}

test('a new secret works and is shown on the page of its token until a reload', async () => {
  const { page } = await web.visit(web.wire.postern.owner);
  const secret = await createOnPage(page, 'Shown once');
  expect(secret).toMatch(/^pat_[0-9A-Za-z]{49}$/);
  expect(new URL(page.url()).pathname).toMatch(/^\/tokens\/tok_/);
  await page.getByText("You won't be able to see it again").waitFor();
  expect(await callWith(web.wire.postern, secret)).toEqual([200, undefined]);
  await page.reload();
  await page.getByRole('heading', { name: 'Shown once' }).waitFor();
  expect(await traces(page)).not.toContain(secret);
});

test('a secret is in no URL, history or storage, and disappears with its page', async () => {
  const { page } = await web.visit(web.wire.postern.owner);
  const secret = await createOnPage(page, 'Leaves no trace');
  const stored = await page.evaluate(() =>
    JSON.stringify([location.href, history.state, { ...localStorage }, { ...sessionStorage }]),
  );
  expect(stored).not.toContain(secret);
  const back = page.url();
  await page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'Access tokens' }).click();
  await page.getByRole('table', { name: 'Access tokens' }).waitFor();
  expect(await traces(page)).not.toContain(secret);
  const question = page.getByRole('dialog', { name: "You haven't copied the secret" });
  await question.getByRole('button', { name: 'Go back' }).click();
  await page.getByRole('heading', { name: 'Leaves no trace' }).waitFor();
  expect(page.url()).toBe(back);
  expect(await revealSecret(page, 'Your new token')).toBe(secret);
  await page.goBack();
  await question.getByRole('button', { name: 'Discard it' }).click();
  await page.goto(back);
  await page.getByRole('heading', { name: 'Leaves no trace' }).waitFor();
  expect(await traces(page)).not.toContain(secret);
});

test('editing keeps the secret', async () => {
  const { postern } = web.wire;
  const { page } = await web.visit(postern.owner);
  const { id, secret } = await createToken(postern, postern.owner.session, {
    name: 'Before',
    access: 'FULL',
  });
  await start(page, id, 'Edit');
  await page.getByRole('dialog').getByLabel('Name').fill('After');
  await confirm(page, 'Save');
  await page.getByRole('heading', { name: 'After' }).waitFor();
  expect(await callWith(postern, secret)).toEqual([200, undefined]);
});

test('regenerating shows a new secret and invalidates the old one', async () => {
  const { postern } = web.wire;
  const { page } = await web.visit(postern.owner);
  const { id, secret } = await createToken(postern, postern.owner.session, {
    name: 'Renewed',
    access: 'FULL',
  });
  await start(page, id, 'Regenerate');
  await page.getByText('Anything using the current secret stops working').waitFor();
  await confirm(page, 'Regenerate');
  const next = await revealSecret(page, 'Your new secret');
  expect(await callWith(postern, next)).toEqual([200, undefined]);
  expect(await callWith(postern, secret)).toEqual([401, 'INVALID_TOKEN']);
});

test('with an overlap, the old secret works until the new one is used', async () => {
  const { postern } = web.wire;
  const { page } = await web.visit(postern.owner);
  const { id, secret } = await createToken(postern, postern.owner.session, {
    name: 'Handed over',
    access: 'FULL',
  });
  await start(page, id, 'Regenerate');
  await page.getByRole('dialog').getByLabel('Overlap').selectOption('P1D');
  await confirm(page, 'Regenerate');
  await page.getByRole('region', { name: 'Your new secret' }).waitFor();
  await page.reload();
  await page.getByRole('heading', { name: 'Handed over' }).waitFor();
  await page.getByText(/^The old secret stops working in (1 day|24 hours), or as soon as/).waitFor();
  expect(await callWith(postern, secret)).toEqual([200, undefined]);
  await page.getByRole('button', { name: 'End now' }).click();
  await page.getByText('The old secret no longer works').waitFor();
  expect(await callWith(postern, secret)).toEqual([401, 'INVALID_TOKEN']);
});

test('revoking names the token and the consequence, and then offers to regenerate it', async () => {
  const { postern } = web.wire;
  const { page } = await web.visit(postern.owner);
  const { id, secret } = await createToken(postern, postern.owner.session, { name: 'Ended', access: 'FULL' });
  await start(page, id, 'Revoke');
  await page.getByRole('dialog', { name: 'Revoke “Ended”' }).getByText('stop working permanently').waitFor();
  await confirm(page, 'Revoke');
  await page.getByText('Revoked on').waitFor();
  expect(await page.getByRole('button', { name: 'Revoke' }).count()).toBe(0);
  await page.getByRole('button', { name: 'Regenerate' }).waitFor();
  expect(await callWith(postern, secret)).toEqual([401, 'TOKEN_REVOKED']);
});

test('disabling stops a secret, and enabling makes the same secret work again', async () => {
  const { postern } = web.wire;
  const { page } = await web.visit(postern.owner);
  const { id, secret } = await createToken(postern, postern.owner.session, {
    name: 'Paused',
    access: 'FULL',
  });
  await start(page, id, 'Disable');
  await confirm(page, 'Disable');
  await page.getByText('Disabled on').waitFor();
  expect(await callWith(postern, secret)).toEqual([401, 'TOKEN_DISABLED']);
  await page.getByRole('button', { name: 'Enable' }).first().click();
  await confirm(page, 'Enable');
  await page.getByText('Can do everything you can with workspaces').waitFor();
  expect(await callWith(postern, secret)).toEqual([200, undefined]);
});

test('a deleted token disappears from its list', async () => {
  const { postern } = web.wire;
  const { page } = await web.visit(postern.owner);
  const { id, secret } = await createToken(postern, postern.owner.session, {
    name: 'Thrown away',
    access: 'FULL',
  });
  await start(page, id, 'Delete');
  await confirm(page, 'Delete');
  await page.getByText('“Thrown away” deleted').waitFor();
  await page.getByRole('table', { name: 'Access tokens' }).waitFor();
  expect(await page.getByRole('link', { name: 'Thrown away' }).count()).toBe(0);
  expect(await callWith(postern, secret)).toEqual([401, 'INVALID_TOKEN']);
});

test('deleting all tokens requires typing, and leaves an empty state', async () => {
  const { postern } = web.wire;
  const person = await postern.person('Dora');
  const { secret } = await createToken(postern, person.session, { name: 'One of all', access: 'FULL' });
  const { page } = await web.visit(person, { path: '/tokens' });
  await page.getByRole('button', { name: 'Delete all' }).click();
  const button = page.getByRole('dialog').getByRole('button', { name: 'Delete all' });
  expect(await button.isDisabled()).toBe(true);
  await page.getByLabel('Type “delete all” to confirm').fill('delete all');
  await button.click();
  await page.getByText('You have no tokens yet').waitFor();
  expect(await callWith(postern, secret)).toEqual([401, 'INVALID_TOKEN']);
});
