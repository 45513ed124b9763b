import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import { temporaryFolder } from '../support/folder.ts';
import { freePort } from '../support/free-port.ts';
import { sharedChromium } from '../web/support/chromium.ts';
import { revealSecret } from '../web/support/secrets.ts';

const EXAMPLE = fileURLToPath(new URL('../../examples/oidc', import.meta.url));

/** Runs `npm start` of the example with a database of its own; resolves when it is ready. */
async function startExample(env: Record<string, string>): Promise<string> {
  const child = spawn(process.execPath, ['src/main.js'], {
    cwd: EXAMPLE,
    env,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const closed = once(child, 'close');
  onTestFinished(async () => {
    child.kill('SIGTERM');
    await closed;
  });
  let printed = '';
  await new Promise<void>((resolve, reject) => {
    child.stdout.on('data', (chunk) => {
      printed += String(chunk);
      if (printed.includes('Ready.')) resolve();
    });
    child.once('exit', () => reject(new Error(`the example ended: ${printed}`)));
  });
  return printed;
}

/** Asks for the email address of the caller, as the printed curl command does. */
async function emailOfCaller(origin: string, secret: string) {
  const response = await fetch(`${origin}/graphql`, {
    method: 'POST',
    headers: { Authorization: `Bearer ${secret}`, 'Content-Type': 'application/json' },
    body: JSON.stringify({ query: '{ viewer { user { email } } }' }),
  });
  return response.json();
}

test('a person signs in at the provider, uses a token, and loses it and the session when the directory deactivates them', async () => {
  const origin = `http://127.0.0.1:${await freePort()}`;
  const data = temporaryFolder();
  const { PATH = '' } = process.env;
  const env = { PATH, DATA: data, POSTERN_URL: origin, PROVIDER_PORT: String(await freePort()) };
  expect(await startExample(env)).toContain(`1. Open ${origin}/tokens/new`);
  expect(statSync(join(data, 'scim-credential')).mode & 0o777).toBe(0o600);
  const leave = () =>
    execFileSync(process.execPath, ['src/leave.js'], { cwd: EXAMPLE, env, encoding: 'utf8', stdio: 'pipe' });
  expect(leave).toThrow('ada@example.com has not signed in yet.');

  const context = await (await sharedChromium()).newContext({ baseURL: origin });
  onTestFinished(() => context.close());
  const page = await context.newPage();
  await page.goto('/tokens/new');
  await page.getByRole('link', { name: 'Sign in with Example Corp' }).click();
  await page.getByLabel('Person').fill('ada');
  await page.getByRole('button', { name: 'Continue' }).click();
  await page.getByRole('heading', { name: 'New access token' }).waitFor();
  await page.getByLabel('Name').fill('Script');
  await page.getByLabel('Full access').check();
  await page.getByRole('button', { name: 'Create token' }).click();
  const secret = await revealSecret(page, 'Your new token');
  expect(await emailOfCaller(origin, secret)).toEqual({
    data: { viewer: { user: { email: 'ada@example.com' } } },
  });

  expect(leave()).toBe('ada@example.com is deactivated.\n');
  expect(await emailOfCaller(origin, secret)).toMatchObject({
    errors: [{ extensions: { code: 'INVALID_TOKEN' } }],
  });
  await page.goto('/tokens');
  await page.getByRole('link', { name: 'Sign in with Example Corp' }).click();
  await page.getByText('deactivated').waitFor();
});
