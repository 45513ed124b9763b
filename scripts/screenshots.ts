/**
 * Takes the pictures of README and docs from the built console, on a server with a few tokens. With a folder as argument, it
 * takes every page, menu and dialog there instead, with long and foreign names, at 1280, 390 and 320 pixels, light and dark, and
 * prints what axe finds on them and what is cut off.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createApp } from '../src/app.ts';
import { type Config, readConfig } from '../src/config.ts';
import { createNodeServer } from '../src/http/node/server.ts';
import { createLogger } from '../src/platform/logger.ts';
import { launchChromium } from '../test/web/support/chromium.ts';
import { illustrate } from './screenshots/illustrate.ts';
import { moreStatesOf } from './screenshots/more-states.ts';
import { addOddNames } from './screenshots/odd-names.ts';
import { type OpenPage, review } from './screenshots/review.ts';
import { statesOf } from './screenshots/states.ts';
import { addTokens } from './screenshots/tokens.ts';
import { openClient } from './seed/client.ts';
import { SEED_OWNER, SEED_PASSWORD } from './seed/scenes.ts';
import { seed } from './seed/seed.ts';

const DRAIN_MS = 1000;
const SIGN_IN = 'mutation ($input: SignInInput!) { signIn(input: $input) { sessionToken } }';
const OWNER = { email: SEED_OWNER, password: SEED_PASSWORD };
const TABS = ['access-tokens', 'members', 'federations', 'channels', 'token-policy', 'audit-log', 'settings'];
const ISSUER = 'https://token.actions.githubusercontent.com';

function openerOf(origin: string): OpenPage {
  return async (browser, options, signedIn = true) => {
    const context = await browser.newContext({ ...options, baseURL: origin });
    // The context keeps the cookie that this sets.
    if (signedIn)
      await context.request.post('/graphql', { data: { query: SIGN_IN, variables: { input: OWNER } } });
    return context.newPage();
  };
}

/** Serves a database and takes pictures of it: of every page into `folder`, or without it those of the documentation. */
async function takePictures(config: Config, folder: string | undefined): Promise<void> {
  const app = await createApp(config, { logger: createLogger('error') });
  const server = createNodeServer(app, config);
  const origin = `http://127.0.0.1:${await server.listen(0, '127.0.0.1')}`;
  const open = openerOf(origin);
  const { mutate, close } = await openClient(app);
  const browser = await launchChromium();
  try {
    if (folder) {
      const ids = await addOddNames(mutate, app.services.operator, ISSUER);
      const help = ['create', 'use', 'stops', 'safety'].map((name) => `/help/${name}`);
      const ofTokens = [ids.tokenId, ids.workspaceTokenId, ids.blockedTokenId].map((id) => `/tokens/${id}`);
      const lists = ['', '?show=EXPIRED', '?show=REVOKED', '?show=DISABLED'].map((show) => `/tokens${show}`);
      const tokens = [...lists, '/tokens/new', ...ofTokens];
      const workspace = `/workspaces/${ids.workspaceId}`;
      const more = ['access-tokens/new', 'federations/new', `federations/${ids.federationId}`];
      const tabs = [...TABS, ...more].map((tab) => `${workspace}/${tab}`);
      const others = [
        '/account',
        '/device',
        '/change-password',
        '/workspaces',
        `/channels/${ids.channelId}`,
        '/nowhere',
      ];
      const secrets = ['/invitation#inv_', '/reset-password#rst_', '/sign-in-link#rst_'];
      const publicPaths = ['/sign-in', '/invitation', ...secrets, '/signed-in'];
      const paths = [...tokens, ...others, ...tabs, ...help];
      await review(browser, open, {
        folder,
        paths,
        publicPaths,
        states: [...statesOf(ids), ...moreStatesOf(ids)],
      });
    } else {
      const use = (secret: string) =>
        fetch(`${origin}/graphql?query={viewer{kind}}`, { headers: { authorization: `Bearer ${secret}` } });
      await illustrate(browser, open, await addTokens(mutate, use));
    }
  } finally {
    await browser.close();
    await close();
    await server.drain(DRAIN_MS);
    await app.close();
  }
}

const data = mkdtempSync(join(tmpdir(), 'postern-screenshots-'));
const config = readConfig({
  DATABASE_URL: `file:${join(data, 'postern.db')}`,
  POSTERN_OWNER_EMAIL: OWNER.email,
  POSTERN_OWNER_PASSWORD: OWNER.password,
  POSTERN_PUBLIC_URL: 'http://127.0.0.1',
  POSTERN_OIDC: 'corp',
  POSTERN_OIDC_CORP_ISSUER: 'https://accounts.example.com',
  POSTERN_OIDC_CORP_CLIENT_ID: 'postern',
  POSTERN_OIDC_CORP_CLIENT_SECRET: 'not used: no one signs in there',
  POSTERN_OIDC_CORP_LABEL: 'Example Corp',
  POSTERN_OIDC_CORP_GROUPS: 'operations',
  POSTERN_FEDERATION: 'github',
  POSTERN_FEDERATION_GITHUB_ISSUER: ISSUER,
});
const [folder] = process.argv.slice(2);
if (folder) await seed(config, Date.now());
await takePictures(config, folder);
rmSync(data, { recursive: true, force: true });
