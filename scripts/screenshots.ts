/** Takes the screenshots for the README from the built console, on a server with a few tokens. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
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

async function capture(page: Page, path: string, name: string): Promise<void> {
  await page.goto(`${origin}${path}`);
  await page.getByRole('heading', { level: 1 }).waitFor();
  await page.waitForLoadState('networkidle');
  await page.screenshot({ path: join(FOLDER, name) });
}

const { signIn } = await post(SIGN_IN, { input: OWNER });
const tokenId = await createTokens(signIn.sessionToken);
const browser = await launchChromium();
for (const [colorScheme, path, name] of [
  ['light', '/tokens', 'console-tokens.png'],
  ['dark', `/tokens/${tokenId}`, 'console-token.png'],
] as const) {
  const context = await browser.newContext({ viewport: VIEWPORT, colorScheme });
  // The context keeps the cookie that this sets.
  await context.request.post(`${origin}/graphql`, { data: { query: SIGN_IN, variables: { input: OWNER } } });
  await capture(await context.newPage(), path, name);
}
await browser.close();
await server.drain(DRAIN_MS);
await app.close();
rmSync(folder, { recursive: true, force: true });
