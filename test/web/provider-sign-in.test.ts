import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { temporaryFolder } from '../support/folder.ts';
import { freePort } from '../support/free-port.ts';
import { startMain } from '../support/main-process.ts';
import { startTestProvider, type TestProvider } from '../support/oidc-provider.ts';
import { sharedChromium } from './support/chromium.ts';

let provider: TestProvider;
let origin: string;

beforeAll(async () => {
  origin = `http://127.0.0.1:${await freePort()}`;
  provider = await startTestProvider({ names: ['corp'], origins: [origin] });
  provider.people.set('ada', { email: 'ada@example.com', email_verified: true, name: 'Ada Lovelace' });
});
afterAll(() => provider.close());

/** Starts the built server with the provider, and returns an empty page of the console. */
async function openConsole(env: Record<string, string> = {}) {
  const server = startMain(temporaryFolder(), {
    ...provider.env('corp', origin),
    POSTERN_OIDC_CORP_LABEL: 'Example Corp',
    POSTERN_OIDC_CORP_PROVISION: 'on',
    POSTERN_OIDC_CORP_DOMAINS: 'example.com',
    DATABASE_URL: 'file:./postern.db',
    PORT: new URL(origin).port,
    ...env,
  });
  await server.says(/Console: /);
  const context = await (await sharedChromium()).newContext({ baseURL: origin });
  onTestFinished(() => context.close());
  return context.newPage();
}

test('a person signs in at a provider and creates a token; a refusal is shown in words', async () => {
  const page = await openConsole();
  async function signInAs(person: string, button: 'Continue' | 'Refuse') {
    await page.getByRole('link', { name: 'Sign in with Example Corp' }).click();
    await page.getByLabel('Person').fill(person);
    await page.getByRole('button', { name: button }).click();
  }
  await page.goto('/tokens/new');
  await signInAs('ada', 'Refuse');
  await page.getByText('Your provider did not let you sign in here.').waitFor();

  await page.goto('/tokens/new');
  await signInAs('ada', 'Continue');
  await page.getByRole('heading', { name: 'New access token' }).waitFor();
  await page.getByLabel('Name').fill('Made by Ada');
  await page.getByLabel('Full access').check();
  await page.getByRole('button', { name: 'Create token' }).click();
  await page.getByRole('region', { name: 'Your new token' }).waitFor();
  await page.getByText('Ada Lovelace (ada@example.com)').waitFor();
});

test('GraphiQL leads to the provider, whose label is text, and the person comes back signed in', async () => {
  const page = await openConsole({ POSTERN_OIDC_CORP_LABEL: '</script><b>Corp</b> & Co' });
  await page.goto('/graphql');
  await page.getByRole('link', { name: 'Sign in with </script><b>Corp</b> & Co' }).click();
  await page.getByLabel('Person').fill('ada');
  await page.getByRole('button', { name: 'Continue' }).click();
  await page.waitForURL(`${origin}/graphql`);
  const viewer = await page.evaluate(async () => {
    const body = JSON.stringify({ query: '{ viewer { kind user { email } } }' });
    const headers = { 'Content-Type': 'application/json' };
    return (await fetch('/graphql', { method: 'POST', headers, body })).json();
  });
  expect(viewer).toEqual({ data: { viewer: { kind: 'SESSION', user: { email: 'ada@example.com' } } } });
});
