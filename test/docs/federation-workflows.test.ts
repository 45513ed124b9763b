import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { codeBlocks } from '../support/docs.ts';
import { temporaryFolder } from '../support/folder.ts';
import { startWire, type TestWire } from '../support/http.ts';
import { type JwtIssuer, startJwtIssuer } from '../support/jwt-issuer.ts';
import { openShell } from '../support/shell.ts';

const REQUEST_TOKEN = 'the token of the runner';

let issuer: JwtIssuer;
let wire: TestWire;
beforeEach(async () => {
  issuer = await startJwtIssuer();
  wire = await startWire({
    POSTERN_PUBLIC_URL: 'https://postern.example',
    POSTERN_FEDERATION: 'local',
    POSTERN_FEDERATION_LOCAL_ISSUER: issuer.issuer,
  });
  wire.postern.advance(Date.now() - wire.postern.now());
});
afterEach(async () => {
  await wire.stop();
  await issuer.close();
});

/** Returns the shell parts of a workflow file: the literal block scalars of `run`, `script` and `args`. */
function scriptsIn(file: string): string[] {
  const scripts = [...file.matchAll(/^( *)(?:- |run: )\|\n((?:\1 +.*\n|\n)+)/gm)];
  return scripts.map(([, , text = '']) => {
    const indent = /^ */.exec(text)?.[0] ?? '';
    return text.replaceAll(new RegExp(`^${indent}`, 'gm'), '');
  });
}

/** Creates a federation by the claims of a template, with the audience of the file. Returns its audience. */
async function trust(claims: Record<string, string>, singleUse: boolean): Promise<string> {
  const { workspaceId, owner, post } = wire.postern;
  const input = {
    ...{ workspaceId, name: 'job', issuer: issuer.issuer, role: 'VIEWER', singleUse },
    claims: Object.entries(claims).map(([name, value]) => ({ name, value })),
  };
  const query = `mutation ($input: CreateFederationInput!) {
    createFederation(input: $input) { federation { audience } } }`;
  const { data, errors } = await post(query, { input }, owner.session);
  expect(errors).toEqual([]);
  return data.createFederation.federation.audience;
}

/** Returns a JWT for an audience, as a platform signs one. */
function jwtFor(aud: string, claims: object): Promise<string> {
  return issuer.token({
    at: Date.now(),
    header: { typ: 'JWT' },
    claims: {
      aud,
      azp: undefined,
      scope: undefined,
      auth_time: undefined,
      jti: crypto.randomUUID(),
      ...claims,
    },
  });
}

/** Runs shell commands as a platform does, with variables. */
async function runScript(script: string, variables: Record<string, string>, folder: string): Promise<string> {
  const names = Object.entries({ POSTERN_URL: wire.origin, ...variables });
  const exports = names.map(([name, value]) => `export ${name}='${value}'`).join('\n');
  return openShell(folder).run(`${exports}\n${script}`);
}

const used = { data: { viewer: { token: { name: expect.any(String), expiresAt: expect.any(String) } } } };

test('the workflow for GitHub Actions gets a JWT, exchanges it and uses the token', async () => {
  const claims = { repository_owner_id: '123456', repository: 'octo-org/octo-repo', ref: 'refs/heads/main' };
  const audience = await trust(claims, true);
  issuer.intercept = (request, response) => {
    const url = new URL(request.url ?? '', issuer.issuer);
    if (url.pathname !== '/id-token') return false;
    expect(request.headers.authorization).toBe(`Bearer ${REQUEST_TOKEN}`);
    void jwtFor(url.searchParams.get('audience') ?? '', claims).then((value) =>
      response.end(JSON.stringify({ count: value.length, value })),
    );
    return true;
  };
  const [file = ''] = codeBlocks('federation.md', 'yaml');
  const [get = '', use = ''] = scriptsIn(file);
  const folder = temporaryFolder();
  const said = await runScript(
    get,
    {
      POSTERN_AUDIENCE: audience,
      ACTIONS_ID_TOKEN_REQUEST_URL: `${issuer.issuer}/id-token?api-version=2.0`,
      ACTIONS_ID_TOKEN_REQUEST_TOKEN: REQUEST_TOKEN,
      GITHUB_ENV: join(folder, 'env'),
    },
    folder,
  );
  const [, secret = ''] = /^POSTERN_TOKEN=(wst_\w+)\n$/.exec(readFileSync(join(folder, 'env'), 'utf8')) ?? [];
  expect(said).toBe(`::add-mask::${secret}\n`);
  expect(JSON.parse(await runScript(use, { POSTERN_TOKEN: secret }, folder))).toEqual(used);
});

test('the job for GitLab CI exchanges its JWT more than once', async () => {
  const claims = { namespace_id: '72', project_path: 'group/project', ref_protected: 'true' };
  const jwt = await jwtFor(await trust(claims, false), claims);
  const [script = ''] = scriptsIn(codeBlocks('federation.md', 'yaml')[1] ?? '');
  for (const _ of ['first', 'second']) {
    expect(JSON.parse(await runScript(script, { POSTERN_JWT: jwt }, temporaryFolder()))).toEqual(used);
  }
});

test('the job for Kubernetes exchanges the JWT of its projected volume', async () => {
  const claims = { sub: 'system:serviceaccount:production:report' };
  const folder = temporaryFolder();
  const jwt = await jwtFor(await trust(claims, false), {
    ...claims,
    'kubernetes.io': { namespace: 'production', serviceaccount: { name: 'report' } },
  });
  writeFileSync(join(folder, 'token'), jwt);
  const [script = ''] = scriptsIn(codeBlocks('federation.md', 'yaml')[2] ?? '');
  const here = script.replace('/var/run/secrets/postern/token', join(folder, 'token'));
  expect(JSON.parse(await runScript(here, {}, folder))).toEqual(used);
});
