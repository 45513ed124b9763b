import axe from 'axe-core';
import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { createToken } from './support/api.ts';
import { type ConsoleTest, startConsole, type Visit } from './support/console.ts';

const NARROW = { width: 360, height: 740 };
/** Time for a test that runs axe or visits every page. */
const AXE_MS = 300_000;

let web: ConsoleTest;
let paths: readonly string[];

/** Puts something on every page. */
async function furnish(): Promise<readonly string[]> {
  const { postern } = web.wire;
  const { owner, workspaceId } = postern;
  const scopes = [
    { entityType: 'token', operations: ['CREATE', 'READ'] },
    { entityType: 'channel', operations: ['PUBLISH'] },
  ];
  const { id, secret } = await createToken(postern, owner.session, {
    name: 'Scoped',
    access: 'SCOPED',
    scopes,
  });
  await createToken(postern, secret, { name: 'Derived' });
  await createToken(postern, owner.session, { name: 'Soon', expires: { after: 'P2D' }, access: 'FULL' });
  const stopped = await createToken(postern, owner.session, { name: 'Stopped', description: 'For a while' });
  const { data } = await postern.post(
    `mutation ($stopped: ID!, $invite: InviteMemberInput!, $token: CreateWorkspaceTokenInput!, $channel: CreateChannelInput!) {
      disableToken(input: { id: $stopped }) { token { id } }
      inviteMember(input: $invite) { expiresAt }
      createWorkspaceToken(input: $token) { token { id } }
      createChannel(input: $channel) { channel { id } }
    }`,
    {
      stopped: stopped.id,
      invite: { workspaceId, email: 'guest@example.com', role: 'VIEWER' },
      token: { workspaceId, name: 'Never ends', expires: { never: true } },
      channel: { workspaceId, name: 'news' },
    },
    owner.session,
  );
  const workspace = `/workspaces/${workspaceId}`;
  return [
    '/tokens',
    '/tokens?show=REVOKED',
    '/tokens/new',
    `/tokens/${id}`,
    '/account',
    '/workspaces',
    ...['access-tokens', 'members', 'channels', 'token-policy', 'audit-log', 'settings'].map(
      (tab) => `${workspace}/${tab}`,
    ),
    `${workspace}/access-tokens/new`,
    `/tokens/${data.createWorkspaceToken.token.id}`,
    `/channels/${data.createChannel.channel.id}`,
    '/nowhere',
  ];
}

beforeAll(async () => {
  web = await startConsole();
  paths = await furnish();
});
afterEach(() => web.expectNoComplaints());
afterAll(() => web.stop());

/** What axe finds wrong with the page as it is now. */
async function violations(page: Page): Promise<string[]> {
  await page.evaluate(axe.source);
  const found = await page.evaluate(async () => {
    const { violations } = await (globalThis as unknown as { axe: typeof axe }).axe.run();
    return violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html}`));
  });
  return found.map((text) => `${new URL(page.url()).pathname} ${text}`);
}

/** Waits until nothing is loading any more. */
async function settle({ page }: Visit): Promise<void> {
  await page.waitForLoadState('networkidle');
  await page.getByText(/^Loading /).waitFor({ state: 'detached' });
}

test.each(['light', 'dark'] as const)(
  'axe finds nothing wrong on any page in the %s scheme',
  async (colorScheme) => {
    const visit = await web.visit(web.wire.postern.owner, { colorScheme });
    const found: string[] = [];
    for (const path of paths) {
      await visit.open(path);
      if (!path.startsWith('/channels/')) await settle(visit);
      found.push(...(await violations(visit.page)));
    }
    const door = await web.visit(undefined, { colorScheme });
    for (const path of ['/sign-in', '/invitation']) {
      await door.open(path);
      found.push(...(await violations(door.page)));
    }
    expect(found).toEqual([]);
  },
  AXE_MS,
);

test.each(['light', 'dark'] as const)(
  'axe finds nothing wrong with menus, dialogs and the secret, %s',
  async (colorScheme) => {
    const { page, open } = await web.visit(web.wire.postern.owner, { colorScheme });
    const found: string[] = [];
    await open('/tokens');
    await page.getByRole('button', { name: 'Actions for Scoped' }).click();
    await page.getByRole('menuitem', { name: 'Delete' }).waitFor();
    found.push(...(await violations(page)));
    await page.getByRole('menuitem', { name: 'Edit' }).click();
    await page.getByRole('dialog').waitFor();
    found.push(...(await violations(page)));
    await page.keyboard.press('Escape');
    await page.getByRole('button', { name: 'Delete all' }).click();
    found.push(...(await violations(page)));
    await page.keyboard.press('Escape');
    await page.getByRole('button', { name: 'Columns' }).click();
    await page.getByRole('menuitemcheckbox', { name: 'Created' }).waitFor();
    found.push(...(await violations(page)));
    await open('/tokens/new');
    await page.getByLabel('Name').fill('Seen');
    await page.getByLabel('Scoped').check();
    await page.getByLabel('Type').selectOption('channel');
    found.push(...(await violations(page)));
    await page.getByLabel('Full access').check();
    await page.getByRole('button', { name: 'Create token' }).click();
    await page.getByRole('button', { name: 'Check the new secret' }).click();
    await page.getByRole('region', { name: 'What the token can do' }).waitFor();
    found.push(...(await violations(page)));
    expect(found).toEqual([]);
  },
  AXE_MS,
);

test.each(['light', 'dark'] as const)(
  'axe finds nothing wrong with what is said when something fails, %s',
  async (colorScheme) => {
    const { postern } = web.wire;
    const person = await postern.person(`Fay-${colorScheme}`);
    const { id } = await createToken(postern, person.session, { name: 'Fails' });
    const { page, complaints } = await web.visit(person, { colorScheme });
    const found: string[] = [];
    await page.route('**/assets/account-page-*.js', (route) => route.fulfill({ status: 404 }));
    await page.goto('/account');
    await page.getByRole('heading', { name: "Can't load this page" }).waitFor();
    found.push(...(await violations(page)));
    await page.goto(`/tokens/${id}`);
    await page.getByRole('button', { name: 'Disable' }).click();
    await postern.post('mutation { signOut { signedOut } }', {}, person.session);
    await page.getByRole('dialog').getByRole('button', { name: 'Disable' }).click();
    await page.getByRole('dialog', { name: 'Your session ended' }).waitFor();
    found.push(...(await violations(page)));
    await page.keyboard.press('Escape');
    await page.keyboard.press('Escape');
    await page.getByRole('alert').getByText('Your session ended.').waitFor();
    found.push(...(await violations(page)));
    await page.context().clearCookies();
    const cookie = { name: postern.cookieName, value: postern.owner.session, url: web.wire.origin };
    await page.context().addCookies([{ ...cookie, httpOnly: true, sameSite: 'Strict' }]);
    await page.getByRole('link', { name: 'Workspaces' }).click();
    await page.getByRole('dialog', { name: 'Someone else signed in' }).waitFor();
    found.push(...(await violations(page)));
    expect(found).toEqual([]);
    complaints.length = 0;
  },
  AXE_MS,
);

test(
  'no page is wider than a small phone',
  async () => {
    const visit = await web.visit(web.wire.postern.owner, { viewport: NARROW });
    const wide: string[] = [];
    for (const path of paths) {
      await visit.open(path);
      if (!path.startsWith('/channels/')) await settle(visit);
      const width = await visit.page.evaluate(() => document.documentElement.scrollWidth);
      if (width > NARROW.width) wide.push(`${path} is ${width} wide`);
    }
    expect(wide).toEqual([]);
  },
  AXE_MS,
);

test('a dialog keeps the focus, closes with Escape, and gives the focus back', async () => {
  const { page, open } = await web.visit(web.wire.postern.owner);
  await open('/tokens');
  const opener = page.getByRole('button', { name: 'Delete all' });
  await opener.focus();
  await page.keyboard.press('Enter');
  await page.getByRole('dialog', { name: 'Delete all your tokens' }).waitFor();
  for (let presses = 0; presses < 8; presses += 1) {
    await page.keyboard.press('Tab');
    const outside = await page.evaluate(
      () => document.activeElement !== document.body && !document.activeElement?.closest('dialog'),
    );
    expect(outside).toBe(false);
  }
  await page.keyboard.press('Escape');
  await page.getByRole('dialog').waitFor({ state: 'detached' });
  expect(await opener.evaluate((button) => button === document.activeElement)).toBe(true);
});

test('a dialog that a menu opened gives the focus back to the menu', async () => {
  const { page, open } = await web.visit(web.wire.postern.owner);
  await open('/tokens');
  const opener = page.getByRole('button', { name: 'Actions for Scoped' });
  await opener.focus();
  await page.keyboard.press('Enter');
  await page.getByRole('menuitem', { name: 'View' }).waitFor();
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Enter');
  await page.getByRole('dialog', { name: 'Edit “Scoped”' }).waitFor();
  await page.keyboard.press('Escape');
  await page.getByRole('dialog').waitFor({ state: 'detached' });
  expect(await opener.evaluate((button) => button === document.activeElement)).toBe(true);
});

test('a new page takes the focus, and the first stop of the keyboard leads past the header', async () => {
  const { page, open } = await web.visit(web.wire.postern.owner);
  await open('/tokens');
  await page.keyboard.press('Tab');
  expect(await page.evaluate(() => document.activeElement?.textContent)).toBe('Skip to content');
  await page.getByRole('link', { name: 'Workspaces' }).click();
  await page.getByRole('heading', { name: 'Workspaces' }).waitFor();
  expect(await page.evaluate(() => document.activeElement?.tagName)).toBe('MAIN');
});

test('results are said in a live region', async () => {
  const { postern } = web.wire;
  const { id } = await createToken(postern, postern.owner.session, { name: 'Said' });
  const { page, open } = await web.visit(postern.owner);
  await open(`/tokens/${id}`);
  await page.getByRole('button', { name: 'Disable' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Disable' }).click();
  await page.getByRole('status').getByText('“Said” disabled').waitFor();
});
