import { sql } from 'kysely';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import type { Person } from '../support/app.ts';
import { createChannel } from '../support/channels.ts';
import { createPersonalToken, createWorkspaceToken } from '../support/tokens.ts';
import { type ConsoleTest, startConsole } from './support/console.ts';

let web: ConsoleTest;
let manager: Person;
let viewer: Person;
let home: string;

beforeAll(async () => {
  web = await startConsole();
  manager = await web.wire.postern.person('Mara', 'WORKSPACE_MANAGER');
  viewer = await web.wire.postern.person('Vera', 'VIEWER');
  home = `/workspaces/${web.wire.postern.workspaceId}`;
  await createWorkspaceToken(web.wire.postern, 'VIEWER', { name: 'Shared bot' });
  await createWorkspaceToken(web.wire.postern, 'ADMINISTRATOR', { name: 'High bot' });
});
afterEach(() => web.expectNoComplaints());
afterAll(() => web.stop());

test('a user creates a workspace and is its Owner', async () => {
  const { page, open } = await web.visit(viewer);
  await open('/workspaces');
  await page.getByRole('button', { name: 'New workspace' }).click();
  await page.getByRole('dialog').getByLabel('Name').fill('Lighthouse');
  await page.getByRole('button', { name: 'Create workspace' }).click();
  await page.getByRole('heading', { name: 'Lighthouse' }).waitFor();
  await page.getByText('You are Owner').waitFor();
  await page.getByText('No workspace tokens yet').waitFor();
});

test('an Owner creates a workspace token, whose secret is shown once', async () => {
  const { page, open } = await web.visit(web.wire.postern.owner);
  await open(`${home}/access-tokens`);
  await page.getByRole('link', { name: 'New workspace token' }).click();
  await page.getByLabel('Name').fill('Deployer');
  await page.getByLabel('Role', { exact: true }).selectOption('TEAM_MEMBER');
  await page.getByLabel('Expires').selectOption('never');
  await page.getByText('stays a risk').waitFor();
  await page.getByRole('button', { name: 'Create token' }).click();
  await page.getByRole('region', { name: 'Your new token' }).getByText(/^wst_/).waitFor();
  await page.reload();
  await page.getByRole('heading', { name: 'Deployer' }).waitFor();
  expect(await page.getByRole('region', { name: 'Your new token' }).count()).toBe(0);
});

test('a Viewer sees the tokens, and why each action is not allowed', async () => {
  const { page, open } = await web.visit(viewer);
  await open(`${home}/access-tokens`);
  await page.getByRole('button', { name: 'Actions for Shared bot' }).click();
  const edit = page.getByRole('menuitem', { name: 'Edit' });
  expect(await edit.getAttribute('aria-disabled')).toBe('true');
  expect(await edit.textContent()).toBe('EditRequires the Workspace Manager role');
  expect(await page.getByRole('menuitem', { name: 'Delete' }).textContent()).toBe(
    'DeleteRequires the Administrator role',
  );
  await page.keyboard.press('Escape');
  expect(await page.getByRole('button', { name: 'New workspace token' }).isDisabled()).toBe(true);
  const tabs = page.getByRole('navigation', { name: /^Sections of/ });
  expect(await tabs.getByRole('link', { name: 'Audit log' }).count()).toBe(0);
  await tabs.getByRole('link', { name: 'Token policy' }).click();
  await page.getByText('Requires the Administrator role.').waitFor();
  expect(await page.getByRole('checkbox', { name: 'Workspace tokens must expire' }).isDisabled()).toBe(true);
});

test('a Manager edits tokens up to their own role, and can disable none', async () => {
  const { page, open } = await web.visit(manager);
  await open(`${home}/access-tokens`);
  await page.getByRole('button', { name: 'Actions for High bot' }).click();
  await page.getByRole('menuitem', { name: /^Edit.*Administrator role is above yours/ }).waitFor();
  await page.keyboard.press('Escape');
  await page.getByRole('button', { name: 'Actions for Shared bot' }).click();
  await page.getByRole('menuitem', { name: /^Disable.*Requires the Administrator role/ }).waitFor();
  await page.getByRole('menuitem', { name: 'Edit' }).click();
  const roles = page.getByRole('dialog').getByLabel('Role', { exact: true }).getByRole('option');
  expect(await roles.allTextContents()).toEqual(['Viewer', 'Team Member', 'Workspace Manager']);
  await page.getByRole('dialog').getByLabel('Name').fill('Renamed bot');
  await page.getByRole('dialog').getByRole('button', { name: 'Save' }).click();
  await page.getByRole('link', { name: 'Renamed bot' }).waitFor();
});

test('members are invited with a secret that is shown once, and their role can change', async () => {
  const { page, open } = await web.visit(web.wire.postern.owner);
  await open(`${home}/members`);
  await page.getByRole('button', { name: 'Invite' }).click();
  await page.getByRole('dialog').getByLabel('Email').fill('guest@example.com');
  await page.getByRole('dialog').getByRole('button', { name: 'Invite' }).click();
  await page
    .getByRole('region', { name: 'Invitation for guest@example.com' })
    .getByText(/\/invitation#inv_•+$/)
    .waitFor();
  await page.getByRole('button', { name: 'Actions for Vera' }).click();
  await page.getByRole('menuitem', { name: 'Change role' }).click();
  await page.getByRole('dialog').getByLabel('Role', { exact: true }).selectOption('TEAM_MEMBER');
  await page.getByRole('dialog').getByRole('button', { name: 'Save' }).click();
  await page.getByRole('row', { name: /Vera.*Team Member/ }).waitFor();
  await page.getByRole('button', { name: 'Cancel invitation' }).click();
  await page.getByText('No pending invitations.').waitFor();
});

test('the token policy limits the form for new tokens', async () => {
  const { postern } = web.wire;
  const { page, open } = await web.visit(postern.owner);
  const workspaceId = await postern.workspace('Strict', [[postern.owner, 'OWNER']]);
  await open(`/workspaces/${workspaceId}/token-policy`);
  await page.getByLabel('Maximum lifetime in days').fill('14');
  await page.getByLabel('Workspace tokens must expire').check();
  await page.getByLabel('Owner', { exact: true }).uncheck();
  await page.getByRole('button', { name: 'Save policy' }).click();
  await page.getByText('Token policy saved').waitFor();
  await open(`/workspaces/${workspaceId}/access-tokens/new`);
  expect(await page.getByLabel('Expires').getByRole('option').allTextContents()).toEqual([
    '7 days',
    'Custom date',
  ]);
  expect(await page.getByLabel('Role', { exact: true }).getByRole('option').allTextContents()).not.toContain(
    'Owner',
  );
});

test('saving a policy first says which tokens it cuts off, and asks', async () => {
  const { postern } = web.wire;
  const workspaceId = await postern.workspace('Careful', [
    [postern.owner, 'OWNER'],
    [viewer, 'VIEWER'],
  ]);
  await createPersonalToken(postern, viewer.session, { name: 'Notebook' });
  await createWorkspaceToken(postern, 'VIEWER', { workspaceId, name: 'Runner', expires: { never: true } });
  const { page, open } = await web.visit(postern.owner);
  await open(`/workspaces/${workspaceId}/token-policy`);
  await page.getByLabel('Personal tokens can access this workspace').uncheck();
  await page.getByLabel('Maximum lifetime in days').fill('14');
  await page.getByRole('button', { name: 'Save policy' }).click();
  const dialog = page.getByRole('dialog', { name: 'This policy cuts off tokens' });
  await dialog.getByText('1 personal token can no longer access this workspace').waitFor();
  expect(await dialog.getByRole('listitem').allTextContents()).toEqual(['Vera: 1 personal token', 'Runner']);
  await dialog.getByRole('button', { name: 'Cancel' }).click();
  const policy = async () => {
    const query = 'query ($id: ID!) { workspace(id: $id) { tokenPolicy { personalTokens maxLifetime } } }';
    return (await postern.post(query, { id: workspaceId }, postern.owner.session)).data.workspace.tokenPolicy;
  };
  expect(await policy()).toEqual({ personalTokens: 'ALLOWED', maxLifetime: null });
  await page.getByRole('button', { name: 'Save policy' }).click();
  await dialog.getByRole('button', { name: 'Save policy' }).click();
  await page.getByText('Token policy saved').waitFor();
  expect(await policy()).toEqual({ personalTokens: 'FORBIDDEN', maxLifetime: 'P14D' });
  expect(await dialog.count()).toBe(0);
});

test('an Administrator reads and filters the audit log', async () => {
  const { page, open } = await web.visit(web.wire.postern.owner);
  await open(`${home}/audit-log`);
  await page.getByLabel('Action').selectOption('token.created');
  await page.getByRole('table', { name: 'Audit log' }).getByText('Token created').first().waitFor();
  await page.getByLabel('Action').selectOption('workspace.deleted');
  await page.getByText('No events').waitFor();
});

test('deleting a workspace requires typing its name', async () => {
  const { postern } = web.wire;
  const workspaceId = await postern.workspace('Doomed', [[postern.owner, 'OWNER']]);
  const { page, open } = await web.visit(postern.owner);
  await open(`/workspaces/${workspaceId}/settings`);
  await page.getByRole('button', { name: 'Delete workspace' }).click();
  const button = page.getByRole('dialog').getByRole('button', { name: 'Delete workspace' });
  expect(await button.isDisabled()).toBe(true);
  await page.getByLabel('Type “Doomed” to confirm').fill('Doomed');
  await button.click();
  await page.getByRole('heading', { name: 'Workspaces', exact: true }).waitFor();
  expect(await page.getByRole('link', { name: 'Doomed' }).count()).toBe(0);
});

test('a log with more events than the API counts shows that there are more', async () => {
  const { postern } = web.wire;
  await sql`
    insert into audit_events (id, at, action, workspace_id, detail)
    with recursive n(i) as (select 1 union all select i + 1 from n where i < 10001)
    select 'long ' || w.id || i, 1, 'workspace.updated', w.id, '{}' from n cross join workspaces as w`.execute(
    postern.database.db,
  );
  const { page, open } = await web.visit(postern.owner);
  await open(`${home}/audit-log`);
  await page.getByText('10,000+ events').waitFor();
});

test('the scopes of a workspace token can be about its own workspace only', async () => {
  const { postern } = web.wire;
  const owner = await postern.person('Olga');
  const own = await postern.workspace('Harbour', [[owner, 'OWNER']]);
  const other = await postern.workspace('Meadow', [[owner, 'OWNER']]);
  await createChannel(postern, { workspaceId: own, name: 'ships', by: owner.session });
  await createChannel(postern, { workspaceId: other, name: 'sheep', by: owner.session });
  const { page, open } = await web.visit(owner);
  await open(`/workspaces/${own}/access-tokens/new`);
  await page.getByLabel('Name').fill('Customer');
  await page.getByLabel('Role', { exact: true }).selectOption('TEAM_MEMBER');
  await page.getByLabel('Scoped').check();
  const options = (label: string) =>
    page.getByLabel(label, { exact: true }).locator('option').allTextContents();
  expect(await options('Type')).toEqual(['Choose…', 'workspace', 'channel']);
  await page.getByLabel('Type').selectOption('channel');
  expect(await options('Resource')).toEqual(['All channels', 'ships']);
  expect(await options('Workspace')).toEqual(['Harbour']);
  await page.getByRole('button', { name: 'Read', exact: true }).click();
  await page.getByText(/^Can read, list, and subscribe to all channels in Harbour, until/).waitFor();
  await page.getByRole('button', { name: 'Create token' }).click();
  await page.getByRole('region', { name: 'Your new token' }).waitFor();
  await page.getByRole('button', { name: 'Add scope' }).click();
  expect(await options('Type')).toEqual(['Choose…', 'workspace', 'channel']);
});
