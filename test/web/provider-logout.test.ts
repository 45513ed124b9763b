import { afterAll, beforeAll, expect, test } from 'vitest';
import { freePort } from '../support/free-port.ts';
import { startTestProvider, type TestProvider } from '../support/oidc-provider.ts';
import { type ConsoleTest, startConsole } from './support/console.ts';

let provider: TestProvider;
let web: ConsoleTest;

beforeAll(async () => {
  const port = await freePort();
  const origin = `http://127.0.0.1:${port}`;
  provider = await startTestProvider({ names: ['corp'], origins: [origin], sendsLogouts: true });
  provider.people.set('bob', { email: 'bob@corp.example', email_verified: true, name: 'Bob' });
  web = await startConsole({
    ...provider.env('corp', origin),
    POSTERN_OIDC_CORP_PROVISION: 'on',
    PORT: String(port),
  });
});
afterAll(async () => {
  await web.stop();
  await provider.close();
});

test('a sign-out at the provider ends the session here', async () => {
  const { page } = await web.visit();
  await page.goto('/tokens');
  await page.getByRole('link', { name: 'Sign in with corp' }).click();
  await page.getByLabel('Person').fill('bob');
  await page.getByRole('button', { name: 'Continue' }).click();
  await page.waitForURL((url) => url.pathname === '/tokens');
  const countSessions = async () =>
    (await web.wire.postern.database.db.selectFrom('sessions').select('identity_id').execute()).filter(
      (session) => session.identity_id !== null,
    ).length;
  expect(await countSessions()).toBe(1);

  const other = await page.context().newPage();
  await other.goto(`${provider.issuer}/session/end`);
  await other.getByRole('button', { name: 'Yes, sign me out' }).click();
  await other.getByText('Sign-out Success').waitFor();
  await other.close();
  expect(await countSessions()).toBe(0);
  await page.reload();
  await page.getByRole('heading', { name: 'Sign in' }).waitFor();
});
