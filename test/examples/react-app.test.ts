import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { decodeGlobalId } from '../../src/domain/global-id.ts';
import { insertIdentity } from '../../src/storage/repositories/accounts/identities.ts';
import { START } from '../support/app.ts';
import { startWire, type TestWire } from '../support/http.ts';
import { type JwtIssuer, startJwtIssuer } from '../support/jwt-issuer.ts';
import { createPersonalToken } from '../support/tokens.ts';
import { sharedChromium } from '../web/support/chromium.ts';

const APP = fileURLToPath(new URL('../../examples/react-app', import.meta.url));

let files: Server;
let origin: string;
let wire: TestWire;
let browser: Browser;
let issuer: JwtIssuer;

/** Serves the built app, as any static host would. */
function serveApp(): Server {
  return createServer(async ({ url = '/' }, response) => {
    const path = url === '/' ? '/index.html' : url;
    const content = await readFile(`${APP}/dist${path}`).catch(() => null);
    const type = path.endsWith('.js') ? 'text/javascript' : 'text/html';
    response.writeHead(content ? 200 : 404, { 'Content-Type': type }).end(content);
  });
}

/** Runs the build that the README of the app names. Rejects with the output if a step fails. */
async function buildApp(): Promise<void> {
  const env = { ...process.env, NODE_ENV: 'production', VITE_POSTERN_URL: wire.origin };
  await promisify(execFile)('npm', ['run', 'build'], { cwd: APP, env }).catch((error) => {
    throw new Error(error.stdout + error.stderr);
  });
}

beforeAll(async () => {
  files = serveApp().listen(0, '127.0.0.1');
  await once(files, 'listening');
  origin = `http://127.0.0.1:${(files.address() as AddressInfo).port}`;
  issuer = await startJwtIssuer();
  const url = 'http://localhost:4000';
  wire = await startWire({ ...issuer.env, POSTERN_PUBLIC_URL: url, POSTERN_ALLOWED_ORIGINS: origin });
  wire.postern.advance(Date.now() - START);
  await buildApp();
  browser = await sharedChromium();
}, 120_000);
afterAll(async () => {
  for (const context of browser.contexts()) await context.close();
  files.closeAllConnections();
  files.close();
  await wire.stop();
  await issuer.close();
});

async function openApp(): Promise<Page> {
  const page = await browser.newPage();
  await page.goto(origin);
  await page.getByRole('heading', { name: 'Sign in' }).waitFor();
  return page;
}

async function signIn(page: Page, password: string): Promise<void> {
  await page.getByLabel('Email').fill(wire.postern.owner.email);
  await page.getByLabel('Password').fill(password);
  await page.getByRole('button', { name: 'Sign in' }).click();
}

test('a user signs in from another origin, lists tokens, and creates one whose secret is shown once', async () => {
  const { postern } = wire;
  await createPersonalToken(postern, await postern.signIn(postern.owner.email), { name: 'Backup' });
  const page = await openApp();

  await signIn(page, 'a wrong password');
  await page.getByRole('alert').waitFor();
  await signIn(page, postern.owner.password);
  await page.getByRole('heading', { name: `Tokens of ${postern.owner.email}` }).waitFor();
  await page.getByText('Backup: active').waitFor();

  await page.getByLabel('Name').fill('From the app');
  await page.getByRole('button', { name: 'Create token' }).click();
  const secret = await page.getByRole('status').innerText();
  const { data } = await postern.post('{ viewer { token { name } } }', {}, secret);
  expect(data.viewer.token.name).toBe('From the app');
  await page.getByText('From the app: active').waitFor();

  await page.getByRole('button', { name: 'Done' }).click();
  await page.getByRole('heading', { name: 'New token' }).waitFor();
  expect(await page.content()).not.toContain(secret);
  await page.reload();
  await page.getByText('From the app: active').waitFor();
  expect(await page.content()).not.toContain(secret);

  await page.getByRole('button', { name: 'Sign out' }).click();
  await page.getByRole('heading', { name: 'Sign in' }).waitFor();
  await page.close();
});

test('with an access token of the identity provider, a user creates a token from another origin without signing in', async () => {
  const { postern } = wire;
  const person = await postern.person('Ada');
  await insertIdentity(postern.database.db, {
    ...{ id: randomUUID(), userId: decodeGlobalId('User', person.id), provider: 'corp', subject: 'ada' },
    ...{ linkedAt: 0, lastUsedAt: null },
  });
  const token = await issuer.token({ at: postern.now() });
  const page = await browser.newPage();
  await page.addInitScript(`globalThis.posternAccessToken = ${JSON.stringify(token)}`);
  await page.goto(origin);
  await page.getByRole('heading', { name: `Tokens of ${person.email}` }).waitFor();

  await page.getByLabel('Name').fill('By JWT');
  await page.getByRole('button', { name: 'Create token' }).click();
  const secret = await page.getByRole('status').innerText();
  const { data } = await postern.post('{ viewer { token { name } user { email } } }', {}, secret);
  expect(data.viewer).toEqual({ token: { name: 'By JWT' }, user: { email: person.email } });
  expect(await page.context().cookies()).toEqual([]);

  await postern.app.services.operator.deactivateUser(person.email);
  await page.reload();
  await page.getByRole('heading', { name: 'Sign in' }).waitFor();
  await page.close();
});

test('the app of an origin that Postern does not allow cannot read anything', async () => {
  const page = await browser.newPage();
  await page.goto(origin.replace('127.0.0.1', 'localhost'));
  expect(await page.getByRole('alert').innerText()).toBe('The server cannot be reached.');
  await page.close();
});
