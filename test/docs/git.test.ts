import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, expect, onTestFinished, test } from 'vitest';
import { mutate } from '../support/channels.ts';
import { codeBlocks } from '../support/docs.ts';
import { temporaryFolder } from '../support/folder.ts';
import { startWire, type TestWire } from '../support/http.ts';
import { startPublishedNginx } from '../support/nginx.ts';
import { declared } from '../support/operations.ts';
import { createPersonalToken } from '../support/tokens.ts';

const run = promisify(execFile);

let server: TestWire;
beforeEach(async () => {
  server = await startWire({ POSTERN_TRUST_PROXY: '1' });
  const { workspaceId, owner } = server.postern;
  const input = { workspaceId, name: 'repository', operations: declared('READ', 'UPDATE') };
  await mutate(server.postern, 'registerEntityType', input, owner.session, 'entityType { name }');
});
afterEach(() => server.stop());

/** Runs `git http-backend` for a request, as a CGI program (RFC 3875). */
async function runBackend(root: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const url = new URL(request.url ?? '', 'http://service.test');
  const child = spawn('git', ['http-backend'], {
    env: {
      ...process.env,
      GIT_PROJECT_ROOT: root,
      GIT_HTTP_EXPORT_ALL: '1',
      REMOTE_USER: `${request.headers['x-postern-token'] ?? ''}`,
      REQUEST_METHOD: request.method,
      PATH_INFO: url.pathname,
      QUERY_STRING: url.search.slice(1),
      CONTENT_TYPE: request.headers['content-type'] ?? '',
      HTTP_CONTENT_ENCODING: request.headers['content-encoding'] ?? '',
    },
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  request.pipe(child.stdin);
  const chunks: Buffer[] = [];
  for await (const chunk of child.stdout) chunks.push(chunk);
  const output = Buffer.concat(chunks);
  const end = output.indexOf('\r\n\r\n');
  for (const line of output.subarray(0, end).toString().split('\r\n')) {
    const [name = '', value = ''] = line.split(': ');
    if (name === 'Status') response.statusCode = Number(value.slice(0, 3));
    else response.setHeader(name, value);
  }
  response.end(output.subarray(end + 4));
}

/** Serves the repositories of a folder; returns the port. */
async function serveRepositories(root: string, seen: IncomingMessage[]): Promise<number> {
  const backend = createServer((request, response) => {
    seen.push(request);
    void runBackend(root, request, response);
  }).listen(0, '127.0.0.1');
  await once(backend, 'listening');
  onTestFinished(() => {
    backend.closeAllConnections();
    backend.close();
  });
  return (backend.address() as AddressInfo).port;
}

/** A git server behind nginx, configured as documented, and a person who uses it. */
async function startGit() {
  const folder = temporaryFolder();
  const home = join(folder, 'home');
  mkdirSync(home);
  const env = { ...process.env, HOME: home, GIT_CONFIG_NOSYSTEM: '1', GIT_TERMINAL_PROMPT: '0' };
  const git = (...args: string[]) => run('git', args, { cwd: folder, env });
  await git('init', '--quiet', '--bare', '--initial-branch=main', 'website.git');
  await git('-C', 'website.git', 'config', 'http.receivepack', 'true');
  const seen: IncomingMessage[] = [];
  const [configuration = ''] = codeBlocks('clients.md', 'nginx');
  const service = await serveRepositories(folder, seen);
  const origin = await startPublishedNginx({ configuration, postern: server, service });
  const save = (secret: string) => {
    const netrc = `machine 127.0.0.1 login git password ${secret}\n`;
    writeFileSync(join(home, '.netrc'), netrc, { mode: 0o600 });
  };
  return { folder, env, git, save, seen, origin };
}

function tokenFor(...operations: string[]) {
  const { workspaceId, owner } = server.postern;
  const scopes = [{ entityType: 'repository', entityId: 'website', workspaceId, operations }];
  return createPersonalToken(server.postern, owner.session, { access: 'SCOPED', scopes });
}

test('git clones and pushes through nginx with a token, and only what the token allows', async () => {
  const { folder, git, save, seen, origin } = await startGit();
  await expect(git('clone', `${origin}/website.git`, 'anonymous')).rejects.toThrow(
    /could not read Username|Authentication failed/,
  );
  const writer = await tokenFor('READ', 'UPDATE');
  save(writer.secret);
  await git('clone', `${origin}/website.git`, 'work');
  writeFileSync(join(folder, 'work', 'page.html'), '<p>hello</p>');
  const author = ['-c', 'user.name=Ada', '-c', 'user.email=ada@example.com'];
  await git('-C', 'work', 'add', '.');
  await git('-C', 'work', ...author, 'commit', '--quiet', '-m', 'Add a page');
  await git('-C', 'work', 'push', 'origin', 'HEAD:main');
  expect(seen.every(({ headers }) => headers.authorization === undefined)).toBe(true);
  expect(seen.every(({ headers }) => headers['x-postern-token'] === writer.id)).toBe(true);

  save((await tokenFor('READ')).secret);
  await git('clone', `${origin}/website.git`, 'copy');
  const { stdout } = await git('-C', 'copy', 'log', '--format=%s');
  expect(stdout).toBe('Add a page\n');
  await git('-C', 'copy', ...author, 'commit', '--quiet', '--allow-empty', '-m', 'Another');
  await expect(git('-C', 'copy', 'push', 'origin', 'HEAD:main')).rejects.toThrow(/403/);

  const { session } = server.postern.owner;
  await mutate(server.postern, 'revokeToken', { id: writer.id }, session, 'token { id }');
  save(writer.secret);
  await expect(git('clone', `${origin}/website.git`, 'late')).rejects.toThrow(
    /could not read Username|Authentication failed/,
  );
});

test('curl sends the secret of a netrc file, and the checked service is the one that is reached', async () => {
  const { env, save, seen, origin } = await startGit();
  save((await tokenFor('READ')).secret);
  const status = async (path: string, ...args: string[]) => {
    const format = ['-s', '-o', '/dev/null', '-w', '%{http_code}'];
    return (await run('curl', [...format, '--netrc', ...args, `${origin}${path}`], { env })).stdout;
  };
  expect(await status('/website.git/info/refs?service=git-upload-pack')).toBe('200');
  expect(await status('/website.git/info/refs?service=git-receive-pack')).toBe('403');
  expect(await status('/other.git/info/refs?service=git-upload-pack')).toBe('403');
  expect(await status('/website.git/info/refs')).toBe('404');
  const twice = '/website.git/info/refs?service=git-upload-pack&service=git-receive-pack';
  expect(await status(twice)).toBe('200');
  expect(seen.at(-1)?.url).toBe('/website.git/info/refs?service=git-upload-pack');
});
