import type { Page, Route } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Person } from '../support/app.ts';
import { sample } from '../support/test-length.ts';
import { callWith, createToken } from './support/api.ts';
import { type ConsoleTest, signIn, startConsole } from './support/console.ts';
import { revealSecret } from './support/secrets.ts';

let web: ConsoleTest;

beforeAll(async () => {
  web = await startConsole();
});
afterAll(() => web.stop());

/** Ways in which the API can fail. */
const FAILURES: Record<string, (route: Route) => Promise<void>> = {
  'the network is down': (route) => route.abort(),
  'the server returns UNAVAILABLE': (route) =>
    route.fulfill({
      status: 503,
      json: { errors: [{ message: 'Try again shortly.', extensions: { code: 'UNAVAILABLE' } }] },
    }),
  'a proxy returns 401': (route) => route.fulfill({ status: 401, body: 'Sign in to the proxy.' }),
};
const ABORT = (route: Route) => route.abort();

/** Lets one operation through and then fails all others, as if the server became unreachable right after it. */
async function failAfter(page: Page, operation: string, fail = ABORT): Promise<void> {
  let failing = false;
  await page.route('**/graphql', async (route) => {
    if (failing) return fail(route);
    if (!route.request().postData()?.includes(`"${operation}"`)) return route.fallback();
    const response = await route.fetch();
    failing = true;
    return route.fulfill({ response });
  });
}

async function fillTokenForm(page: Page, name: string): Promise<void> {
  await page.goto('/tokens/new');
  await page.getByLabel('Name').fill(name);
  await page.getByLabel('Description').fill('Typed with care');
  await page.getByLabel('Full access').check();
}

/** Ends the sessions of a user on the server, as another device can. */
async function endSessions(person: Person): Promise<void> {
  const session = await web.wire.postern.signIn(person.email);
  await web.wire.postern.post('mutation { revokeOtherSessions { revokedCount } }', {}, session);
}

async function signInAgain(page: Page, password: string): Promise<void> {
  const dialog = page.getByRole('dialog', { name: 'Your session ended' });
  await dialog.getByLabel('Password').fill(password);
  await dialog.getByRole('button', { name: 'Sign in', exact: true }).click();
  await dialog.waitFor({ state: 'detached' });
}

const barOf = (page: Page) => page.getByRole('alert').filter({ hasText: 'out of date' });

/** Presses "Try again", unless it has disappeared: a query that was under way during a change is sent again anyway. */
function tryAgain(page: Page): Promise<void> {
  const buttons = page.getByRole('button', { name: 'Try again' });
  return buttons.evaluateAll(([button]) => (button as HTMLElement | undefined)?.click());
}

describe('a secret that is shown once', () => {
  test.each(sample(Object.entries(FAILURES), 3))(
    'of a new token stays when %s right after',
    async (_, fail) => {
      const { page } = await web.visit(web.wire.postern.owner);
      await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
      await fillTokenForm(page, 'Outlives failures');
      await failAfter(page, 'CreateToken', fail);
      await page.getByRole('button', { name: 'Create token' }).click();
      await page
        .getByRole('alert')
        .filter({ hasText: /reached|unavailable/ })
        .first()
        .waitFor();
      const secret = await revealSecret(page, 'Your new token');
      expect(secret).toMatch(/^pat_/);
      await page.getByRole('button', { name: 'Copy', exact: true }).first().click();
      expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(secret);
      await page.unroute('**/graphql');
      await tryAgain(page);
      await page.getByRole('heading', { name: 'Outlives failures' }).waitFor();
      expect(await revealSecret(page, 'Your new token')).toBe(secret);
      expect(await callWith(web.wire.postern, secret ?? '')).toEqual([200, undefined]);
    },
  );

  test('of a regenerated token stays when the session ends, until it is dismissed', async () => {
    const { postern } = web.wire;
    const person = await postern.person('Rita');
    const { id } = await createToken(postern, person.session, { name: 'Renewed', access: 'FULL' });
    const { page } = await web.visit(person);
    await page.goto(`/tokens/${id}`);
    await page.getByRole('button', { name: 'Regenerate' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Regenerate' }).click();
    const secret = await revealSecret(page, 'Your new secret');
    await endSessions(person);
    await page.getByRole('button', { name: 'Disable' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Disable' }).click();
    await signInAgain(page, person.password);
    await page.getByRole('dialog').getByRole('button', { name: 'Disable' }).click();
    await page.getByText('“Renewed” disabled').waitFor();
    expect(await revealSecret(page, 'Your new secret')).toBe(secret);
    await page.getByRole('button', { name: 'I saved it' }).click();
    expect(await page.content()).not.toContain(secret);
  });

  test('of each invitation stays beside the next one and after a failed refresh', async () => {
    const { page } = await web.visit(web.wire.postern.owner);
    await page.goto(`/workspaces/${web.wire.postern.workspaceId}/members`);
    const invite = async (email: string) => {
      await page.getByRole('button', { name: 'Invite' }).click();
      await page.getByRole('dialog').getByLabel('Email').fill(email);
      await page.getByRole('dialog').getByRole('button', { name: 'Invite' }).click();
      return revealSecret(page, `Invitation for ${email}`);
    };
    const first = await invite('first@example.com');
    await failAfter(page, 'InviteMember');
    const second = await invite('second@example.com');
    await barOf(page).waitFor();
    expect(first).toMatch(/\/invitation#inv_\w+$/);
    expect(await revealSecret(page, 'Invitation for first@example.com')).toBe(first);
    expect(await revealSecret(page, 'Invitation for second@example.com')).toBe(second);
  });
});

describe('the content of a form', () => {
  test('stays when a background request fails, and the bar disappears once a request succeeds', async () => {
    const { page } = await web.visit(web.wire.postern.owner);
    await page.goto(`/workspaces/${web.wire.postern.workspaceId}/token-policy`);
    await page.getByLabel('Maximum lifetime in days').fill('90');
    await failAfter(page, 'UpdateTokenPolicy');
    await page.getByRole('button', { name: 'Save policy' }).click();
    await barOf(page).waitFor();
    expect(await page.getByLabel('Maximum lifetime in days').inputValue()).toBe('90');
    await tryAgain(page);
    await barOf(page).locator('button:not([aria-busy])').waitFor();
    await page.unroute('**/graphql');
    await barOf(page).getByRole('button', { name: 'Try again' }).click();
    await barOf(page).waitFor({ state: 'detached' });
    expect(await page.getByLabel('Maximum lifetime in days').inputValue()).toBe('90');
  });

  test('stays when the session ends, and can be submitted after signing in again', async () => {
    const person = await web.wire.postern.person('Paula');
    const { page } = await web.visit(person);
    await fillTokenForm(page, 'Half filled');
    await endSessions(person);
    await page.getByRole('button', { name: 'Create token' }).click();
    const dialog = page.getByRole('dialog', { name: 'Your session ended' });
    await dialog.getByLabel('Password').fill('not the password');
    await dialog.getByRole('button', { name: 'Sign in', exact: true }).click();
    await dialog.getByText('The email or password is incorrect.').waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('alert').getByRole('button', { name: 'Sign in' }).click();
    await signInAgain(page, person.password);
    expect(await page.getByLabel('Name').inputValue()).toBe('Half filled');
    expect(await page.getByLabel('Description').inputValue()).toBe('Typed with care');
    expect(await page.getByLabel('Full access').isChecked()).toBe(true);
    await page.getByRole('button', { name: 'Create token' }).click();
    expect(await revealSecret(page, 'Your new token')).toMatch(/^pat_/);
  });
});

test('a change whose response is lost says so, and the form stays', async () => {
  const person = await web.wire.postern.person('Ursula');
  const { page } = await web.visit(person);
  await fillTokenForm(page, 'Twice');
  await page.route('**/graphql', async (route) => {
    const isLost = route.request().postData()?.includes('"CreateToken"') ?? false;
    if (isLost) await route.fetch();
    return isLost ? route.abort() : route.fallback();
  });
  await page.getByRole('button', { name: 'Create token' }).click();
  await page.getByRole('alert').getByText('whether this took effect, before you try again').waitFor();
  expect(await page.getByLabel('Name').inputValue()).toBe('Twice');
  await page.getByRole('link', { name: 'Access tokens' }).click();
  await page.getByRole('link', { name: 'Twice' }).waitFor();
});

test('a draft survives a reload without a secret in it, and ends with the form or the session', async () => {
  const person = await web.wire.postern.person('Dana');
  const { page, open } = await web.visit(person);
  await fillTokenForm(page, 'Half written');
  await page.reload();
  await page.getByText('What you entered before is back.').waitFor();
  expect(await page.getByLabel('Name').inputValue()).toBe('Half written');
  expect(await page.getByLabel('Full access').isChecked()).toBe(true);
  await page.getByLabel('Description').fill(`by mistake pat_${'a'.repeat(49)}`);
  const stored = () => page.evaluate(() => JSON.stringify({ ...sessionStorage, ...localStorage }));
  expect(await stored()).not.toContain('aaaa');
  await page.getByLabel('Description').fill('no secret');
  await page.getByRole('button', { name: 'Start over' }).click();
  expect(await page.getByLabel('Name').inputValue()).toBe('');
  await page.getByLabel('Name').fill('Left behind');
  await page.getByRole('button', { name: 'Account of Dana' }).click();
  await page.getByRole('menuitem', { name: 'Sign out' }).click();
  await page.getByRole('heading', { name: 'Sign in' }).waitFor();
  expect(await stored()).not.toContain('Left behind');
  await open('/sign-in');
});

test('a live channel opens again after the network failed, with what was published meanwhile', async () => {
  const { postern } = web.wire;
  const create = `mutation { createChannel(input: { workspaceId: "${postern.workspaceId}", name: "gaps" }) { channel { id } } }`;
  const { data } = await postern.post(create, {}, postern.owner.session);
  const { id } = data.createChannel.channel;
  const publish = (text: string) =>
    postern.post(
      `mutation { publishMessage(input: { channelId: "${id}", payload: "${text}" }) { message { id } } }`,
      {},
      postern.owner.session,
    );
  const { page } = await web.visit(await postern.person('Gina', 'TEAM_MEMBER'));
  let failing = true;
  await page.route('**/graphql', (route) =>
    failing && route.request().postData()?.includes('"ChannelMessages"') ? route.abort() : route.fallback(),
  );
  await page.goto(`/channels/${id}`);
  await page.getByRole('button', { name: 'Reconnect' }).waitFor();
  await publish('in the gap');
  failing = false;
  await page.getByText('Live', { exact: true }).waitFor();
  await page.getByText('in the gap').waitFor();
  await publish('after the gap');
  await page.getByText('after the gap').waitFor();
  expect(await page.getByRole('list', { name: 'Messages' }).getByRole('listitem').count()).toBe(2);
});

test('a page that is open says that a role was lowered, and then that access was removed', async () => {
  const { postern } = web.wire;
  const person = await postern.person('Rosa', 'ADMINISTRATOR');
  const { page } = await web.visit(person);
  await page.goto(`/workspaces/${postern.workspaceId}/token-policy`);
  await page.getByLabel('Maximum lifetime in days').fill('90');
  const change = (mutation: string) => postern.post(mutation, {}, postern.owner.session);
  const who = `workspaceId: "${postern.workspaceId}", userId: "${person.id}"`;
  await change(`mutation { updateMemberRole(input: { ${who}, role: VIEWER }) { member { role } } }`);
  await page.getByRole('button', { name: 'Save policy' }).click();
  await page.getByRole('alert').getByText('is now Viewer; it was Administrator').waitFor();
  expect(await page.getByLabel('Maximum lifetime in days').inputValue()).toBe('90');
  await change(`mutation { removeMember(input: { ${who} }) { removedUserId } }`);
  await page.evaluate(() => {
    const now = Date.now() + 60_000;
    Date.now = () => now;
    window.dispatchEvent(new Event('focus'));
  });
  await page.getByText('You no longer have access to this workspace').waitFor();
});

test('a change, a sign-out and a sign-in in one tab take effect in the others', async () => {
  const person = await web.wire.postern.person('Tara');
  const { page, open } = await web.visit(person, { path: '/tokens' });
  const other = await page.context().newPage();
  await other.goto('/tokens');
  await other.getByText('You have no tokens yet').waitFor();
  await fillTokenForm(page, 'From the first tab');
  await page.getByRole('button', { name: 'Create token' }).click();
  await page.getByRole('button', { name: 'I saved it' }).click();
  await other.getByRole('link', { name: 'From the first tab' }).waitFor();
  await page.getByRole('button', { name: 'Account of Tara' }).click();
  await page.getByRole('menuitem', { name: 'Sign out' }).click();
  await other.getByRole('heading', { name: 'Sign in' }).waitFor();
  await open('/sign-in');
  await signIn(page, person);
  await other.getByRole('link', { name: 'From the first tab' }).waitFor();
  await other.close();
});

test('a hidden tab refreshes once, when the user returns to it', async () => {
  const person = await web.wire.postern.person('Hetty');
  const { page } = await web.visit(person, { path: '/tokens' });
  const other = await page.context().newPage();
  await other.goto('/tokens');
  await other.getByText('You have no tokens yet').waitFor();
  await other.waitForLoadState('networkidle');
  const turn = (visibility: string) =>
    other.evaluate((state) => {
      Object.defineProperty(document, 'visibilityState', { configurable: true, value: state });
      document.dispatchEvent(new Event('visibilitychange'));
    }, visibility);
  const requests: string[] = [];
  other.on('request', (request) => requests.push(request.url()));
  await turn('hidden');
  for (const name of ['First', 'Second']) {
    await fillTokenForm(page, name);
    await page.getByRole('button', { name: 'Create token' }).click();
    await page.getByRole('button', { name: 'I saved it' }).click();
  }
  await page.goto('/tokens');
  await page.getByRole('link', { name: 'Second' }).waitFor();
  expect(requests).toEqual([]);
  await turn('visible');
  await other.getByRole('link', { name: 'Second' }).waitFor();
  await other.close();
});

test('a live message stays when the stream ends with the session', async () => {
  const { postern } = web.wire;
  const person = await postern.person('Lena', 'TEAM_MEMBER');
  const create = `mutation { createChannel(input: { workspaceId: "${postern.workspaceId}", name: "live" }) { channel { id } } }`;
  const { data } = await postern.post(create, {}, postern.owner.session);
  const { id } = data.createChannel.channel;
  const { page } = await web.visit(person);
  await page.goto(`/channels/${id}`);
  await page.getByText('Live', { exact: true }).waitFor();
  const publish = `mutation { publishMessage(input: { channelId: "${id}", payload: "came live" }) { message { id } } }`;
  await postern.post(publish, {}, postern.owner.session);
  await page.getByText('came live').waitFor();
  await endSessions(person);
  await page.getByRole('button', { name: 'Reconnect' }).or(page.getByRole('dialog')).waitFor();
  expect(await page.getByText('came live').count()).toBe(1);
});

describe('a tab after another user signed in in the same browser', () => {
  /** Gives the browser the session of another user, as a sign-in in a second tab does. */
  async function switchTo(page: Page, person: Person): Promise<void> {
    const [cookie] = await page.context().cookies();
    if (!cookie) throw new Error('the browser has no session cookie');
    await page.context().addCookies([{ ...cookie, value: person.session }]);
  }

  async function tokensOf(person: Person): Promise<string[]> {
    const query = '{ tokens { nodes { name } } }';
    const { data } = await web.wire.postern.post(query, {}, person.session);
    return data.tokens.nodes.map(({ name }: { name: string }) => name);
  }

  test('creates nothing for that user, explains why, and shows their pages after a reload', async () => {
    const [ada, bob] = [await web.wire.postern.person('Ada'), await web.wire.postern.person('Bob')];
    const { page } = await web.visit(ada);
    await fillTokenForm(page, 'Of Ada');
    await switchTo(page, bob);
    await page.getByRole('button', { name: 'Create token' }).click();
    const dialog = page.getByRole('dialog', { name: 'Someone else signed in' });
    await dialog.getByText('This page belongs to Ada').waitFor();
    expect([await tokensOf(ada), await tokensOf(bob)]).toEqual([[], []]);
    await dialog.getByRole('button', { name: 'Cancel' }).click();
    expect(await page.getByLabel('Name').inputValue()).toBe('Of Ada');
    await page.getByRole('alert').getByRole('button', { name: 'Reload' }).click();
    await page.getByRole('button', { name: 'Account of Bob' }).waitFor();
  });

  test('shows nothing of that user and does not sign them out', async () => {
    const [ada, bob] = [await web.wire.postern.person('Alma'), await web.wire.postern.person('Bert')];
    await createToken(web.wire.postern, bob.session, { name: 'Private to Bert' });
    const { page } = await web.visit(ada, { path: '/tokens' });
    await switchTo(page, bob);
    await page.getByRole('link', { name: 'Workspaces' }).click();
    await page.getByRole('dialog', { name: 'Someone else signed in' }).waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('link', { name: 'Access tokens' }).click();
    await page.getByRole('button', { name: 'Account of Alma' }).click();
    await page.getByRole('menuitem', { name: 'Sign out' }).click();
    await page.getByRole('dialog', { name: 'Someone else signed in' }).waitFor();
    expect(await page.content()).not.toContain('Private to Bert');
    expect(await tokensOf(bob)).toEqual(['Private to Bert']);
  });
});
