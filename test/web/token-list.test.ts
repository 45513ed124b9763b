import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import type { Person } from '../support/app.ts';
import { createToken } from './support/api.ts';
import { type ConsoleTest, startConsole } from './support/console.ts';

const SECOND = 1000;

let web: ConsoleTest;
let person: Person;

async function make(name: string, input: Record<string, unknown> = {}): Promise<string> {
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
  await make('Over', { expires: { after: 'PT1S' } });
  web.wire.postern.advance(2 * SECOND);
  await make('Soon over', { expires: { after: 'P3D' } });
  await change('disableToken', await make('Stopped', { description: 'Waits for the audit' }));
  await change('revokeToken', await make('Dead'));
  for (let count = 1; count <= 20; count += 1) await make(`Worker ${String(count).padStart(2, '0')}`);
});
afterEach(() => web.expectNoComplaints());
afterAll(() => web.stop());

const rows = (page: Page) => page.getByRole('table', { name: 'Access tokens' }).getByRole('row');
const names = (page: Page) => page.locator('.data-name a').allTextContents();

test('the counters tell how many tokens stand in each state', async () => {
  const { page } = await web.visit(person);
  const counters = page.locator('.counters');
  await counters.waitFor();
  expect(await counters.locator('dt').allTextContents()).toEqual([
    'Total',
    'Active',
    'Disabled',
    'Expiring soon',
    'Expired',
  ]);
  expect(await counters.locator('dd').allTextContents()).toEqual(['24', '21', '1', '1', '1']);
});

test('the status filter narrows the list, and stays in the address', async () => {
  const { page } = await web.visit(person);
  for (const [status, name] of [
    ['EXPIRED', 'Over'],
    ['DISABLED', 'Stopped'],
    ['REVOKED', 'Dead'],
  ] as const) {
    await page.getByLabel('Status').selectOption(status);
    await page.getByText('1 token', { exact: true }).waitFor();
    expect(await names(page)).toEqual([name]);
  }
  await page.reload();
  await page.getByText('1 token', { exact: true }).waitFor();
  expect(await names(page)).toEqual(['Dead']);
});

test('the search matches names and descriptions, and what is typed is in no address', async () => {
  const { page } = await web.visit(person);
  await page.getByRole('searchbox').fill('audit');
  await page.getByText('1 token', { exact: true }).waitFor();
  expect(await names(page)).toEqual(['Stopped']);
  expect(page.url()).not.toContain('audit');
  await page.getByRole('searchbox').fill('nothing is called that');
  await page.getByText('No matching tokens').waitFor();
});

test('headings sort, and tell in which direction', async () => {
  const { page } = await web.visit(person);
  await page.getByRole('button', { name: 'Name' }).click();
  await page
    .getByRole('columnheader', { name: 'Name', exact: true })
    .and(page.locator('[aria-sort=ascending]'))
    .waitFor();
  await page.getByRole('link', { name: 'Dead' }).waitFor();
  expect((await names(page))[0]).toBe('Dead');
  await page.getByRole('button', { name: 'Name' }).click();
  await page.locator('[aria-sort=descending]').waitFor();
  await page.getByRole('link', { name: 'Worker 20' }).waitFor();
  expect((await names(page))[0]).toBe('Worker 20');
});

test('pages lead on and back, and hold their place while one looks at a token', async () => {
  const { page } = await web.visit(person);
  await page.getByRole('button', { name: 'Next' }).click();
  await page.getByRole('link', { name: 'Soon over' }).waitFor();
  expect(await names(page)).toEqual(['Dead', 'Stopped', 'Soon over', 'Over']);
  await page.getByRole('link', { name: 'Soon over' }).click();
  await page.getByRole('heading', { name: 'Soon over' }).waitFor();
  await page.goBack();
  await page.getByRole('link', { name: 'Soon over' }).waitFor();
  await page.getByRole('button', { name: 'Previous' }).click();
  await page.getByRole('link', { name: 'Worker 20' }).waitFor();
  expect(await rows(page).count()).toBe(21);
});

test('columns are hidden at once, and the browser remembers', async () => {
  const { page } = await web.visit(person);
  const heading = page.getByRole('columnheader', { name: 'Last used' });
  await heading.waitFor();
  await page.getByRole('button', { name: 'Columns' }).click();
  await page.getByRole('menuitemcheckbox', { name: 'Last used' }).click();
  await heading.waitFor({ state: 'detached' });
  await page.reload();
  await page.getByRole('columnheader', { name: 'Created' }).waitFor();
  expect(await heading.count()).toBe(0);
});

test('each row says how its token stands, and the exact time shows on hover', async () => {
  const { page } = await web.visit(person);
  await page.getByRole('button', { name: 'Next' }).click();
  const over = page.getByRole('row', { name: /^Over/ });
  await over.getByText('Never used').waitFor();
  const time = over.locator('time.expiry-over');
  expect(await time.textContent()).toMatch(/^Expired/);
  expect(await time.getAttribute('title')).toMatch(/\d{1,2}:\d{2}:\d{2}/);
  expect(
    await page
      .getByRole('row', { name: /^Soon over/ })
      .locator('.expiry-soon')
      .textContent(),
  ).toBe('in 2 days');
  const stopped = page.getByRole('row', { name: /^Stopped/ });
  expect(
    await stopped
      .locator('td')
      .first()
      .evaluate((cell) => getComputedStyle(cell).opacity),
  ).toBe('0.7');
  await stopped.getByText('Disabled').waitFor();
});

test('a row offers what makes sense for its token', async () => {
  const { page } = await web.visit(person);
  await page.getByRole('button', { name: 'Next' }).click();
  for (const [name, actions] of [
    ['Dead', ['View', 'Edit', 'Regenerate', 'Delete']],
    ['Stopped', ['View', 'Edit', 'Regenerate', 'Enable', 'Revoke', 'Delete']],
    ['Soon over', ['View', 'Edit', 'Regenerate', 'Disable', 'Revoke', 'Delete']],
  ] as const) {
    await page.getByRole('button', { name: `Actions for ${name}`, exact: true }).click();
    await page.getByRole('menuitem', { name: 'View' }).waitFor();
    expect(await page.getByRole('menuitem').allTextContents()).toEqual([...actions]);
    await page.keyboard.press('Escape');
    await page.getByRole('menu').waitFor({ state: 'detached' });
  }
});
