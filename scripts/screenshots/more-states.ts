import type { Page } from 'playwright-core';
import { type Ids, press, rowMenu, type State } from './states.ts';

/** Makes a query of a page answer what a page cannot render, as a server of another version might. */
async function breakToken(page: Page): Promise<void> {
  await page.route('**/graphql', async (route) => {
    if (!route.request().postData()?.includes('"Token"')) return route.fallback();
    const response = await route.fetch();
    const answer = await response.json();
    answer.data.token.derived = {};
    return route.fulfill({ response, json: answer });
  });
  await page.reload();
  await page.getByRole('heading', { name: 'Something went wrong' }).waitFor();
}

/** Answers the question of a page for one channel as if it had been deleted. */
async function loseChannel(page: Page): Promise<void> {
  await page.route('**/graphql', (route) => {
    if (!route.request().postData()?.includes('"Channel"')) return route.fallback();
    return route.fulfill({ json: { data: { channel: null } } });
  });
  await page.evaluate(() => {
    const now = Date.now() + 60_000;
    Date.now = () => now;
    window.dispatchEvent(new Event('focus'));
  });
  await page.getByText('You no longer have access').waitFor();
}

/** Begins as a command line, and types its code. */
async function typeDeviceCode(page: Page): Promise<void> {
  const form = {
    client_id: 'pat',
    client_name: 'jose-maria-fernandez-laptop',
    scope: 'channel:publish',
  };
  const begun = await page.request.post('/oauth/device_authorization', { form });
  await page.getByLabel('Code').fill((await begun.json()).user_code);
  await press('Continue')(page);
  await page.getByRole('button', { name: 'Allow' }).waitFor();
}

async function invite(page: Page): Promise<void> {
  await press('Invite')(page);
  await page
    .getByRole('dialog')
    .getByLabel('Email')
    .fill(`${'a'.repeat(40)}-${page.viewportSize()?.width}@example.com`);
  await page.getByRole('dialog').getByRole('button', { name: 'Invite' }).click();
  await page.getByRole('region', { name: /invitation/i }).waitFor();
}

/** Answers a request for a recent sign-in, as a server does for an old session. */
async function demandSignIn(page: Page): Promise<void> {
  await page.getByLabel('Name').fill('Deploy');
  const errors = [
    { message: 'Sign in again.', extensions: { code: 'FORBIDDEN', reason: 'REAUTHENTICATION_REQUIRED' } },
  ];
  await page.route('**/graphql', (route) => route.fulfill({ json: { data: null, errors } }));
  await press('Create token')(page);
  await page.getByRole('dialog').waitFor();
}

/** Opens a tab of GraphiQL. */
function openTab(name: string) {
  return (page: Page) => page.getByRole('button', { name, exact: true }).click();
}

/** Returns the states besides those of `statesOf`: other dialogs, errors and GraphiQL. */
export function moreStatesOf({ workspaceId, tokenId, channelId }: Ids): readonly State[] {
  const token = `/tokens/${tokenId}`;
  const workspace = `/workspaces/${workspaceId}`;
  const channel = `/channels/${channelId}`;
  return [
    { name: 'graphiql', path: '/graphql', reach: openTab('SignIn') },
    { name: 'graphiql-headers', path: '/graphql', reach: openTab('WhoAmI') },
    { name: 'device-decision', path: '/device', reach: typeDeviceCode },
    { name: 'gone-channel', path: channel, reach: loseChannel },
    { name: 'broken-token', path: token, reach: breakToken },
    { name: 'invitation-created', path: `${workspace}/members`, reach: invite },
    { name: 'dialog-sign-in-again', path: `${workspace}/access-tokens/new`, reach: demandSignIn },
    { name: 'dialog-disable-token', path: token, reach: press('Disable') },
    { name: 'dialog-delete-channel', path: channel, reach: press('Delete') },
    { name: 'dialog-rename-workspace', path: `${workspace}/settings`, reach: press('Rename') },
    { name: 'dialog-edit-type', path: `${workspace}/settings`, reach: press('Edit invoice') },
    { name: 'dialog-unregister-type', path: `${workspace}/settings`, reach: press('Unregister invoice') },
    { name: 'dialog-add-group', path: `${workspace}/members`, reach: press('Add group') },
    { name: 'menu-columns-workspace', path: `${workspace}/access-tokens`, reach: press('Columns') },
    { name: 'menu-row-workspace', path: `${workspace}/access-tokens`, reach: rowMenu() },
    {
      name: 'tokens-selected',
      path: '/tokens',
      reach: (page) =>
        page.getByLabel('Select all tokens on this page').evaluate((box: HTMLElement) => box.click()),
    },
    {
      name: 'form-token-scopes',
      path: '/tokens/new',
      async reach(page) {
        await page.getByLabel('Name', { exact: true }).fill('Several scopes');
        await page.getByLabel('Scoped').check();
        const scopes = page.getByRole('group', { name: /^Scope / });
        await scopes.nth(0).getByLabel('Type').selectOption('channel');
        await scopes.nth(0).getByLabel('publish').check();
        await press('Add scope')(page);
        await scopes.nth(1).getByLabel('Type').selectOption('invoice');
      },
    },
    {
      name: 'dialog-sign-out',
      path: '/tokens/new',
      async reach(page) {
        await page.getByLabel('Name', { exact: true }).fill('Left');
        await page.getByLabel('No access').check();
        await press('Create token')(page);
        await page.getByRole('region', { name: 'Your new token' }).waitFor();
        await page.locator('.avatar').click();
        await page.getByRole('menuitem', { name: 'Sign out' }).click();
        await page.getByRole('dialog').waitFor();
      },
    },
  ];
}
