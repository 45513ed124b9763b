import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { sample } from '../support/test-length.ts';
import { createToken } from './support/api.ts';
import { violations } from './support/axe.ts';
import { type ConsoleTest, startConsole, type Visit } from './support/console.ts';

const WIDE = { width: 1280, height: 800 };
const NARROW = { width: 320, height: 640 };
/** The time for a test that runs axe, on a slow machine. */
const AXE_MS = 120_000;

const FEEDBACK_URL = 'https://example.com/feedback';

const ISSUER = 'https://kubernetes.default.svc';

let web: ConsoleTest;

/** The pages of the console. The words after a colon stand for ids of the data below. */
const PAGES = [
  '/sign-in',
  '/invitation',
  '/reset-password#rst_',
  '/sign-in-link#rst_',
  '/tokens',
  '/tokens?show=REVOKED',
  '/tokens/new',
  '/tokens/:token',
  '/account',
  '/device',
  '/workspaces',
  '/workspaces/:workspace/access-tokens',
  '/workspaces/:workspace/access-tokens/new',
  '/workspaces/:workspace/members',
  '/workspaces/:workspace/federations',
  '/workspaces/:workspace/federations/new',
  '/workspaces/:workspace/federations/:federation',
  '/workspaces/:workspace/channels',
  '/workspaces/:workspace/token-policy',
  '/workspaces/:workspace/audit-log',
  '/workspaces/:workspace/settings',
  '/tokens/:workspaceToken',
  '/channels/:channel',
  '/help/stops',
  '/nowhere',
] as const;

const LONG =
  'A description that is much longer than the column of the name can be in a window of this width.';

/** A name without a place to break, which widens a page or a table that does not expect it. */
const WORD = 'Donaudampfschifffahrtsgesellschaftskapitänsmützenabzeichenveröffentlichung';

let ids: Readonly<Record<string, string>>;

/** Creates a federation, which requires a recent sign-in. Returns its id. */
async function createFederation(): Promise<string> {
  const { postern } = web.wire;
  const input = {
    ...{ workspaceId: postern.workspaceId, name: WORD, issuer: ISSUER, role: 'VIEWER' },
    claims: [{ name: 'sub', value: `system:serviceaccount:production:${WORD}` }],
  };
  const query = `mutation ($input: CreateFederationInput!) {
    createFederation(input: $input) { federation { id } } }`;
  const { data } = await postern.post(query, { input }, await postern.signIn(postern.owner.email));
  return data.createFederation.federation.id;
}

/** Creates data for every page. Returns the ids in the paths. */
async function fillPages(): Promise<Record<string, string>> {
  const { postern } = web.wire;
  const { owner, workspaceId } = postern;
  const scopes = [
    { entityType: 'token', operations: ['CREATE', 'READ'] },
    { entityType: 'channel', operations: ['PUBLISH'] },
  ];
  const scoped = await createToken(postern, owner.session, { name: 'Scoped', access: 'SCOPED', scopes });
  await createToken(postern, scoped.secret, { name: 'Derived' });
  await createToken(postern, owner.session, { name: 'Soon', expires: { after: 'P2D' }, access: 'FULL' });
  const disabled = await createToken(postern, owner.session, { name: 'Disabled', description: 'For now' });
  const { data } = await postern.post(
    `mutation ($disabled: ID!, $invite: InviteMemberInput!, $token: CreateWorkspaceTokenInput!, $channel: CreateChannelInput!) {
      disableToken(input: { id: $disabled }) { token { id } }
      inviteMember(input: $invite) { expiresAt }
      createWorkspaceToken(input: $token) { token { id } }
      createChannel(input: $channel) { channel { id } }
    }`,
    {
      disabled: disabled.id,
      invite: { workspaceId, email: 'guest@example.com', role: 'VIEWER' },
      token: { workspaceId, name: 'Never expires', description: LONG, expires: { never: true } },
      channel: { workspaceId, name: WORD },
    },
    owner.session,
  );
  return {
    federation: await createFederation(),
    workspace: workspaceId,
    token: scoped.id,
    workspaceToken: data.createWorkspaceToken.token.id,
    channel: data.createChannel.channel.id,
  };
}

/** A page of the owner. Without motion, a change of the colour scheme takes effect immediately. */
function visitOwner(): Promise<Visit> {
  return web.visit(web.wire.postern.owner, { reducedMotion: 'reduce' });
}

beforeAll(async () => {
  web = await startConsole({
    POSTERN_FEEDBACK_URL: FEEDBACK_URL,
    POSTERN_PUBLIC_URL: 'http://localhost:4000',
    POSTERN_FEDERATION: 'k8s',
    POSTERN_FEDERATION_K8S_ISSUER: ISSUER,
  });
  ids = await fillPages();
});
afterEach(() => web.expectNoComplaints());
afterAll(() => web.stop());

/** Waits until the page has loaded its data. A channel keeps a stream open, so the network never becomes idle there. */
async function waitForData(page: Page): Promise<void> {
  if (!page.url().includes('/channels/')) await page.waitForLoadState('networkidle');
  await page.getByText(/^Loading /).waitFor({ state: 'detached' });
}

/** Returns the classes of what is wider than its place on the page: the page itself, or a table. */
function scrollingSideways(page: Page): Promise<string[]> {
  return page.evaluate(() =>
    [document.documentElement, ...document.querySelectorAll('.data-frame')]
      .filter(({ scrollWidth, clientWidth }) => scrollWidth > clientWidth)
      .map(({ localName, className, scrollWidth }) => `${localName}.${className}: ${scrollWidth}`),
  );
}

/** At short length, every third page is looked at in the dark colour scheme too. */
const DARK = new Set(sample(PAGES, 3));

describe('every page', { timeout: AXE_MS }, () => {
  test.each(PAGES)(
    '%s passes axe in its colour schemes and fits a window and a small phone',
    async (path) => {
      const { page, open } = await visitOwner();
      await page.setViewportSize(WIDE);
      await open(path.replaceAll(/:(\w+)/g, (_, name) => ids[name] ?? ''));
      await waitForData(page);
      expect(await violations(page, DARK.has(path) ? ['light', 'dark'] : ['light'])).toEqual([]);
      expect(await scrollingSideways(page)).toEqual([]);
      await page.setViewportSize(NARROW);
      expect(await scrollingSideways(page)).toEqual([]);
    },
  );
});

describe('axe passes', { timeout: AXE_MS }, () => {
  test('menus and dialogs', async () => {
    const { page, open } = await visitOwner();
    const found: string[] = [];
    await open('/tokens');
    await page.getByRole('button', { name: /^Account of/ }).click();
    await page.getByRole('menuitem', { name: 'Send feedback' }).waitFor();
    found.push(...(await violations(page)));
    await page.keyboard.press('Escape');
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
    expect(found).toEqual([]);
  });

  test('the form for a new token, with errors beside its fields, and the secret', async () => {
    const { page, open } = await visitOwner();
    const found: string[] = [];
    await open('/tokens/new');
    await page.getByLabel('Name').fill('Seen');
    await page.getByLabel('Expires', { exact: true }).selectOption('custom');
    const day = page.getByLabel('Expires on');
    await day.evaluate((field: HTMLInputElement) => field.removeAttribute('max'));
    await day.fill('9000-01-01');
    await page.getByLabel('Scoped').check();
    await page.getByLabel('Type').selectOption('channel');
    await page.getByLabel('read', { exact: true }).check();
    await page.getByRole('button', { name: 'Create token' }).click();
    await page.getByText('This must be at most 366 days from now.').waitFor();
    found.push(...(await violations(page)));
    await page.getByLabel('Expires', { exact: true }).selectOption('P7D');
    await page.getByLabel('Full access').check();
    await page.getByRole('button', { name: 'Create token' }).click();
    await page.getByRole('region', { name: 'What the token can do' }).waitFor();
    found.push(...(await violations(page)));
    expect(found).toEqual([]);
  });

  test('messages about failures', async () => {
    const { postern } = web.wire;
    const person = await postern.person('Fay');
    const { id } = await createToken(postern, person.session, { name: 'Fails' });
    const { page, complaints } = await web.visit(person, { reducedMotion: 'reduce' });
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
  });
});

test('pages of help end with a question, and its answer opens the address for feedback', async () => {
  const { page } = await web.visit(web.wire.postern.owner, { path: '/help/use' });
  const question = page.getByText('Was this helpful?');
  expect(await question.getByRole('link', { name: 'Send feedback' }).getAttribute('href')).toBe(FEEDBACK_URL);
  expect(await page.getByRole('banner').getByText('Beta', { exact: true }).count()).toBe(1);
});

test('a dialog traps the focus, closes with Escape and restores the focus', async () => {
  const { page } = await web.visit(web.wire.postern.owner, { path: '/tokens' });
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

test('a dialog that was opened from a menu restores the focus to its button', async () => {
  const { page } = await web.visit(web.wire.postern.owner, { path: '/tokens' });
  const opener = page.getByRole('button', { name: 'Actions for Scoped' });
  await opener.focus();
  await page.keyboard.press('Enter');
  await page.getByRole('menuitem', { name: 'View' }).waitFor();
  const item = page.getByRole('menuitem', { name: 'Edit' });
  for (let n = 0; n < 3; n += 1) await page.keyboard.press('ArrowDown');
  expect(await item.evaluate((each) => each === document.activeElement)).toBe(true);
  await page.keyboard.press('Enter');
  await page.getByRole('dialog', { name: 'Edit “Scoped”' }).waitFor();
  await page.keyboard.press('Escape');
  await page.getByRole('dialog').waitFor({ state: 'detached' });
  expect(await opener.evaluate((button) => button === document.activeElement)).toBe(true);
});

test('a new page takes the focus, and the first Tab stop skips the header', async () => {
  const { page } = await web.visit(web.wire.postern.owner, { path: '/tokens' });
  await page.keyboard.press('Tab');
  expect(await page.evaluate(() => document.activeElement?.textContent)).toBe('Skip to content');
  await page.getByRole('link', { name: 'Workspaces' }).click();
  await page.getByRole('heading', { name: 'Workspaces' }).waitFor();
  expect(await page.evaluate(() => document.activeElement?.tagName)).toBe('MAIN');
});

test('after a sign-in and between pages without navigation, the focus does not fall to the body', async () => {
  const person = await web.wire.postern.person('Kay');
  const { page } = await web.visit(undefined, { path: '/sign-in' });
  const focused = () => page.evaluate(() => document.activeElement?.tagName);
  await page.getByRole('link', { name: 'Accept an invitation' }).press('Enter');
  await page.getByRole('heading', { name: 'Accept an invitation' }).waitFor();
  await expect.poll(focused).toBe('MAIN');
  await page.getByRole('link', { name: 'Back to sign-in' }).press('Enter');
  await page.getByLabel('Email').fill(person.email);
  await page.getByLabel('Password').fill(person.password);
  await page.getByLabel('Password').press('Enter');
  await page.getByText('You have no tokens yet').waitFor();
  await expect.poll(focused).toBe('MAIN');
});

test('results are announced in a live region', async () => {
  const { postern } = web.wire;
  const { id } = await createToken(postern, postern.owner.session, { name: 'Announced' });
  const { page, open } = await web.visit(postern.owner);
  await open(`/tokens/${id}`);
  await page.getByRole('button', { name: 'Disable' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Disable' }).click();
  await page.getByRole('status').getByText('“Announced” disabled').waitFor();
});
