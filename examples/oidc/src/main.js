import { execFileSync, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { startProvider } from './provider.js';
import { CREDENTIAL_FILE, DATA, POSTERN_URL } from './settings.js';

const { PROVIDER_PORT = '4001' } = process.env;
const BUILT = fileURLToPath(new URL('../../../dist/src', import.meta.url));

/** Postern, as the provider knows it. */
const client = {
  client_id: 'postern',
  client_secret: randomBytes(32).toString('hex'),
  redirect_uris: [`${POSTERN_URL}/auth/corp/callback`],
  post_logout_redirect_uris: [`${POSTERN_URL}/sign-in`],
  backchannel_logout_uri: `${POSTERN_URL}/auth/corp/backchannel-logout`,
  backchannel_logout_session_required: true,
};

/** Returns the environment of Postern, which names the provider. */
function environment(issuer) {
  return {
    PATH: process.env.PATH,
    PORT: new URL(POSTERN_URL).port,
    DATABASE_URL: `file:${join(DATA, 'postern.db')}`,
    POSTERN_LOG_LEVEL: 'warn',
    POSTERN_PUBLIC_URL: POSTERN_URL,
    POSTERN_OIDC: 'corp',
    POSTERN_OIDC_CORP_LABEL: 'Example Corp',
    POSTERN_OIDC_CORP_ISSUER: issuer,
    POSTERN_OIDC_CORP_CLIENT_ID: client.client_id,
    POSTERN_OIDC_CORP_CLIENT_SECRET: client.client_secret,
    POSTERN_OIDC_CORP_DOMAINS: 'example.com',
    POSTERN_OIDC_CORP_PROVISION: 'on',
  };
}

/** Starts Postern; resolves with its process when it listens. */
async function startPostern(env) {
  const child = spawn(process.execPath, [join(BUILT, 'main.js')], {
    cwd: DATA,
    env,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  for (const event of ['SIGINT', 'SIGTERM', 'exit']) process.once(event, () => child.kill('SIGTERM'));
  const lines = createInterface({ input: child.stdout });
  const listening = new Promise((resolve, reject) => {
    lines.on('line', (line) => {
      if (line.startsWith('Postern listens on ')) resolve();
      else if (line.startsWith('Created the first owner.')) console.log(line);
    });
    child.once('exit', () => reject(new Error('Postern ended.')));
  });
  await listening;
  return child;
}

/** Gives the directory of the provider a credential, unless an earlier run has. */
function createCredential(env) {
  if (existsSync(CREDENTIAL_FILE)) return;
  const secret = execFileSync(process.execPath, [join(BUILT, 'cli/main.js'), 'scim', 'create', 'corp'], {
    cwd: DATA,
    env,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  writeFileSync(CREDENTIAL_FILE, secret.trim(), { mode: 0o600 });
}

mkdirSync(DATA, { recursive: true, mode: 0o700 });
const provider = await startProvider({ port: PROVIDER_PORT, client });
const env = environment(provider.issuer);
const postern = await startPostern(env);
createCredential(env);

console.log(`
1. Open ${POSTERN_URL}/tokens/new, choose "Sign in with Example Corp", and continue as ada.
2. Create a token with full access, and use it:
   TOKEN=<the secret>
   curl ${POSTERN_URL}/graphql -H "Authorization: Bearer $TOKEN" \\
     -H 'Content-Type: application/json' -d '{"query":"{ viewer { user { email } } }"}'
3. In another shell, let Ada leave:  npm run leave
4. Repeat the request, and reload the page: the token is refused with INVALID_TOKEN, and the session has ended.

Ready. Ctrl+C ends both servers.`);

await once(postern, 'exit');
provider.close();
