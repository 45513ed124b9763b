import { once } from 'node:events';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { openDatabase } from '../../src/storage/open.ts';
import { temporaryFolder } from '../support/folder.ts';
import { freePort } from '../support/free-port.ts';
import { type MainProcess, startMain } from '../support/main-process.ts';

const OWNER = { POSTERN_OWNER_EMAIL: 'ada@example.com', POSTERN_OWNER_PASSWORD: 'correct horse battery' };

async function originOf(main: MainProcess): Promise<string> {
  return (await main.says(/Postern listens on (\S+)/))[1] ?? '';
}

async function post(origin: string, query: string, secret?: string, variables?: object): Promise<any> {
  const response = await fetch(`${origin}/graphql`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', ...(secret && { Authorization: `Bearer ${secret}` }) },
    body: JSON.stringify({ query, variables }),
  });
  return response.json();
}

async function signIn(origin: string, email: string, password: string): Promise<string> {
  const query = 'mutation ($input: SignInInput!) { signIn(input: $input) { sessionToken } }';
  const { data } = await post(origin, query, undefined, { input: { email, password } });
  return data.signIn.sessionToken;
}

/** A request that the server has begun to read, and whose last byte is not yet sent. */
interface RequestUnderWay {
  finish(): void;
  /** Everything that was received until the server closed the connection. */
  readonly response: Promise<string>;
}

async function beginRequest(origin: string): Promise<RequestUnderWay> {
  const body = '{"query":"{ __typename }"}';
  const head = [
    'POST /graphql HTTP/1.1',
    'Host: x',
    'Content-Type: application/json',
    'Expect: 100-continue',
  ];
  const socket = connect(Number(new URL(origin).port), '127.0.0.1');
  onTestFinished(() => void socket.destroy());
  socket.on('error', () => {});
  socket.write([...head, `Content-Length: ${body.length}`, '', body.slice(0, -1)].join('\r\n'));
  const [proceed] = await once(socket, 'data');
  expect(String(proceed)).toBe('HTTP/1.1 100 Continue\r\n\r\n');
  const chunks: unknown[] = [];
  socket.on('data', (chunk) => chunks.push(chunk));
  const response = once(socket, 'close').then(() => chunks.join(''));
  return { finish: () => void socket.write(body.slice(-1)), response };
}

describe('a start', () => {
  test('on a fresh machine creates the file and the first owner, and prints the password once', async () => {
    const folder = temporaryFolder();
    const first = startMain(folder);
    const origin = await originOf(first);
    const [, password = ''] = await first.says(/Sign in as owner@localhost with the password (\w{24}) /);
    const session = await signIn(origin, 'owner@localhost', password);
    const { errors } = await post(origin, '{ viewer { kind } }', session);
    expect(errors[0].extensions.reason).toBe('PASSWORD_CHANGE_REQUIRED');
    const change = `mutation { changePassword(input: { currentPassword: "${password}", newPassword: "${OWNER.POSTERN_OWNER_PASSWORD}" }) {
      user { name } } }`;
    expect((await post(origin, change, session)).data.changePassword.user.name).toBe('Owner');
    // The last thing that is printed, below the log of the start.
    await first.says(new RegExp(`─+\\nCreated the first owner\\. .*\\nConsole: ${origin}\\n─+\\n`));
    first.signal('SIGTERM');
    expect((await first.end()).code).toBe(0);
    expect(existsSync(join(folder, 'data', 'postern.db'))).toBe(true);

    const second = startMain(folder, { POSTERN_OWNER_EMAIL: 'late@example.com' });
    await second.says(/"POSTERN_OWNER_EMAIL is ignored, because the database already has users/);
    await originOf(second);
    second.signal('SIGINT');
    const { code, output } = await second.end();
    expect([code, output.includes('password')]).toEqual([0, false]);
    expect(output).not.toContain(password);
  });

  test('reads .env in the working directory, which the environment overrides', async () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, '.env'), 'POSTERN_OWNER_EMAIL=env@example.com\nPOSTERN_LOG_LEVEL=loud\n');
    const main = startMain(folder, { POSTERN_LOG_LEVEL: 'warn' });
    await main.says(/Sign in as env@example\.com /);
  });

  test('reads the first line of .env after a byte order mark, and refuses a file in another encoding', async () => {
    const folder = temporaryFolder();
    const file = join(folder, '.env');
    writeFileSync(file, '\uFEFFPOSTERN_LOG_LEVEL=loud\r\nPOSTERN_GRAPHIQL=on\r\n');
    const marked = await startMain(folder).end();
    expect(marked.output).toMatch(/^Postern cannot start: POSTERN_LOG_LEVEL must be one of /);
    writeFileSync(file, '\uFEFFPOSTERN_GRAPHIQL=off\r\n', 'utf16le');
    const wide = await startMain(folder).end();
    expect([wide.code, wide.output]).toEqual([
      1,
      'Postern cannot start: .env is not UTF-8. Save it as UTF-8; editors on Windows offer other encodings.\n',
    ]);
  });

  test('with an invalid configuration ends with one line that names the variables', async () => {
    const env = { PORT: 'x', POSTERN_UNHEARD_OF: 'on', POSTERN_OWNER_PASSWORD: 'swordfish' };
    const { code, output } = await startMain(temporaryFolder(), env).end();
    expect(code).toBe(1);
    expect(output).toMatch(/^Postern cannot start: POSTERN_UNHEARD_OF .*PORT .*POSTERN_OWNER_PASSWORD .*\n$/);
    expect(output).not.toContain('swordfish');
  });

  test('with the name of a command ends without creating anything', async () => {
    const folder = temporaryFolder();
    const { code, output } = await startMain(folder, OWNER, ['import', 'keys.jsonl']).end();
    expect([code, output]).toEqual([1, expect.stringMatching(/takes no arguments.* postern COMMAND\n$/)]);
    expect(existsSync(join(folder, 'data'))).toBe(false);
  });

  test('on a port in use ends with one line that names the reason', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => other.once('listening', resolve));
    onTestFinished(() => void other.close());
    const { port } = other.address() as { port: number };
    const folder = temporaryFolder();
    const { code, output } = await startMain(folder, { ...OWNER, PORT: String(port) }).end();
    expect(code).toBe(1);
    expect(existsSync(join(folder, 'data'))).toBe(false);
    const metrics = { POSTERN_METRICS_PORT: String(port), ...OWNER };
    expect((await startMain(folder, metrics).end()).output).toContain('set POSTERN_METRICS_HOST or');
    expect(existsSync(join(folder, 'data'))).toBe(false);
    const free = String(await freePort());
    const same = await startMain(folder, { PORT: free, POSTERN_METRICS_PORT: free, ...OWNER }).end();
    expect([same.code, same.output]).toEqual([1, expect.stringContaining('set POSTERN_METRICS_HOST or')]);
    expect(existsSync(join(folder, 'data'))).toBe(false);
    expect(output).toMatch(
      /^Postern cannot start: Port \d+ on 127\.0\.0\.1 is already in use\. Stop that program or set HOST or PORT\.$/m,
    );
  });
});

test('a mistake that the system reports ends the start with one line', async () => {
  const mounted = temporaryFolder();
  mkdirSync(join(mounted, '.env'));
  expect((await startMain(mounted, OWNER).end()).output).toBe(
    'Postern cannot start: .env cannot be read: it is a folder.\n',
  );
  mkdirSync(join(mounted, 'folder.db'));
  const env = { DATABASE_URL: `file:${join(mounted, 'folder.db')}`, ...OWNER };
  expect((await startMain(temporaryFolder(), env).end()).output).toBe(
    `Postern cannot start: ${join(mounted, 'folder.db')} cannot be opened. Check DATABASE_URL.\n`,
  );
  const folder = temporaryFolder();
  writeFileSync(join(folder, 'data'), 'a file, not a folder');
  const { code, output } = await startMain(folder, OWNER).end();
  expect([code, output]).toEqual([1, expect.stringMatching(/^Postern cannot start: E\w+: .*data'\n$/)]);
});

describe('a stop', () => {
  test('finishes pending requests, accepts no new ones, and exits with 0', async () => {
    const main = startMain(temporaryFolder(), OWNER);
    const origin = await originOf(main);
    const request = await beginRequest(origin);
    main.signal('SIGTERM');
    await main.says(/"stopping"/);
    await expect(fetch(`${origin}/health`)).rejects.toThrow();
    request.finish();
    const response = await request.response;
    expect(response).toMatch(/^HTTP\/1\.1 200 /);
    expect(response).toMatch(/\r\nConnection: close\r\n/i);
    expect(response).toContain('{"data":{"__typename":"Query"}}');
    const { code, ms } = await main.end();
    expect(code).toBe(0);
    expect(ms).toBeLessThan(5_000);
  });

  test('aborts requests that do not end, within ten seconds', async () => {
    const main = startMain(temporaryFolder(), OWNER);
    const request = await beginRequest(await originOf(main));
    main.signal('SIGTERM');
    const { code, ms } = await main.end();
    expect(code).toBe(0);
    expect(ms).toBeLessThan(10_000);
    expect(await request.response).toBe('');
  });

  test('is immediate at the second signal', async () => {
    const main = startMain(temporaryFolder(), OWNER);
    await beginRequest(await originOf(main));
    main.signal('SIGTERM');
    await main.says(/"stopping"/);
    main.signal('SIGTERM');
    const { code, ms } = await main.end();
    expect(code).toBe(1);
    expect(ms).toBeLessThan(2_000);
  });

  test('loses no recorded last use', async () => {
    const folder = temporaryFolder();
    const main = startMain(folder, OWNER);
    const origin = await originOf(main);
    const session = await signIn(origin, OWNER.POSTERN_OWNER_EMAIL, OWNER.POSTERN_OWNER_PASSWORD);
    await post(origin, '{ viewer { kind } }', session);
    main.signal('SIGTERM');
    expect((await main.end()).code).toBe(0);
    const database = await openDatabase(`file:${join(folder, 'data', 'postern.db')}`);
    onTestFinished(() => database.close());
    expect(
      await database.db.selectFrom('credential_uses').select('ip').where('at', '>', 0).execute(),
    ).toEqual([{ ip: '127.0.0.1' }]);
  });
});
