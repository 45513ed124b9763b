import type { Page } from 'playwright-core';

/** A page after some steps: a menu, a dialog, an error, or something that was just created. */
export interface State {
  readonly name: string;
  readonly path: string;
  reach(page: Page): Promise<void>;
}

/** The ids of what has a page. */
export interface Ids {
  readonly workspaceId: string;
  readonly tokenId: string;
  readonly channelId: string;
  readonly federationId: string;
}

/** Presses buttons one after the other. */
export function press(...names: string[]) {
  return async (page: Page): Promise<void> => {
    for (const name of names) await page.getByRole('button', { name, exact: true }).last().click();
  };
}

/** Opens the menu of a row and chooses an item; without one, leaves the menu open. */
export function rowMenu(item?: string, row = 0) {
  return async (page: Page): Promise<void> => {
    await page
      .getByRole('button', { name: /^Actions for/ })
      .nth(row)
      .click();
    if (item) await page.getByRole('menuitem', { name: item }).click();
  };
}

async function fillNewToken(page: Page): Promise<void> {
  await page.getByLabel('Name', { exact: true }).fill('👩‍👩‍👧‍👦 Family deploy 🏳️‍🌈');
  await page.getByRole('button', { name: 'Publish from CI' }).click();
}

async function createToken(page: Page): Promise<void> {
  await fillNewToken(page);
  await page.getByRole('button', { name: 'Create token' }).click();
  await page.getByRole('region', { name: 'Your new token' }).waitFor();
}

/** Answers the next requests as a server does that has lost the session. */
async function endSession(page: Page): Promise<void> {
  const errors = [{ message: 'Sign in first.', extensions: { code: 'UNAUTHENTICATED' } }];
  await page.route('**/graphql', (route) => route.fulfill({ status: 200, json: { data: null, errors } }));
}

/** Returns the states to look at. */
export function statesOf({ workspaceId, tokenId, channelId, federationId }: Ids): readonly State[] {
  const token = `/tokens/${tokenId}`;
  const workspace = `/workspaces/${workspaceId}`;
  const channel = `/channels/${channelId}`;
  return [
    { name: 'menu-row', path: '/tokens', reach: rowMenu() },
    { name: 'menu-account', path: '/tokens', reach: (page) => page.locator('.avatar').click() },
    { name: 'menu-columns', path: '/tokens', reach: press('Columns') },
    { name: 'dialog-edit-token', path: '/tokens', reach: rowMenu('Edit') },
    { name: 'dialog-regenerate', path: '/tokens', reach: rowMenu('Regenerate') },
    { name: 'dialog-revoke', path: '/tokens', reach: rowMenu('Revoke') },
    { name: 'dialog-delete-all-tokens', path: '/tokens', reach: press('Delete all') },
    {
      name: 'dialog-bulk',
      path: '/tokens',
      async reach(page) {
        await page.getByLabel('Select all tokens on this page').evaluate((box: HTMLElement) => box.click());
        await press('Delete')(page);
      },
    },
    {
      name: 'tokens-no-match',
      path: '/tokens',
      async reach(page) {
        await page.getByRole('searchbox').fill('no such token');
        await page.getByText('No matching tokens').waitFor();
      },
    },
    { name: 'form-filled', path: '/tokens/new', reach: fillNewToken },
    {
      name: 'form-errors',
      path: '/tokens/new',
      async reach(page) {
        await page.getByLabel('Name', { exact: true }).fill('x'.repeat(101));
        await page.getByLabel('Networks').fill('not a network');
        await page.getByRole('radio', { name: 'Full access' }).check();
        await press('Create token')(page);
        await page.locator('.field-error').first().waitFor();
      },
    },
    {
      name: 'form-query',
      path: '/tokens/new',
      async reach(page) {
        await page.getByText('Paste the query that your script sends').click();
        await page.getByLabel('Query').fill('{ workspaces(first: 1) { nodes { name } } }');
        await press('Fill in scopes')(page);
      },
    },
    { name: 'token-created', path: '/tokens/new', reach: createToken },
    {
      name: 'dialog-left-secret',
      path: '/tokens/new',
      async reach(page) {
        await createToken(page);
        await page.getByRole('link', { name: 'Workspaces' }).click();
      },
    },
    { name: 'dialog-add-scope', path: token, reach: press('Add scope') },
    { name: 'dialog-delete-scopes', path: token, reach: press('Delete all') },
    { name: 'dialog-delete-token', path: token, reach: press('Delete') },
    { name: 'dialog-new-workspace', path: '/workspaces', reach: press('New workspace') },
    { name: 'dialog-invite', path: `${workspace}/members`, reach: press('Invite') },
    { name: 'menu-member', path: `${workspace}/members`, reach: rowMenu() },
    { name: 'dialog-role', path: `${workspace}/members`, reach: rowMenu('Change role', 1) },
    { name: 'dialog-remove-member', path: `${workspace}/members`, reach: rowMenu('Remove', 1) },
    {
      name: 'dialog-policy',
      path: `${workspace}/token-policy`,
      async reach(page) {
        await page.getByLabel('Personal tokens can access this workspace').uncheck();
        await press('Save policy')(page);
        await page.getByRole('dialog').waitFor();
      },
    },
    { name: 'dialog-new-channel', path: `${workspace}/channels`, reach: press('New channel') },
    { name: 'dialog-edit-channel', path: channel, reach: press('Edit') },
    { name: 'dialog-share', path: channel, reach: press('Share') },
    {
      name: 'dialog-register-type',
      path: `${workspace}/settings`,
      reach: press('Register', 'Add operation'),
    },
    { name: 'dialog-delete-workspace', path: `${workspace}/settings`, reach: press('Delete workspace') },
    {
      name: 'dialog-delete-federation',
      path: `${workspace}/federations/${federationId}`,
      reach: press('Delete'),
    },
    {
      name: 'federation-new-filled',
      path: `${workspace}/federations/new`,
      reach: (page) => page.getByRole('radio', { name: 'GitHub Actions' }).check(),
    },
    {
      name: 'dialog-session-ended',
      path: token,
      async reach(page) {
        await press('Disable')(page);
        await endSession(page);
        await press('Disable')(page);
        await page.getByRole('dialog', { name: 'Your session ended' }).waitFor();
      },
    },
    {
      name: 'bar-out-of-date',
      path: token,
      async reach(page) {
        await page.route('**/graphql', (route) => route.abort());
        await page.evaluate(() => {
          const now = Date.now() + 60_000;
          Date.now = () => now;
          window.dispatchEvent(new Event('focus'));
        });
        await page.getByText('This page may be out of date.').waitFor();
      },
    },
  ];
}
