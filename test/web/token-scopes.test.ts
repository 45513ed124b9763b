import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { createToken } from './support/api.ts';
import { type ConsoleTest, startConsole } from './support/console.ts';
import { revealSecret } from './support/secrets.ts';

let web: ConsoleTest;

beforeAll(async () => {
  web = await startConsole({ POSTERN_TOKENS_PER_USER: '15' });
});
afterEach(() => web.expectNoComplaints());
afterAll(() => web.stop());

/** Returns the error code that a secret gets for a list of workspaces; `allowed` if there is none. */
async function listWith(secret: string): Promise<string> {
  const { code } = await web.wire.postern.post('{ workspaces { totalCount } }', {}, secret);
  return code ?? 'allowed';
}

test('a scoped token needs complete scopes, and can do what they allow', async () => {
  const { page } = await web.visit(web.wire.postern.owner);
  await page.goto('/tokens/new');
  await page.getByLabel('Name').fill('Lister');
  await page.getByLabel('Scoped').check();
  const create = page.getByRole('button', { name: 'Create token' });
  const more = page.getByRole('button', { name: 'Add scope' });
  await more.waitFor();
  expect(await page.getByLabel('Resource').isDisabled()).toBe(true);
  expect([await create.isDisabled(), await more.isDisabled()]).toEqual([true, true]);
  await page.getByLabel('Type').selectOption('workspace');
  expect(await page.getByLabel('Resource').isDisabled()).toBe(false);
  expect(await create.isDisabled()).toBe(true);
  await page.getByLabel('list', { exact: true }).check();
  expect([await create.isDisabled(), await more.isDisabled()]).toEqual([false, false]);
  await create.click();
  const secret = await revealSecret(page, 'Your new token');
  expect(await listWith(secret)).toBe('allowed');
});

test('a rejected scope is marked at its field, until it is edited', async () => {
  const { postern } = web.wire;
  const input = { workspaceId: postern.workspaceId, name: 'invoice', operations: [{ name: 'READ' }] };
  await postern.post(
    'mutation ($input: RegisterEntityTypeInput!) { registerEntityType(input: $input) { entityType { name } } }',
    { input },
    postern.owner.session,
  );
  const { page } = await web.visit(postern.owner, { path: '/tokens/new' });
  await page.getByLabel('Name').fill('Invoices');
  await page.getByLabel('Scoped').check();
  const scope = (index: number) => page.getByRole('group', { name: `Scope ${index}` });
  await scope(1).getByLabel('Type').selectOption('workspace');
  await scope(1).getByLabel('read', { exact: true }).check();
  await page.getByRole('button', { name: 'Add scope' }).click();
  await scope(2).getByLabel('Type').selectOption('invoice');
  await scope(2).getByLabel('Resource').fill('2030-*');
  await scope(2).getByLabel('read', { exact: true }).check();
  await page.getByRole('button', { name: 'Create token' }).click();
  const error = scope(2).getByRole('alert');
  await error.getByText('This must be the beginning of an id').waitFor();
  expect(await page.getByRole('alert').filter({ hasText: /./ }).count()).toBe(1);
  await page.getByRole('button', { name: 'Remove scope 1' }).click();
  await scope(1).getByRole('alert').getByText('This must be the beginning of an id').waitFor();
  await scope(1).getByLabel('Resource').fill('2030-01');
  await scope(1).getByRole('alert').waitFor({ state: 'detached' });
  await page.getByRole('button', { name: 'Create token' }).click();
  await page.getByRole('region', { name: 'Your new token' }).waitFor();
});

test('the page of a token loads resources only to name one in its scopes, or to choose one', async () => {
  const { postern } = web.wire;
  const broad = { entityType: 'channel', operations: ['PUBLISH'] };
  const narrow = { entityType: 'workspace', entityId: postern.workspaceId, operations: ['READ'] };
  const access = 'SCOPED';
  const create = (name: string, scopes: object[]) =>
    createToken(postern, postern.owner.session, { name, access, scopes });
  const { id } = await create('Broad', [broad]);
  const { page } = await web.visit(postern.owner);
  const loaded: string[] = [];
  page.on('request', (request) => {
    if (request.postData()?.includes('"ScopeTargets"')) loaded.push(page.url());
  });
  await page.goto(`/tokens/${id}`);
  await page.getByText('Can publish to all channels, until').waitFor();
  await page.waitForLoadState('networkidle');
  expect(loaded).toHaveLength(0);
  await page.getByRole('button', { name: 'Add scope' }).click();
  const dialog = page.getByRole('dialog', { name: 'Add a scope to “Broad”' });
  await dialog.getByLabel('Type').selectOption('channel');
  expect(loaded).toHaveLength(1);

  await page.goto(`/tokens/${(await create('Narrow', [narrow])).id}`);
  await page.getByText(/^Can read the workspace (?!wsp_)/).waitFor();
  expect(loaded).toHaveLength(2);
});

test('scopes are added and deleted one by one and all together, and the same secret is affected immediately', async () => {
  const { postern } = web.wire;
  const { id, secret } = await createToken(postern, postern.owner.session, {
    name: 'Growing',
    access: 'SCOPED',
    scopes: [],
  });
  const { page } = await web.visit(postern.owner);
  await page.goto(`/tokens/${id}`);
  await page.getByText("This token can't do anything yet").waitFor();

  for (const type of ['workspace', 'channel']) {
    await page.getByRole('button', { name: 'Add scope' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('Type').selectOption(type);
    await dialog.getByLabel('list', { exact: true }).check();
    await dialog.getByRole('button', { name: 'Add scope' }).click();
    await dialog.waitFor({ state: 'detached' });
  }
  await page.getByRole('button', { name: 'Delete the scope on channel' }).waitFor();
  expect(await listWith(secret)).toBe('allowed');

  await page.getByRole('button', { name: 'Delete the scope on workspace' }).click();
  await page.getByRole('dialog').getByText('loses the permission to').waitFor();
  await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click();
  await page.getByRole('button', { name: 'Delete the scope on workspace' }).waitFor({ state: 'detached' });
  expect(await listWith(secret)).toBe('FORBIDDEN');

  await page.getByRole('button', { name: 'Delete all' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Delete all' }).click();
  await page.getByText("This token can't do anything yet").waitFor();
});

test('a resource is shown by its name', async () => {
  const { postern } = web.wire;
  const { id } = await createToken(postern, postern.owner.session, {
    name: 'Precise',
    access: 'SCOPED',
    scopes: [{ entityType: 'workspace', entityId: postern.workspaceId, operations: ['READ'] }],
  });
  const { data } = await postern.post(
    'query ($id: ID!) { workspace(id: $id) { name } }',
    { id: postern.workspaceId },
    postern.owner.session,
  );
  const { page } = await web.visit(postern.owner);
  await page.goto(`/tokens/${id}`);
  await page
    .getByRole('table', { name: 'Scopes' })
    .getByRole('cell', { name: data.workspace.name })
    .waitFor();
});

test('the page shows what the token can do, without using it or asking for its secret', async () => {
  const { postern } = web.wire;
  const { id } = await createToken(postern, postern.owner.session, {
    name: 'Looked at',
    access: 'SCOPED',
    scopes: [{ entityType: 'workspace', operations: ['LIST'] }],
  });
  const { page } = await web.visit(postern.owner);
  await page.goto(`/tokens/${id}`);
  await page
    .getByRole('region', { name: 'What the token can do' })
    .getByRole('row', { name: /^list allowed refused: The token has no scope for this\. refused/ })
    .waitFor();
  await page.getByText('Never used').waitFor();

  await postern.post(
    'mutation ($id: ID!) { disableToken(input: { id: $id }) { token { id } } }',
    { id },
    postern.owner.session,
  );
  await page.reload();
  await page
    .getByText('Every request is refused. This token is disabled. Enable it to use it again.')
    .waitFor();
});

test('the code samples for curl, JavaScript and Python do not contain the secret', async () => {
  const { postern } = web.wire;
  const { id, secret } = await createToken(postern, postern.owner.session, {
    name: 'Called',
    access: 'FULL',
  });
  const { page } = await web.visit(postern.owner);
  await page.goto(`/tokens/${id}`);
  for (const [language, word] of [
    ['Python', 'urllib.request'],
    ['JavaScript', 'await fetch'],
    ['curl', 'curl http'],
  ] as const) {
    await page.getByRole('button', { name: language, exact: true }).click();
    const code = page.locator('.samples pre').getByText(word);
    await code.waitFor();
    expect(await code.textContent()).not.toContain(secret.slice(0, 12));
  }
});

test('derived tokens are listed below the token that created them', async () => {
  const { postern } = web.wire;
  const scopes = [{ entityType: 'token', operations: ['CREATE', 'READ'] }];
  const { id, secret } = await createToken(postern, postern.owner.session, {
    name: 'Root',
    access: 'SCOPED',
    scopes,
  });
  const child = await createToken(postern, secret, { name: 'Branch', access: 'SCOPED', scopes });
  await createToken(postern, child.secret, { name: 'Leaf', access: 'NONE' });
  const { page } = await web.visit(postern.owner);
  await page.goto(`/tokens/${id}`);
  await page.locator('.derived .derived').getByRole('link', { name: 'Leaf' }).click();
  await page.getByRole('heading', { name: 'Leaf' }).waitFor();
  await page.locator('.description-list').getByRole('link', { name: 'Branch' }).waitFor();
});

test('a form that would exceed a limit names the limit', async () => {
  const { postern } = web.wire;
  const person = await postern.person('Lena');
  for (let count = 1; count <= 15; count += 1) {
    await createToken(postern, person.session, { name: `Worker ${count}` });
  }
  const { page } = await web.visit(person, { path: '/tokens/new' });
  await page.getByLabel('Name').fill('One too many');
  await page.getByLabel('No access').check();
  await page.getByRole('button', { name: 'Create token' }).click();
  await page.getByText('A user can have at most 15 tokens. Delete some first.').waitFor();
});
