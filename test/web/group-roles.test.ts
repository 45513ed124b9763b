import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { decodeGlobalId } from '../../src/domain/global-id.ts';
import { insertIdentity } from '../../src/storage/repositories/accounts/identities.ts';
import type { Person } from '../support/app.ts';
import { type ConsoleTest, startConsole } from './support/console.ts';

let web: ConsoleTest;
let viewer: Person;
let members: string;

/** Makes a person one of the groups of the provider. */
async function state(person: Person, groups: readonly string[]): Promise<void> {
  const { app, database, now } = web.wire.postern;
  const identity = {
    ...{ id: randomUUID(), userId: decodeGlobalId('User', person.id), provider: 'corp' },
    ...{ subject: person.email, linkedAt: 0, lastUsedAt: null },
  };
  await insertIdentity(database.db, identity);
  await app.services.groups.replaceGroups(identity, groups, { source: 'claim', at: now() });
}

beforeAll(async () => {
  web = await startConsole({
    POSTERN_PUBLIC_URL: 'http://localhost:4000',
    POSTERN_OIDC: 'corp',
    POSTERN_OIDC_CORP_ISSUER: 'https://id.example',
    POSTERN_OIDC_CORP_CLIENT_ID: 'postern',
    POSTERN_OIDC_CORP_CLIENT_SECRET: 'secret',
    POSTERN_OIDC_CORP_LABEL: 'Example Corp',
    POSTERN_OIDC_CORP_GROUPS: 'engineering,staff',
  });
  const { postern } = web.wire;
  viewer = await postern.person('Vera', 'VIEWER');
  await state(viewer, ['engineering']);
  await state(await postern.person('Mia'), ['engineering', 'staff']);
  members = `/workspaces/${postern.workspaceId}/members`;
});
afterEach(() => web.expectNoComplaints());
afterAll(() => web.stop());

test('an Owner gives a group a role, sees where roles come from, and takes it away', async () => {
  const { page, open } = await web.visit(web.wire.postern.owner);
  await open(members);
  await page.getByText('No group gives a role here.').waitFor();
  await page.getByRole('button', { name: 'Add group' }).click();
  const dialog = page.getByRole('dialog');
  expect(
    await dialog.getByLabel('Role', { exact: true }).getByRole('option').allTextContents(),
  ).not.toContain('Owner');
  await dialog.getByLabel('Group').fill('finance');
  await dialog.getByRole('button', { name: 'Save' }).click();
  await dialog.getByText('must be a group of the provider that the operator allows').waitFor();
  await dialog.getByLabel('Group').fill('engineering');
  await dialog.getByLabel('Role', { exact: true }).selectOption('TEAM_MEMBER');
  await dialog.getByRole('button', { name: 'Save' }).click();

  const row = (name: string) => page.getByRole('table', { name: 'Members' }).getByRole('row', { name });
  await row('Mia').getByText('Team Member by the group engineering').waitFor();
  await row('Vera').getByText('Viewer, given directly').waitFor();
  await page.getByRole('table', { name: 'Groups' }).getByText('Example Corp').waitFor();

  await page.getByRole('table', { name: 'Groups' }).getByRole('button', { name: 'Remove' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Remove' }).click();
  await page.getByText('No group gives a role here.').waitFor();
  expect(await row('Mia').count()).toBe(0);
});

test('others see the groups and cannot change them', async () => {
  const { page, open } = await web.visit(viewer);
  await open(members);
  const add = page.getByRole('button', { name: 'Add group' });
  expect(await add.isDisabled()).toBe(true);
});
