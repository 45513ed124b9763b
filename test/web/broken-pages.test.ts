import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createToken } from './support/api.ts';
import { type ConsoleTest, startConsole } from './support/console.ts';

let web: ConsoleTest;

beforeAll(async () => {
  web = await startConsole();
});
afterAll(() => web.stop());

const SCRIPT = '**/assets/token-page-*.js';

/** Changes the response of one operation, as a server of another version might. */
async function tamper(page: Page, operation: string, change: (data: any) => void): Promise<void> {
  await page.route('**/graphql', async (route) => {
    if (!route.request().postData()?.includes(`"${operation}"`)) return route.fallback();
    const response = await route.fetch();
    const answer = await response.json();
    change(answer.data);
    return route.fulfill({ response, json: answer });
  });
}

const navigation = (page: Page) => page.getByRole('navigation', { name: 'Main' });

describe('a page that breaks', () => {
  test('shows an error inside the layout, and other pages still work', async () => {
    const { postern } = web.wire;
    const { id } = await createToken(postern, postern.owner.session, { name: 'Breaks' });
    const { page } = await web.visit(postern.owner);
    await tamper(page, 'Token', ({ token }) => {
      token.derived = {};
    });
    await page.goto(`/tokens/${id}`);
    await page.getByRole('heading', { name: 'Something went wrong' }).waitFor();
    await navigation(page).getByRole('link', { name: 'Workspaces' }).click();
    await page.getByRole('table', { name: 'Workspaces' }).waitFor();
    await page.goBack();
    await page.getByRole('heading', { name: 'Something went wrong' }).waitFor();
    await page.unroute('**/graphql');
    await page.getByRole('button', { name: 'Reload' }).click();
    await page.getByRole('heading', { name: 'Breaks' }).waitFor();
  });

  test('keeps the secret above it', async () => {
    const { page } = await web.visit(web.wire.postern.owner);
    await tamper(page, 'Token', ({ token }) => {
      token.derived = {};
    });
    await page.goto('/tokens/new');
    await page.getByLabel('Name').fill('Breaks later');
    await page.getByLabel('No access').check();
    await page.getByRole('button', { name: 'Create token' }).click();
    await page.getByRole('heading', { name: 'Something went wrong' }).waitFor();
    await page.getByRole('region', { name: 'Your new token' }).getByText(/^pat_/).waitFor();
  });

  test('shows an error even if the layout breaks', async () => {
    const { page } = await web.visit(web.wire.postern.owner);
    await tamper(page, 'Me', ({ viewer }) => {
      viewer.user.name = null;
    });
    await page.goto('/tokens');
    await page.getByRole('heading', { name: 'Something went wrong' }).waitFor();
  });
});

describe('a script that no longer exists on the server', () => {
  test('causes one reload, which loads the current script', async () => {
    const { page } = await web.visit(web.wire.postern.owner);
    await createToken(web.wire.postern, web.wire.postern.owner.session, { name: 'After the upgrade' });
    await page.goto('/tokens');
    await page.route(SCRIPT, (route) => route.fulfill({ status: 404 }), { times: 1 });
    await page.getByRole('link', { name: 'After the upgrade' }).click();
    await page.getByRole('heading', { name: 'After the upgrade' }).waitFor();
  });

  test('shows an error if the reload does not help, and does not reload again', async () => {
    const { postern } = web.wire;
    const { id } = await createToken(postern, postern.owner.session, { name: 'Never comes' });
    const { page } = await web.visit(postern.owner);
    let documents = 0;
    page.on('request', (request) => {
      if (request.isNavigationRequest()) documents += 1;
    });
    await page.route(SCRIPT, (route) => route.fulfill({ status: 404 }));
    await page.goto(`/tokens/${id}`);
    await page.getByRole('heading', { name: "Can't load this page" }).waitFor();
    await navigation(page).waitFor();
    expect(documents).toBe(2);
  });

  test('causes no reload while a secret is shown', async () => {
    const { page } = await web.visit(web.wire.postern.owner);
    await page.route(SCRIPT, (route) => route.fulfill({ status: 404 }));
    await page.goto('/tokens/new');
    await page.getByLabel('Name').fill('Caught by an upgrade');
    await page.getByLabel('No access').check();
    await page.getByRole('button', { name: 'Create token' }).click();
    await page.getByText('Save the secret above, then reload.').waitFor();
    await page.getByRole('region', { name: 'Your new token' }).getByText(/^pat_/).waitFor();
  });

  test('causes no reload while the server cannot be reached', async () => {
    const { page } = await web.visit(web.wire.postern.owner, { path: '/tokens' });
    await page.getByRole('link', { name: 'Workspaces' }).waitFor();
    await page.route('**', (route) => route.abort());
    await page.getByRole('link', { name: 'Workspaces' }).click();
    await page.getByRole('heading', { name: "Can't load this page" }).waitFor();
    await page.getByRole('button', { name: 'Reload' }).click();
    await page.getByRole('status').getByText("The server can't be reached").waitFor();
    await navigation(page).waitFor();
  });
});

describe('invalid input', () => {
  test('in a date is reported beside the field, and the form keeps its values', async () => {
    const { page } = await web.visit(web.wire.postern.owner);
    await page.goto('/tokens/new');
    await page.getByLabel('Name').fill('Far future');
    await page.getByLabel('No access').check();
    await page.getByLabel('Expires', { exact: true }).selectOption('custom');
    await page.getByLabel('Expires on').evaluate((field: HTMLInputElement) => {
      field.removeAttribute('max');
    });
    for (const [date, works] of [
      ['12345-01-01', false],
      ['275760-09-13', false],
      ['2031-01-01', true],
    ] as const) {
      await page.getByLabel('Expires on').fill(date);
      expect(await page.getByText('Enter a date before the year 10000.').count()).toBe(works ? 0 : 1);
      expect(await page.getByRole('button', { name: 'Create token' }).isEnabled()).toBe(works);
    }
    expect(await page.getByLabel('Name').inputValue()).toBe('Far future');
  });

  test('in the URL of a list shows the first page of the list', async () => {
    const { postern } = web.wire;
    await createToken(postern, postern.owner.session, { name: 'Listed anyway' });
    const { page } = await web.visit(postern.owner);
    for (const search of ['after=garbage', 'before=%00&show=GARBAGE&sort=GARBAGE.UP']) {
      await page.goto(`/tokens?${search}`);
      await page.getByRole('link', { name: 'Listed anyway' }).first().waitFor();
    }
  });

  test('as an id in a URL shows that nothing was found', async () => {
    const { page } = await web.visit(web.wire.postern.owner);
    for (const path of ['/channels/garbage', '/tokens/%E0%A4%A']) {
      await page.goto(path);
      await page.getByRole('heading', { name: 'Not found' }).waitFor();
      await navigation(page).waitFor();
    }
  });
});
