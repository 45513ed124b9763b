import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { sample } from '../support/test-length.ts';
import { showIn, violationsNow } from './support/axe.ts';
import { type ConsoleTest, startConsole } from './support/console.ts';
import { revealSecret } from './support/secrets.ts';

let web: ConsoleTest;

beforeAll(async () => {
  web = await startConsole();
});
afterEach(() => web.expectNoComplaints());
afterAll(() => web.stop());

test('"Token for this query" opens the form with the query and its variables, and keeps them from the address', async () => {
  const { postern } = web.wire;
  const { page } = await web.visit(postern.owner);
  await page.goto('/graphql');
  await page.getByRole('button', { name: 'Tokens', exact: true }).click();
  const opened = page.context().waitForEvent('page');
  await page.getByRole('button', { name: 'Token for this query' }).click();
  const form = await opened;
  await form.getByRole('heading', { name: 'New access token' }).waitFor();
  expect(form.url()).toBe(`${web.wire.origin}/tokens/new`);
  expect(await form.getByLabel('Query').inputValue()).toContain('tokens(');
  expect(await form.evaluate(() => sessionStorage.getItem('postern.query'))).toBeNull();
  expect(await page.evaluate(() => sessionStorage.getItem('postern.query'))).toBeNull();

  expect(await form.getByLabel('Variables').inputValue()).toContain('LAST_USED_AT');
  await form.getByRole('button', { name: 'Fill in scopes' }).click();
  await form.getByLabel('Name').fill('Lister');
  await form.getByRole('button', { name: 'Create token' }).click();
  const secret = await revealSecret(form, 'Your new token');
  const { data } = await postern.post(
    '{ viewer { token { scopes { entityType operations } } } }',
    {},
    secret,
  );
  expect(data.viewer.token.scopes).toEqual([{ entityType: 'token', operations: ['LIST'] }]);
});

type Editors = {
  readonly __MONACO: {
    editor: { getModels(): { uri: { path: string }; getValue(): string; setValue(text: string): void }[] };
  };
};

function responseOn(page: Page): Promise<string> {
  return page.evaluate(() => {
    const models = (globalThis as unknown as Editors).__MONACO.editor.getModels();
    return models.find(({ uri }) => uri.path.endsWith('response.json'))?.getValue() ?? '';
  });
}

/** How long after a change GraphiQL reads which operations a query has. It runs by name one that it has read before. */
const PARSING_DELAY_MS = 100;

/** Opens a tab of GraphiQL, and waits by the clock of the page until GraphiQL has read the query. */
async function openTab(page: Page, name: string): Promise<void> {
  await page.getByRole('button', { name, exact: true }).click();
  await page.evaluate((delay) => new Promise((resolve) => setTimeout(resolve, delay)), PARSING_DELAY_MS);
}

/** Runs the operation of the open tab, or the named one of several. Returns what the response says. */
async function run(page: Page, said: RegExp, operation?: string): Promise<string> {
  await page.getByRole('button', { name: /Execute query/ }).click();
  if (operation) await page.getByRole('menuitem', { name: operation }).click();
  await expect.poll(() => responseOn(page)).toMatch(said);
  return responseOn(page);
}

async function runTab(page: Page, name: string, said: RegExp, operation?: string): Promise<string> {
  await openTab(page, name);
  return run(page, said, operation);
}

/** Enters the password of a user into the variables of the first tab. The editor would close brackets while someone types. */
async function enterPassword(
  page: Page,
  { email, password }: { email: string; password: string },
): Promise<void> {
  await page.evaluate(
    (variables) => {
      const models = (globalThis as unknown as Editors).__MONACO.editor.getModels();
      models.find(({ uri }) => uri.path.endsWith('variables.json'))?.setValue(variables);
    },
    JSON.stringify({ input: { email, password } }),
  );
}

/** At short length, the tabs are run on the wide one only. The next test looks at a phone. */
const VIEWPORTS = sample(
  [
    ['a desktop', { width: 1280, height: 800 }],
    ['a phone', { width: 390, height: 844 }],
  ] as const,
  2,
);

test.each(VIEWPORTS)(
  'on %s, the tabs of GraphiQL work in order, with ids and secrets from earlier responses',
  async (_, viewport) => {
    const { postern } = web.wire;
    const { page, complaints } = await web.visit();
    await page.setViewportSize(viewport);
    await page.goto('/graphql');
    await page.getByRole('button', { name: 'SignIn', exact: true }).waitFor();
    await enterPassword(page, postern.owner);
    await run(page, /"expiresAt"/);
    const created = await runTab(page, 'CreateToken', /"secret": "pat_/);
    const { secret, token } = JSON.parse(created).data.createToken;
    await runTab(
      page,
      'WhoAmI',
      new RegExp(`"PERSONAL_TOKEN"[\\s\\S]*${token.identifier}[\\s\\S]*"allowed": true`),
    );
    await runTab(page, 'Refused', /"code": "FORBIDDEN"[\s\S]*"reason": "MISSING_SCOPE"/);
    await runTab(page, 'Tokens', new RegExp(token.id));
    await runTab(page, 'UpdateToken', /"Follows channels"/);
    const channelId = JSON.parse(await runTab(page, 'CreateChannel', /"id": "chn_/)).data.createChannel
      .channel.id;

    await openTab(page, 'Follow');
    await page.getByRole('button', { name: /Execute query/ }).click();
    const publish =
      'mutation ($input: PublishMessageInput!) { publishMessage(input: $input) { message { id } } }';
    await expect
      .poll(async () => {
        await postern.post(publish, { input: { channelId, payload: 'Seen' } }, postern.owner.session);
        return responseOn(page);
      })
      .toContain('"payload": "Seen"');
    await page.getByRole('button', { name: /Stop query/ }).click();

    await runTab(page, 'DisableToken', /"DISABLED"/, 'DisableToken');
    await runTab(page, 'WhoAmI', /"code": "TOKEN_DISABLED"/);
    await runTab(page, 'DisableToken', /"ACTIVE"/, 'EnableToken');
    const regenerated = JSON.parse(await runTab(page, 'RegenerateToken', /"secret": "pat_/));
    expect(regenerated.data.regenerateToken.secret).not.toBe(secret);
    await runTab(page, 'WhoAmI', /"PERSONAL_TOKEN"/);
    await runTab(page, 'RevokeToken', /"REVOKED"/);
    await runTab(page, 'WhoAmI', /"code": "TOKEN_REVOKED"/);
    await runTab(page, 'DeleteToken', new RegExp(`"deletedTokenId": "${token.id}"`));
    // The browser logs the two responses for the disabled and the revoked token.
    expect(complaints.splice(0)).toEqual(Array(2).fill(expect.stringContaining('status of 401')));
  },
);

test('GraphiQL passes axe in both colour schemes, and fits a small phone', async () => {
  const { page } = await web.visit(web.wire.postern.owner);
  await page.goto('/graphql');
  await openTab(page, 'WhoAmI');
  await page.getByRole('button', { name: 'Show Documentation Explorer' }).click();
  await page.getByRole('link', { name: 'Mutation', exact: true }).waitFor();
  expect(await page.locator('[aria-current="true"]').allInnerTexts()).toEqual(['WhoAmI']);
  for (const colorScheme of ['light', 'dark'] as const) {
    await showIn(page, colorScheme);
    expect(await violationsNow(page)).toEqual([]);
  }

  await page.setViewportSize({ width: 320, height: 640 });
  await page.goto('/graphql');
  await page.getByRole('button', { name: 'WhoAmI', exact: true }).click();
  await page.getByRole('button', { name: 'Headers' }).waitFor();
  expect(await violationsNow(page)).toEqual([]);
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(320);
  await page.getByRole('link', { name: 'Open the console' }).click();
  await page.getByRole('heading', { name: 'Access tokens' }).waitFor();
});
