/**
 * Takes the pictures of README and docs from the built console, on a server with a few tokens. With a folder as argument, it
 * takes every page there instead, at 1280, 390 and 320 pixels, light and dark.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { createApp } from '../src/app.ts';
import { readConfig } from '../src/config.ts';
import { createNodeServer } from '../src/http/node/server.ts';
import { createLogger } from '../src/platform/logger.ts';
import { launchChromium } from '../test/web/support/chromium.ts';

const OWNER = { email: 'ada@example.com', password: 'correct horse battery staple' };
const FOLDER = 'docs/images';
const VIEWPORT = { width: 1200, height: 760 };
const DRAIN_MS = 1000;

const SIGN_IN = 'mutation ($input: SignInInput!) { signIn(input: $input) { sessionToken } }';

const TOKENS = [
  { name: 'Weekend hotfix', access: 'FULL', expires: { after: 'PT1S' } },
  { name: 'Old notebook', access: 'NONE', stop: 'revokeToken' },
  {
    name: 'Metrics exporter',
    description: 'Paused while dashboards move',
    access: 'NONE',
    stop: 'disableToken',
  },
  { name: 'Conference demo', access: 'NONE', expires: { after: 'P3D' } },
  { name: 'Laptop', access: 'FULL', used: true },
  {
    name: 'CI deploy',
    description: 'Announces releases',
    access: 'SCOPED',
    expires: { after: 'P90D' },
    scopes: [
      { entityType: 'channel', operations: ['READ', 'LIST', 'PUBLISH'] },
      { entityType: 'workspace', operations: ['READ'] },
    ],
    used: true,
  },
] as const;

const folder = mkdtempSync(join(tmpdir(), 'postern-screenshots-'));
const config = readConfig({
  DATABASE_URL: `file:${join(folder, 'postern.db')}`,
  POSTERN_OWNER_EMAIL: OWNER.email,
  POSTERN_OWNER_PASSWORD: OWNER.password,
});
const app = await createApp(config, { logger: createLogger('error') });
const server = createNodeServer(app, config);
const origin = `http://127.0.0.1:${await server.listen(0, '127.0.0.1')}`;

// biome-ignore lint/suspicious/noExplicitAny: the callers below read the data once
async function post(query: string, variables: object, secret?: string): Promise<any> {
  const response = await fetch(`${origin}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...(secret && { authorization: `Bearer ${secret}` }) },
    body: JSON.stringify({ query, variables }),
  });
  const { data, errors } = (await response.json()) as { data: unknown; errors?: unknown };
  if (errors) throw new Error(JSON.stringify(errors));
  return data;
}

/** Creates the tokens. Resolves with the id of the last one. */
async function createTokens(session: string): Promise<string> {
  let id = '';
  for (const { stop, used, ...input } of TOKENS.map((token) => ({ stop: null, used: false, ...token }))) {
    const { createToken } = await post(
      'mutation ($input: CreateTokenInput!) { createToken(input: $input) { secret token { id } } }',
      { input },
      session,
    );
    id = createToken.token.id;
    if (used) await post('{ viewer { kind } }', {}, createToken.secret);
    if (stop)
      await post(`mutation ($id: ID!) { ${stop}(input: { id: $id }) { token { id } } }`, { id }, session);
  }
  return id;
}

async function visit(page: Page, path: string): Promise<void> {
  await page.goto(`${origin}${path}`);
  await page.getByRole('heading', { level: 1 }).waitFor();
  await page.waitForLoadState('networkidle');
}

async function openPage(browser: Browser, options: BrowserContextOptions): Promise<Page> {
  const context = await browser.newContext({ viewport: VIEWPORT, ...options });
  // The context keeps the cookie that this sets.
  await context.request.post(`${origin}/graphql`, { data: { query: SIGN_IN, variables: { input: OWNER } } });
  return context.newPage();
}

/** Takes the pictures of the documentation. */
async function illustrate(browser: Browser, tokenId: string): Promise<void> {
  const light = await openPage(browser, { colorScheme: 'light' });
  const save = (page: Page, name: string) => page.screenshot({ path: join(FOLDER, name) });
  await visit(light, '/tokens');
  await save(light, 'console-tokens.png');
  const dark = await openPage(browser, { colorScheme: 'dark' });
  await visit(dark, `/tokens/${tokenId}`);
  await save(dark, 'console-token.png');
  await visit(light, '/tokens/new');
  await light.getByLabel('Name').fill('CI deploy');
  await light.getByRole('button', { name: 'Publish from CI' }).click();
  await light.screenshot({ path: join(FOLDER, 'console-new-token.png'), fullPage: true });
  await light.getByRole('button', { name: 'Create token' }).click();
  await light.getByRole('heading', { name: 'CI deploy' }).waitFor();
  await light.waitForLoadState('networkidle');
  await save(light, 'console-new-secret.png');
}

/** Takes a picture of every page for a review, in each width and colour scheme. */
async function review(browser: Browser, folder: string, paths: readonly string[]): Promise<void> {
  for (const colorScheme of ['light', 'dark'] as const) {
    for (const width of [1280, 390, 320]) {
      const page = await openPage(browser, { colorScheme, viewport: { width, height: 800 } });
      for (const path of paths) {
        await visit(page, path);
        const name = `${path.replace(/[^a-z-]+/gi, '-')}-${width}-${colorScheme}.png`;
        await page.screenshot({ path: join(folder, name), fullPage: true });
      }
    }
  }
}

const { signIn } = await post(SIGN_IN, { input: OWNER });
const tokenId = await createTokens(signIn.sessionToken);
const { workspaces } = await post('{ workspaces { nodes { id } } }', {}, signIn.sessionToken);
const workspace = `/workspaces/${workspaces.nodes[0].id}`;
const browser = await launchChromium();
const [reviewFolder] = process.argv.slice(2);
if (reviewFolder) {
  const tabs = ['access-tokens', 'members', 'channels', 'token-policy', 'audit-log', 'settings'];
  const paths = ['/tokens', '/tokens/new', `/tokens/${tokenId}`, '/account', '/workspaces', '/help/use'];
  await review(browser, reviewFolder, [...paths, ...tabs.map((tab) => `${workspace}/${tab}`)]);
} else await illustrate(browser, tokenId);
await browser.close();
await server.drain(DRAIN_MS);
await app.close();
rmSync(folder, { recursive: true, force: true });
