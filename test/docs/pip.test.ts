import { execFile } from 'node:child_process';
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { mutate } from '../support/channels.ts';
import { codeBlocks } from '../support/docs.ts';
import { temporaryFolder } from '../support/folder.ts';
import { startWire, type TestWire } from '../support/http.ts';
import { startPublishedNginx } from '../support/nginx.ts';
import { declared } from '../support/operations.ts';
import { findProgram, PIP } from '../support/programs.ts';
import { createPersonalToken } from '../support/tokens.ts';

const run = promisify(execFile);
const wheelOf = (project: string) => `${project}-1.0-py3-none-any.whl`;

let server: TestWire;
beforeEach(async () => {
  server = await startWire({ POSTERN_TRUST_PROXY: '1' });
  const { workspaceId, owner } = server.postern;
  const input = { workspaceId, name: 'package', operations: declared('READ') };
  await mutate(server.postern, 'registerEntityType', input, owner.session, 'entityType { name }');
});
afterEach(() => server.stop());

/** Makes a package without code, in the folder of a project of the index. */
async function publish(root: string, project: string): Promise<void> {
  const folder = join(root, 'simple', project);
  const sources = temporaryFolder();
  mkdirSync(folder, { recursive: true });
  mkdirSync(join(sources, `${project}-1.0.dist-info`));
  const files = {
    METADATA: `Metadata-Version: 2.1\nName: ${project}\nVersion: 1.0\n`,
    WHEEL: 'Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n',
    RECORD: '',
  };
  for (const [name, text] of Object.entries(files))
    writeFileSync(join(sources, `${project}-1.0.dist-info`, name), text);
  await run('python3', ['-m', 'zipfile', '-c', join(folder, wheelOf(project)), `${project}-1.0.dist-info/`], {
    cwd: sources,
  });
}

/** A package index behind nginx, configured as documented, and a person who uses pip. */
async function startIndex() {
  const root = temporaryFolder();
  await publish(root, 'hello');
  await publish(root, 'secret');
  const [, configuration = ''] = codeBlocks('clients.md', 'nginx');
  const origin = await startPublishedNginx({
    configuration: configuration.replace('/srv/python', root),
    postern: server,
  });
  const home = temporaryFolder();
  const env = {
    PATH: process.env.PATH,
    HOME: home,
    PIP_CONFIG_FILE: '/dev/null',
    PIP_NO_INPUT: '1',
    PIP_NO_CACHE_DIR: '1',
    PIP_DISABLE_PIP_VERSION_CHECK: '1',
    PIP_RETRIES: '0',
  };
  /** Downloads a project; returns the files that came and what pip said. */
  async function download(project: string, index = `${origin}/simple/`) {
    const folder = temporaryFolder();
    const args = ['download', '--no-deps', '-v', '--index-url', index, project];
    const said = await run(findProgram(PIP) ?? 'pip3', args, { cwd: folder, env }).catch(
      (error: { stdout: string; stderr: string }) => error,
    );
    return { files: readdirSync(folder), said: `${said.stdout}${said.stderr}` };
  }
  const save = (secret: string) =>
    writeFileSync(join(home, '.netrc'), `machine 127.0.0.1 login pip password ${secret}\n`, { mode: 0o600 });
  return { origin, download, save };
}

function tokenFor(entityId: string) {
  const { workspaceId, owner } = server.postern;
  const scopes = [{ entityType: 'package', entityId, workspaceId, operations: ['READ'] }];
  return createPersonalToken(server.postern, owner.session, { access: 'SCOPED', scopes });
}

test('pip downloads with a token from a netrc file or the URL, and only the project that the token can read', async () => {
  const { origin, download, save } = await startIndex();
  expect((await fetch(`${origin}/simple/hello/`)).headers.get('www-authenticate')).toBe(
    'Basic realm="postern"',
  );
  expect((await download('hello')).files).toEqual([]);

  const { id, secret } = await tokenFor('hello');
  save(secret);
  expect((await download('hello')).files).toEqual([wheelOf('hello')]);
  expect((await download('secret')).files).toEqual([]);
  save((await tokenFor('secret')).secret);
  expect((await download('secret')).files).toEqual([wheelOf('secret')]);

  save('nonsense');
  const inUrl = await download('hello', `${origin.replace('//', `//any:${secret}@`)}/simple/`);
  expect(inUrl.files).toEqual([wheelOf('hello')]);
  expect(inUrl.said).not.toContain(secret);

  const { session } = server.postern.owner;
  await mutate(server.postern, 'revokeToken', { id }, session, 'token { id }');
  save(secret);
  expect((await download('hello')).files).toEqual([]);
});
