import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { createChannel } from '../support/channels.ts';
import { createPersonalToken, createWorkspaceToken } from '../support/tokens.ts';
import { type ConsoleTest, startConsole } from './support/console.ts';
import { revealSecret } from './support/secrets.ts';

let web: ConsoleTest;

beforeAll(async () => {
  web = await startConsole();
});
afterEach(() => web.expectNoComplaints());
afterAll(() => web.stop());

const COUNT = '{ tokens { totalCount } }';
const SCOPES = '{ viewer { token { name access scopes { entityType entityId operations } } } }';

async function countTokens(): Promise<number> {
  const { postern } = web.wire;
  return (await postern.post(COUNT, {}, postern.owner.session)).data.tokens.totalCount;
}

describe('a link to the form', () => {
  test('fills it in, and creates nothing until the user does', async () => {
    const { postern } = web.wire;
    const channelId = await createChannel(postern, { name: 'releases' });
    const before = await countTokens();
    const search = `name=CI%20deploy&description=Announces&scope=channel:publish:${channelId}%20channel:read:${channelId}&scope=workspace:list&expires=P90D`;
    const { page } = await web.visit(postern.owner, { path: `/tokens/new?${search}` });
    await page.getByText('This form was filled in for you.').waitFor();
    expect(await page.getByLabel('Name').inputValue()).toBe('CI deploy');
    expect(await page.getByLabel('Expires').inputValue()).toBe('P90D');
    expect(await page.getByLabel('Scoped').isChecked()).toBe(true);
    expect(new URL(page.url()).search).toBe('');
    expect(await countTokens()).toBe(before);

    await page.getByRole('button', { name: 'Create token' }).click();
    const secret = await revealSecret(page, 'Your new token');
    expect((await postern.post(SCOPES, {}, secret)).data.viewer.token).toEqual({
      name: 'CI deploy',
      access: 'SCOPED',
      scopes: [
        { entityType: 'channel', entityId: channelId, operations: ['READ', 'PUBLISH'] },
        { entityType: 'workspace', entityId: null, operations: ['LIST'] },
      ],
    });
  });

  test.each([
    ['a name that is too long', `name=${'x'.repeat(101)}`, 'The name must have 1 to 100 characters.'],
    ['a name with hidden characters', 'name=a%E2%80%AEb', 'The name must not contain control'],
    [
      'unknown scopes',
      `name=x&name=y&expires=soon&${['channel:read', 'constructor:read', 'channel:sell', 'channel:read:chn_0', 'channel:read:%25zz', '%3Cscript%3Ealert(1)%3C/script%3E'].map((scope) => `scope=${scope}`).join('&')}`,
      /It has "name" twice\. The lifetime must be a positive .*\. Scope 2 names .* Scope 3 names .* Scope 4 names .* Scope 5 names .* Scope 6 names /,
    ],
    ['a lifetime that is too long', 'name=x&expires=P10Y', 'The lifetime is shorter than a day or longer'],
    ['too many scopes', `scope=${'channel:read+'.repeat(65)}`, 'It names more than 64 scopes.'],
    ['too much', `name=${'x'.repeat(8000)}`, 'It is too long.'],
  ])('with %s fills in nothing, and says why', async (_, search, problem) => {
    const { page } = await web.visit(web.wire.postern.owner, { path: `/tokens/new?${search}` });
    await page.getByRole('alert').getByText(problem).waitFor();
    expect(await page.getByLabel('Name').inputValue()).toBe('');
    expect(await page.getByLabel('Scoped').isChecked()).toBe(false);
  });

  test('does not replace what the user has entered, unless the user wants that', async () => {
    const { page } = await web.visit(web.wire.postern.owner, { path: '/tokens/new' });
    await page.getByLabel('Name').fill('Half done');
    await page.goto('/tokens/new?name=Other&scope=channel:read');
    await page.getByRole('button', { name: 'Keep what I entered' }).click();
    expect(await page.getByLabel('Name').inputValue()).toBe('Half done');
    await page.goto('/tokens/new?name=Other&scope=channel:read');
    await page.getByRole('button', { name: 'Replace' }).click();
    expect(await page.getByLabel('Name').inputValue()).toBe('Other');
    await page.getByText('This form was filled in for you.').waitFor();
    await page.reload();
    expect(await page.getByLabel('Name').inputValue()).toBe('Other');
  });
});

describe('"Duplicate" opens the form with the values of a token', () => {
  test('of a person, without its secret', async () => {
    const { postern } = web.wire;
    const scopes = [{ entityType: 'channel', operations: ['READ', 'LIST'] }];
    const input = { name: 'Exporter', description: 'Nightly', access: 'SCOPED', scopes };
    const limits = { uses: 500 };
    const token = await createPersonalToken(postern, postern.owner.session, { ...input, limits });
    const { page } = await web.visit(postern.owner, { path: `/tokens/${token.id}` });
    await page.getByRole('button', { name: 'Duplicate' }).click();
    await page.getByText('This form was filled in for you.').waitFor();
    expect(await page.getByLabel('Name').inputValue()).toBe('Exporter (copy)');
    expect(await page.getByLabel('Description').inputValue()).toBe('Nightly');
    expect(await page.getByLabel('Uses').inputValue()).toBe('500');
    expect(await page.getByLabel('Expires').inputValue()).toBe('P30D');
    expect(await page.content()).not.toContain(token.secret);
    await page.getByRole('button', { name: 'Create token' }).click();
    const secret = await revealSecret(page, 'Your new token');
    expect(secret).not.toBe(token.secret);
    expect((await postern.post(SCOPES, {}, secret)).data.viewer.token.scopes).toEqual([
      { entityType: 'channel', entityId: null, operations: ['READ', 'LIST'] },
    ]);
  });

  test('of a workspace, from the menu of its row', async () => {
    const { postern } = web.wire;
    const token = await createWorkspaceToken(postern, 'TEAM_MEMBER', { name: 'Deployer', subject: 'acme' });
    const path = `/workspaces/${postern.workspaceId}/access-tokens`;
    const { page } = await web.visit(postern.owner, { path });
    await page.getByRole('button', { name: 'Actions for Deployer' }).click();
    await page.getByRole('menuitem', { name: 'Duplicate' }).click();
    await page.getByText('This form was filled in for you.').waitFor();
    expect(await page.getByLabel('Name').inputValue()).toBe('Deployer (copy)');
    expect(await page.getByLabel('Role', { exact: true }).inputValue()).toBe('TEAM_MEMBER');
    expect(await page.getByLabel('Subject').inputValue()).toBe('acme');
    expect(await page.content()).not.toContain(token.secret);
  });

  test('and explains why it cannot, if the token is absent or of another workspace', async () => {
    const { postern } = web.wire;
    const token = await createWorkspaceToken(postern, 'VIEWER');
    for (const from of [token.id, 'tok_0', '%3Cimg%20src=x%3E']) {
      const { page } = await web.visit(postern.owner, { path: `/tokens/new?from=${from}` });
      await page.getByRole('alert').getByText("The token to duplicate doesn't exist").waitFor();
      expect(await page.getByLabel('Name').inputValue()).toBe('');
    }
  });
});

test('what is typed while a pasted query is examined stays', async () => {
  const { page } = await web.visit(web.wire.postern.owner, { path: '/tokens/new' });
  await page.getByText('Paste the query that your script sends').click();
  await page.getByLabel('Query', { exact: true }).fill('{ tokens { totalCount } }');
  let send = () => {};
  const typed = new Promise<void>((resolve) => {
    send = resolve;
  });
  await page.route('**/graphql', async (route) => {
    await typed;
    await route.continue();
  });
  await page.getByRole('button', { name: 'Fill in scopes' }).click();
  await page.getByLabel('Name').fill('Typed meanwhile');
  send();
  await page.getByText('The scopes below are what the query requires.').waitFor();
  expect(await page.getByLabel('Name').inputValue()).toBe('Typed meanwhile');
});

test('a pasted query fills in the scopes that it requires', async () => {
  const { postern } = web.wire;
  const { page } = await web.visit(postern.owner, { path: '/tokens/new' });
  await page.getByText('Paste the query that your script sends').click();
  const query = page.getByLabel('Query', { exact: true });
  const fill = page.getByRole('button', { name: 'Fill in scopes' });
  await query.fill('{ channels { nodes { name } } ');
  await fill.click();
  await page.getByRole('alert').getByText('Syntax Error').waitFor();

  await query.fill('query ($id: ID!) { workspace(id: $id) { name auditEvents { totalCount } } }');
  await page.getByLabel('Variables (optional)').fill(JSON.stringify({ id: postern.workspaceId }));
  await fill.click();
  await page
    .getByText("workspace.auditEvents requires a workspace role, which personal tokens don't have.")
    .waitFor();
  expect(await page.getByLabel('Resource').inputValue()).toBe(postern.workspaceId);

  const workspace = 'query ($id: ID!) { workspace(id: $id) { name } }';
  await query.fill(workspace);
  await fill.click();
  await page.getByText('The scopes below are what the query requires.').waitFor();
  await page.getByLabel('Name').fill('Reader');
  await page.getByRole('button', { name: 'Create token' }).click();
  const secret = await revealSecret(page, 'Your new token');
  expect((await postern.post(workspace, { id: postern.workspaceId }, secret)).errors).toEqual([]);
  expect((await postern.post(COUNT, {}, secret)).code).toBe('FORBIDDEN');
});

test('a text that is too long is refused beside its field, and never cut', async () => {
  const { postern } = web.wire;
  const person = await postern.person('Lotte');
  const { page, open } = await web.visit(person, { path: '/tokens/new' });
  await page.getByLabel('Name').focus();
  await page.keyboard.insertText('x'.repeat(101));
  await page.getByLabel('Full access').check();
  await page.getByRole('button', { name: 'Create token' }).click();
  await page.getByText('This must have 1 to 100 characters.').waitFor();
  const isFocused = (field: Element) => field === document.activeElement;
  await expect.poll(() => page.getByLabel('Name').evaluate(isFocused)).toBe(true);
  await page.getByLabel('Name').fill('Short enough');
  await page.getByLabel('Networks').fill('not a network');
  await page.getByRole('button', { name: 'Create token' }).click();
  await expect.poll(() => page.getByLabel('Networks').evaluate(isFocused)).toBe(true);
  await open('/account');
  await page.getByLabel('Current password').fill(person.password);
  for (const label of ['New password', 'Confirm new password']) {
    await page.getByLabel(label, { exact: true }).focus();
    await page.keyboard.insertText('long enough '.repeat(30));
  }
  await page.getByRole('button', { name: 'Change password' }).click();
  await page.getByText('This must have 12 to 256 characters.').waitFor();
});
