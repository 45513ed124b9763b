import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { dirname, join, resolve } from 'node:path';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { temporaryFolder } from '../support/folder.ts';
import { freePort } from '../support/free-port.ts';
import { startWire, type TestWire } from '../support/http.ts';
import { createPersonalToken } from '../support/tokens.ts';

const PAT = resolve(import.meta.dirname, '../../packages/cli/dist/main.js');

let wire: TestWire;
beforeAll(async () => {
  wire = await startWire();
  wire.postern.advance(Date.now() - wire.postern.now());
});
afterAll(() => wire.stop());

interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A person's terminal: a folder for what `pat` stores. */
function openTerminal(env: Record<string, string> = {}) {
  const folder = temporaryFolder();
  const start = (...args: string[]): ChildProcess =>
    spawn(process.execPath, [PAT, ...args], {
      cwd: folder,
      env: { PATH: process.env.PATH, HOME: folder, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
  async function finish(child: ChildProcess): Promise<Ended> {
    const texts = { stdout: '', stderr: '' };
    for (const stream of ['stdout', 'stderr'] as const) {
      child[stream]?.on('data', (chunk) => {
        texts[stream] += chunk;
      });
    }
    const [code] = await once(child, 'close');
    return { code, ...texts };
  }
  const file = join(folder, '.config', 'postern', 'credentials.json');
  return { folder, file, start, finish, pat: (...args: string[]) => finish(start(...args)) };
}

/** A terminal that uses a token or session by its environment. */
const terminalOf = (secret: string) => openTerminal({ POSTERN_URL: wire.origin, POSTERN_TOKEN: secret });

/** Logs in as a person does: the command prints a code, which the person approves in the console. */
async function logIn(args: string[] = [], token?: object) {
  const terminal = openTerminal();
  const child = terminal.start('login', wire.origin, ...args);
  const ended = terminal.finish(child);
  let said = '';
  const code = await new Promise<string>((found) => {
    child.stderr?.on('data', (chunk) => {
      said += chunk;
      const match = /\b[A-Z]{4}-[A-Z]{4}\b/.exec(said)?.[0];
      if (match) found(match);
    });
  });
  expect(said).toContain(`${wire.origin}/device`);
  const query = 'mutation ($input: ApproveDeviceInput!) { approveDevice(input: $input) { approved } }';
  const input = { userCode: code, ...(token && { token }) };
  const { errors } = await wire.postern.post(query, { input }, wire.postern.owner.session);
  expect(errors).toEqual([]);
  expect(await ended).toMatchObject({ code: 0, stdout: '' });
  return terminal;
}

/** Returns a terminal in which the owner has logged in, without the wait for the first poll. */
function loggedIn() {
  const terminal = openTerminal();
  mkdirSync(dirname(terminal.file), { recursive: true });
  const stored = { current: wire.origin, secrets: { [wire.origin]: wire.postern.owner.session } };
  writeFileSync(terminal.file, JSON.stringify(stored), { mode: 0o600 });
  return terminal;
}

test('a person logs in, makes and manages tokens, and logs out', async () => {
  const { pat, file } = await logIn();
  expect(statSync(file).mode & 0o777).toBe(0o600);
  expect((await pat('whoami')).stdout).toMatch(/owner@example\.com.*\nsession at http:\/\/127/);

  const created = await pat('create', 'ci', '--scope', 'channel:publish', '--expires', '30d');
  expect(created).toMatchObject({ code: 0, stdout: expect.stringMatching(/^pat_[0-9A-Za-z]{49}\n$/) });
  expect(created.stderr).toMatch(/name +ci\n[\s\S]*scope +channel:publish\n/);
  expect(created.stderr).not.toContain(created.stdout.trim());
  const secret = created.stdout.trim();
  expect(await terminalOf(secret).pat('can', 'publish', 'channel')).toMatchObject({
    code: 0,
    stdout: 'yes\n',
  });
  expect(await terminalOf(secret).pat('can', 'delete', 'channel')).toMatchObject({
    code: 1,
    stdout: 'no: MISSING_SCOPE\n',
  });

  expect((await pat('list')).stdout).toMatch(/^ID +NAME +STATUS[^\n]*\ntok_\w+ +ci +ACTIVE +SCOPED/);
  expect((await pat('update', 'ci', '--name', 'deploy', '--description', 'x')).stdout).toMatch(
    /name +deploy/,
  );
  expect((await pat('disable', 'deploy')).stdout).toMatch(/status +DISABLED/);
  expect((await pat('list', '--status', 'active')).stderr).toBe('No tokens.\n');
  expect((await pat('enable', 'deploy')).stdout).toMatch(/status +ACTIVE/);
  const shown = JSON.parse((await pat('show', 'deploy', '--json')).stdout);
  expect(shown).toMatchObject({
    name: 'deploy',
    scopes: [{ entityType: 'channel', operations: ['PUBLISH'] }],
  });
  const regenerated = await pat('regenerate', shown.identifier, '--expires', '12h');
  expect(regenerated.stdout).toMatch(/^pat_/);
  expect((await terminalOf(secret).pat('whoami')).code).toBe(1);
  expect((await pat('revoke', shown.id)).stdout).toMatch(/status +REVOKED/);
  expect(await pat('delete', 'deploy')).toMatchObject({ code: 0, stdout: '' });
  expect(await pat('show', 'deploy')).toMatchObject({ code: 1, stderr: 'You have no token deploy.\n' });

  const session = JSON.parse(readFileSync(file, 'utf8')).secrets[wire.origin];
  expect(await pat('logout')).toMatchObject({ code: 0 });
  expect((await wire.postern.post('{ viewer { kind } }', {}, session)).code).toBe('INVALID_SESSION');
  expect(await pat('whoami')).toMatchObject({ code: 2, stderr: expect.stringContaining('Log in first') });
});

test('a login with scopes stores a token with no more than them', async () => {
  const scopes = [{ entityType: 'channel', operations: ['READ'] }];
  const { pat } = await logIn(['--scope', 'channel:read,publish'], {
    name: 'laptop',
    access: 'SCOPED',
    scopes,
  });
  expect((await pat('whoami', '--json')).stdout).toMatch(/"kind": "PERSONAL_TOKEN"/);
  expect((await pat('can', 'publish', 'channel')).stdout).toBe('no: MISSING_SCOPE\n');
});

test('the scopes that a document needs can be passed to create', async () => {
  const { pat, folder } = terminalOf(wire.postern.owner.session);
  writeFileSync(join(folder, 'query.graphql'), '{ channels(first: 1) { nodes { id } } }');
  expect(await pat('scopes', 'for', 'query.graphql')).toMatchObject({ code: 0, stdout: 'channel:list\n' });
  writeFileSync(join(folder, 'query.graphql'), 'query ($id: ID!) { channel(id: $id) { name } }');
  const id = `chn_${'0'.repeat(32)}`;
  const withId = (variables: string) => pat('scopes', 'for', 'query.graphql', '--variables', variables);
  expect((await withId(JSON.stringify({ id }))).stdout).toBe(`channel:read:${id}\n`);
  for (const text of ['[]', '{', 'null'])
    expect(await withId(text)).toMatchObject({ code: 2, stderr: expect.stringContaining('JSON object') });
  writeFileSync(join(folder, 'query.graphql'), 'mutation { deleteAllTokens { deletedCount } }');
  expect(await pat('scopes', 'for', 'query.graphql')).toMatchObject({
    code: 1,
    stderr: 'deleteAllTokens: no personal token can do this (SESSION_REQUIRED)\n',
  });
});

test.each([
  [[], 2, 'Name a command'],
  [['fly'], 2, 'fly is no command'],
  [['create'], 2, 'Wrong arguments for create'],
  [['create', 'a', '--nonsense'], 2, "Unknown option '--nonsense'"],
  [['list', '--scope', 'a:b'], 2, 'list does not take --scope'],
  [['create', 'a', '--expires', 'soon'], 2, 'soon is not an expiry'],
  [['create', 'a', '--scope', 'everything'], 2, 'everything is not a scope'],
  [['create', 'a', '--scope', 'channel:fly'], 1, 'has no operation FLY'],
  [['create', '', '--access', 'full'], 1, 'BAD_USER_INPUT'],
  [['show', 'tok_00000000000000000000000000000000'], 1, 'does not exist'],
])('%j ends with the exit status %i', async (args, code, message) => {
  const ended = await terminalOf(wire.postern.owner.session).pat(...args);
  expect(ended).toMatchObject({ code, stdout: '' });
  expect(ended.stderr).toContain(message);
});

test('a credential goes to one origin only, by https or on this machine, and follows no redirect', async () => {
  const seen: (string | undefined)[] = [];
  const other: Server = createServer((request, response) => {
    seen.push(request.headers.authorization);
    response.writeHead(307, { location: `${wire.origin}/graphql` }).end();
  }).listen(0, '127.0.0.1');
  await once(other, 'listening');
  onTestFinished(() => void other.close());
  const origin = `http://127.0.0.1:${(other.address() as AddressInfo).port}`;
  const { secret } = await createPersonalToken(wire.postern, wire.postern.owner.session);

  const env = { POSTERN_TOKEN: secret };
  expect(await openTerminal(env).pat('whoami')).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('POSTERN_TOKEN needs POSTERN_URL'),
  });
  expect(await terminalOf(secret).pat('whoami', '--server', origin)).toMatchObject({ code: 2 });
  for (const url of [
    'http://postern.example',
    'ftp://127.0.0.1',
    `${wire.origin}/graphql`,
    'postern.example',
  ]) {
    expect([url, (await openTerminal({ ...env, POSTERN_URL: url }).pat('whoami')).code]).toEqual([url, 2]);
  }
  const { pat } = loggedIn();
  expect(await pat('whoami', '--server', origin)).toMatchObject({ code: 2 });
  expect(seen).toEqual([]);
  const redirected = await openTerminal({ ...env, POSTERN_URL: origin }).pat('whoami');
  expect(redirected).toMatchObject({ code: 3, stderr: expect.stringContaining('redirects') });
  expect((await openTerminal().pat('login', origin)).code).toBe(3);
  const closed = `http://127.0.0.1:${await freePort()}`;
  expect(await openTerminal({ ...env, POSTERN_URL: closed }).pat('whoami')).toMatchObject({
    code: 3,
    stderr: expect.stringContaining('ECONNREFUSED'),
  });
});

test('a file that others can read, or that is a link, is not used', async () => {
  const { pat, file } = loggedIn();
  chmodSync(file, 0o644);
  expect(await pat('whoami')).toMatchObject({ code: 2, stderr: expect.stringContaining('chmod 600') });
  chmodSync(file, 0o600);
  expect((await pat('whoami')).code).toBe(0);
  const place = temporaryFolder();
  symlinkSync(file, join(place, 'credentials.json'));
  symlinkSync(place, join(place, 'postern'));
  expect((await openTerminal({ XDG_CONFIG_HOME: place }).pat('whoami')).stderr).toContain('ELOOP');
});

test('a secret that cannot be printed is stored, and the command says where', async () => {
  const terminal = terminalOf(wire.postern.owner.session);
  const child = terminal.start('create', 'lost');
  child.stdout?.destroy();
  const { code, stderr } = await terminal.finish(child);
  expect([code, stderr]).toEqual([1, expect.stringContaining('The secret could not be printed. It is in ')]);
  const [name = ''] = readdirSync(join(terminal.folder, '.config', 'postern'));
  const file = join(terminal.folder, '.config', 'postern', name);
  expect(stderr).toContain(file);
  expect(readFileSync(file, 'utf8')).toMatch(/^pat_\w{49}\n$/);
  expect(statSync(file).mode & 0o777).toBe(0o600);
});

test('the help and the completion name every command, in lines of 80 characters', async () => {
  const { pat } = openTerminal();
  const { stdout } = await pat('--help');
  expect(stdout.split('\n').filter((line) => line.length > 80)).toEqual([]);
  for (const shell of ['bash', 'zsh', 'fish']) {
    const script = (await pat('completion', shell)).stdout;
    for (const name of ['login', 'create', 'scopes', '--expires'.slice(2)]) expect(script).toContain(name);
  }
  expect((await pat('--version')).stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
});
