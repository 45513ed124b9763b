import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import type { Person } from '../support/app.ts';
import { createToken } from './support/api.ts';
import { type ConsoleTest, startConsole } from './support/console.ts';

const SECOND = 1000;

let web: ConsoleTest;
let person: Person;

async function create(name: string, input: Record<string, unknown> = {}): Promise<string> {
  const { id } = await createToken(web.wire.postern, person.session, { name, ...input });
  return id;
}

async function change(mutation: string, id: string): Promise<void> {
  await web.wire.postern.post(
    `mutation ($id: ID!) { ${mutation}(input: { id: $id }) { token { id } } }`,
    { id },
    person.session,
  );
}

beforeAll(async () => {
  web = await startConsole();
  person = await web.wire.postern.person('Lena');
  await create('Expired bot', { expires: { after: 'PT1S' } });
  web.wire.postern.advance(2 * SECOND);
  await create('Expiring bot', { expires: { after: 'P3D' } });
  await change('disableToken', await create('Disabled bot', { description: 'Waiting for the audit' }));
  await change('revokeToken', await create('Revoked bot'));
  for (let count = 1; count <= 20; count += 1) await create(`Worker ${String(count).padStart(2, '0')}`);
});
afterEach(() => web.expectNoComplaints());
afterAll(() => web.stop());

const rows = (page: Page) => page.getByRole('table', { name: 'Access tokens' }).getByRole('row');
const names = (page: Page) => page.locator('.data-name a').allTextContents();

test('the counters show the number of tokens in each status, and filter the list', async () => {
  const { page } = await web.visit(person, { path: '/tokens' });
  const counters = page.locator('.counters');
  await counters.waitFor();
  expect(await counters.locator('.counter-title').allTextContents()).toEqual([
    'Total',
    'Active',
    'Disabled',
    'Expiring soon',
    'Expired',
  ]);
  expect(await counters.locator('.counter-number').allTextContents()).toEqual(['24', '21', '1', '1', '1']);
  await counters.getByRole('button', { name: 'Expiring soon' }).click();
  await page.getByText('1 token', { exact: true }).waitFor();
  expect(await names(page)).toEqual(['Expiring bot']);
  await counters.getByRole('button', { name: 'Total' }).click();
  await page.getByText('1–20 of 24 tokens').waitFor();
});

test('the status filter narrows the list and is stored in the URL', async () => {
  const { page } = await web.visit(person, { path: '/tokens' });
  for (const [status, name] of [
    ['EXPIRED', 'Expired bot'],
    ['DISABLED', 'Disabled bot'],
    ['REVOKED', 'Revoked bot'],
  ] as const) {
    await page.getByLabel('Status').selectOption(status);
    await page.getByRole('link', { name }).waitFor();
    await page.getByText('1 token', { exact: true }).waitFor();
    expect(await names(page)).toEqual([name]);
  }
  await page.reload();
  await page.getByText('1 token', { exact: true }).waitFor();
  expect(await names(page)).toEqual(['Revoked bot']);
});

test('the search matches names and descriptions, and its text is not in the URL', async () => {
  const { page } = await web.visit(person, { path: '/tokens' });
  await page.getByRole('searchbox').fill('audit');
  await page.getByText('1 token', { exact: true }).waitFor();
  expect(await names(page)).toEqual(['Disabled bot']);
  expect(page.url()).not.toContain('audit');
  await page.getByRole('searchbox').fill('no such token');
  await page.getByText('No matching tokens').waitFor();
});

test('headings sort the list and announce the direction', async () => {
  const { page } = await web.visit(person, { path: '/tokens' });
  await page.getByRole('button', { name: 'Name' }).click();
  await page
    .getByRole('columnheader', { name: 'Name', exact: true })
    .and(page.locator('[aria-sort=ascending]'))
    .waitFor();
  await page.getByRole('link', { name: 'Disabled bot' }).waitFor();
  expect((await names(page))[0]).toBe('Disabled bot');
  await page.getByRole('button', { name: 'Name' }).click();
  await page.locator('[aria-sort=descending]').waitFor();
  await page.getByRole('link', { name: 'Worker 20' }).waitFor();
  expect((await names(page))[0]).toBe('Worker 20');

  // On a phone, the headings that sort are above the cards, and the others are hidden.
  await page.setViewportSize({ width: 320, height: 640 });
  const shown = page.getByRole('columnheader').filter({ visible: true });
  const widths = await shown.evaluateAll((all) =>
    all.filter((each) => each.clientWidth > 1).map((each) => each.textContent),
  );
  expect(widths).toEqual(['', 'Name', 'Created', 'Expires', 'Last used']);
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(320);
  await page.getByRole('button', { name: 'Created' }).click();
  await page.getByRole('columnheader', { name: 'Created' }).and(page.locator('[aria-sort]')).waitFor();
});

test('pages go forward and back, and keep their position after a visit to a token', async () => {
  const { page } = await web.visit(person, { path: '/tokens' });
  await page.getByRole('button', { name: 'Next' }).click();
  await page.getByRole('link', { name: 'Expiring bot' }).waitFor();
  await page.getByText('21–24 of 24 tokens').waitFor();
  expect(await names(page)).toEqual(['Revoked bot', 'Disabled bot', 'Expiring bot', 'Expired bot']);
  await page
    .getByRole('row', { name: /Expiring bot/ })
    .getByText('Never used')
    .click();
  await page.getByRole('heading', { name: 'Expiring bot' }).waitFor();
  await page.goBack();
  await page.getByRole('link', { name: 'Expiring bot' }).waitFor();
  await page.getByRole('button', { name: 'Previous' }).click();
  await page.getByRole('link', { name: 'Worker 20' }).waitFor();
  expect(await rows(page).count()).toBe(21);
});

test('columns are hidden immediately, and the browser stores the choice', async () => {
  const { page } = await web.visit(person, { path: '/tokens' });
  const heading = page.getByRole('columnheader', { name: 'Last used' });
  await heading.waitFor();
  await page.getByRole('button', { name: 'Columns' }).click();
  await page.getByRole('menuitemcheckbox', { name: 'Last used' }).click();
  await heading.waitFor({ state: 'detached' });
  await page.reload();
  await page.getByRole('columnheader', { name: 'Created' }).waitFor();
  expect(await heading.count()).toBe(0);
});

test('each row shows the status of its token, and the exact time on hover', async () => {
  const { page } = await web.visit(person, { path: '/tokens' });
  await page.getByRole('button', { name: 'Next' }).click();
  const expired = page.getByRole('row', { name: /Expired bot/ });
  await expired.getByText('Never used').waitFor();
  const time = expired.locator('time.expiry-expired');
  expect(await time.textContent()).toMatch(/^Expired/);
  expect(await time.getAttribute('title')).toMatch(/\d{1,2}:\d{2}:\d{2}/);
  expect(
    await page
      .getByRole('row', { name: /Expiring bot/ })
      .locator('.expiry-soon')
      .textContent(),
  ).toBe('in 3 days');
  const disabled = page.getByRole('row', { name: /Disabled bot/ });
  expect(await disabled.locator('td.data-name').evaluate((cell) => getComputedStyle(cell).opacity)).toBe(
    '0.7',
  );
  await disabled.getByText('Disabled', { exact: true }).waitFor();
});

test('a row offers the actions that apply to its token', async () => {
  const { page } = await web.visit(person, { path: '/tokens' });
  await page.getByRole('button', { name: 'Next' }).click();
  for (const [name, actions] of [
    ['Revoked bot', ['View', 'Copy identifier', 'Duplicate', 'Edit', 'Regenerate', 'Delete']],
    [
      'Disabled bot',
      ['View', 'Copy identifier', 'Duplicate', 'Edit', 'Regenerate', 'Enable', 'Revoke', 'Delete'],
    ],
    [
      'Expiring bot',
      ['View', 'Copy identifier', 'Duplicate', 'Edit', 'Regenerate', 'Disable', 'Revoke', 'Delete'],
    ],
  ] as const) {
    await page.getByRole('button', { name: `Actions for ${name}`, exact: true }).click();
    await page.getByRole('menuitem', { name: 'View' }).waitFor();
    expect(await page.getByRole('menuitem').allTextContents()).toEqual([...actions]);
    await page.keyboard.press('Escape');
    await page.getByRole('menu').waitFor({ state: 'detached' });
  }
});

test('several tokens are disabled and deleted together, also after a failure', async () => {
  const several = await web.wire.postern.person('Sven');
  for (const name of ['One', 'Two', 'Three']) await createToken(web.wire.postern, several.session, { name });
  const { page } = await web.visit(several, { path: '/tokens' });
  const bulk = page.getByRole('group', { name: 'Selected tokens' });
  await page.getByLabel('Select One').check();
  await page.getByLabel('Select Three').check();
  await bulk.getByRole('button', { name: 'Disable' }).click();
  await page
    .getByRole('dialog', { name: 'Disable 2 tokens' })
    .getByRole('button', { name: 'Disable' })
    .click();
  await page.getByRole('row', { name: /Three/ }).getByText('Disabled', { exact: true }).waitFor();
  await page.getByLabel('Select all tokens on this page').check();
  await bulk.getByRole('button', { name: 'Delete' }).click();
  let deletions = 0;
  await page.route('**/graphql', (route) => {
    const isDeletion = route.request().postData()?.includes('mutation DeleteToken');
    if (isDeletion) deletions += 1;
    const errors = [{ message: 'Try again later.', extensions: { code: 'UNAVAILABLE' } }];
    return isDeletion && deletions === 2 ? route.fulfill({ json: { errors } }) : route.fallback();
  });
  const dialog = page.getByRole('dialog', { name: 'Delete 3 tokens' });
  await dialog.getByRole('button', { name: 'Delete' }).click();
  await dialog.getByText('1 of 3 deleted').waitFor();
  // The second attempt does not delete the first token again.
  await dialog.getByRole('button', { name: 'Delete' }).click();
  await page.getByText('You have no tokens yet').waitFor();
  expect(deletions).toBe(4);
  expect(await page.evaluate(() => document.activeElement?.tagName)).not.toBe('BODY');
});

test('a menu stays open and below its button while the page scrolls', async () => {
  const { page } = await web.visit(person, { path: '/tokens', viewport: { width: 1280, height: 900 } });
  const button = page.getByRole('button', { name: 'Actions for Worker 20' });
  await button.click();
  const distance = async () => {
    const [anchor, menu] = [await button.boundingBox(), await page.locator('.menu').boundingBox()];
    return menu && anchor && menu.y - anchor.y;
  };
  const before = await distance();
  const top = (await button.boundingBox())?.y ?? 0;
  await page.evaluate(() => window.scrollBy(0, 40));
  await expect.poll(async () => (await button.boundingBox())?.y).toBe(top - 40);
  await expect.poll(distance).toBe(before);
});
