import { readdirSync, readFileSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { callWith } from './support/api.ts';
import { PLAIN_HOST } from './support/chromium.ts';
import { type ConsoleTest, signIn, startConsole } from './support/console.ts';
import { revealSecret } from './support/secrets.ts';

const ASSETS = new URL('../../dist/console/assets/', import.meta.url);
/** APIs that browsers offer only in secure contexts and that have no fallback. */
const SECURE_CONTEXT_ONLY =
  /crypto\.(?:randomUUID|subtle)|navigator\.(?:serviceWorker|locks|storage|credentials)|\bcaches\.(?:open|match)|\bcookieStore\b/;

/** Returns the origin of a console under a host name that is not a secure context. */
function plainOrigin({ wire }: ConsoleTest): string {
  return `http://${PLAIN_HOST}:${wire.port}`;
}

describe('over plain HTTP', () => {
  let web: ConsoleTest;
  beforeAll(async () => {
    web = await startConsole();
  });
  afterEach(() => web.expectNoComplaints());
  afterAll(() => web.stop());

  test('a user signs in, creates a scoped token and copies its secret', async () => {
    const { page, open } = await web.visit(undefined, { baseURL: plainOrigin(web) });
    await open('/sign-in');
    expect(await page.evaluate(() => window.isSecureContext)).toBe(false);
    await signIn(page, web.wire.postern.owner);
    await page.getByRole('link', { name: 'New token' }).click();
    await page.getByLabel('Name').fill('Made over http');
    await page.getByLabel('Scoped').check();
    await page.getByLabel('Type').selectOption('channel');
    await page.getByLabel('read', { exact: true }).check();
    await page.getByRole('button', { name: 'Add scope' }).click();
    await page.getByRole('button', { name: 'Remove scope 2' }).click();
    await page.getByRole('button', { name: 'Create token' }).click();
    const banner = page.getByRole('region', { name: 'Your new token' });
    const secret = await revealSecret(page, 'Your new token');
    await banner.getByRole('button', { name: 'Copy', exact: true }).click();
    await page.getByRole('status').getByText('Copied to the clipboard').waitFor();
    await page.getByRole('link', { name: 'Workspaces' }).click();
    await page.getByRole('button', { name: 'New workspace' }).click();
    await page.getByRole('dialog').getByLabel('Name').press('ControlOrMeta+v');
    expect(await page.getByRole('dialog').getByLabel('Name').inputValue()).toBe(secret);
    expect(await callWith(web.wire.postern, secret)).toEqual([200, undefined]);
  });

  test('nothing in the build needs a secure context', () => {
    for (const name of readdirSync(ASSETS).filter((each) => each.endsWith('.js'))) {
      expect([name, SECURE_CONTEXT_ONLY.exec(readFileSync(new URL(name, ASSETS), 'utf8'))?.[0]]).toEqual([
        name,
        undefined,
      ]);
    }
  });
});

describe('a server that expects HTTPS', () => {
  let web: ConsoleTest;
  beforeAll(async () => {
    web = await startConsole({ POSTERN_PUBLIC_URL: 'https://postern.example' });
  });
  afterEach(() => web.expectNoComplaints());
  afterAll(() => web.stop());

  test('explains a sign-in over HTTP that fails', async () => {
    const { page, open } = await web.visit(undefined, { baseURL: plainOrigin(web) });
    await open('/tokens');
    await page.getByLabel('Email').fill(web.wire.postern.owner.email);
    await page.getByLabel('Password').fill(web.wire.postern.owner.password);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByRole('alert').getByText('this server expects https://postern.example').waitFor();
    expect(await page.getByLabel('Password').inputValue()).toBe('');
  });

  test('explains an invitation over HTTP that fails', async () => {
    const { postern } = web.wire;
    const { data } = await postern.post(
      'mutation ($input: InviteMemberInput!) { inviteMember(input: $input) { invitationSecret } }',
      { input: { workspaceId: postern.workspaceId, email: 'nora@example.com', role: 'VIEWER' } },
      postern.owner.session,
    );
    const { page, open } = await web.visit(undefined, { baseURL: plainOrigin(web) });
    await open('/invitation');
    await page.getByLabel('Invitation').fill(data.inviteMember.invitationSecret);
    await page.getByLabel('I am new').check();
    await page.getByLabel('Name').fill('Nora');
    await page.getByLabel('Password').fill(postern.owner.password);
    await page.getByRole('button', { name: 'Join' }).click();
    await page.getByText('this server expects https://postern.example').waitFor();
  });
});
