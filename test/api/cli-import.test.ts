import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { apiKey } from '@better-auth/api-key';
import { betterAuth } from 'better-auth';
import { getMigrations } from 'better-auth/db/migration';
import Database from 'better-sqlite3';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { openSqliteDatabase } from '../../src/storage/open.ts';
import { PASSWORD } from '../support/app.ts';
import { call, MAIN, postern, type ServerProcess, startServer } from '../support/cli.ts';
import { SHAPES, workspaceLine } from '../support/imports.ts';

const VIEWER = '{ viewer { kind token { id maskedSecret } } }';

let folder: string;
let env: Record<string, string>;
let server: ServerProcess;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'postern-'));
  env = {
    DATABASE_URL: `file:${join(folder, 'postern.db')}`,
    POSTERN_OWNER_EMAIL: 'owner@example.com',
    POSTERN_OWNER_PASSWORD: PASSWORD,
    POSTERN_FOREIGN_SHAPES: SHAPES,
    POSTERN_TOKENS_PER_WORKSPACE: '100000',
    POSTERN_LOG_LEVEL: 'silent',
  };
  server = await startServer(env);
});

afterAll(async () => {
  await server.stop();
  rmSync(folder, { recursive: true });
});

/** Writes lines to a file and returns its path. */
function fileOf(name: string, lines: readonly object[]): string {
  const file = join(folder, name);
  writeFileSync(file, lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
  return file;
}

/** Creates keys with better-auth's own API; returns their texts and its table. */
async function createKeys(names: readonly string[]) {
  const database = new Database(':memory:');
  const options = {
    database,
    secret: 'a secret that nothing in this test depends on',
    baseURL: 'http://localhost',
    telemetry: { enabled: false },
    plugins: [apiKey({ enableMetadata: true })],
  };
  await (await getMigrations(options)).runMigrations();
  const auth = betterAuth(options);
  const keys: string[] = [];
  for (const name of names) {
    const body = { userId: 'customer-1', name, metadata: { plan: 'pro' }, expiresIn: 30 * 24 * 60 * 60 };
    keys.push((await auth.api.createApiKey({ body })).key);
  }
  const rows = database.prepare('select * from apikey order by name').all() as Record<string, any>[];
  database.close();
  return { keys, rows };
}

test('keys of better-auth keep working, until regenerateToken replaces them', async () => {
  const { keys, rows } = await createKeys(['a', 'b']);
  const [key, other] = keys as [string, string];
  const file = fileOf(
    'better-auth.jsonl',
    rows.map(({ key: digest, name, start, expiresAt, referenceId, userId, metadata }) => ({
      ...{ digest, name, start, expiresAt, workspace: 'main', role: 'ADMINISTRATOR', access: 'ROLE' },
      subject: referenceId ?? userId,
      metadata: typeof metadata === 'string' ? JSON.parse(metadata) : metadata,
    })),
  );
  expect((await server.post(VIEWER, key)).code).toBe('INVALID_TOKEN');

  expect(await call(`import ${file} --dry-run`, { env })).toEqual({
    code: 0,
    stdout: 'Can be imported: 2. Already imported: 0.',
    stderr: '',
  });
  expect((await call(`import ${file}`, { env })).stdout).toBe('Imported: 2. Already imported: 0.');

  // The server reads what another process imported every second.
  await vi.waitFor(async () => expect((await server.post(VIEWER, key)).status).toBe(200), 5000);
  const { token } = (await server.post(VIEWER, key)).data.viewer;
  expect(token.maskedSecret).toBe(`${key.slice(0, 6)}…`);
  const headers = { authorization: `Bearer ${key}` };
  const verified = await fetch(`${server.origin}/verify?operation=LIST&entityType=channel&any=true`, {
    headers,
  });
  expect(verified.status).toBe(204);
  expect(verified.headers.get('x-postern-subject')).toBe('customer-1');
  const body = new URLSearchParams({ token: other });
  const introspection = await fetch(`${server.origin}/oauth/introspect`, { method: 'POST', headers, body });
  expect(await introspection.json()).toMatchObject({
    active: true,
    sub: 'customer-1',
    postern: { metadata: { plan: 'pro' } },
  });

  const regenerate = `mutation { regenerateToken(input: { id: "${token.id}", overlap: "P1D" }) { secret } }`;
  const { secret } = (await server.post(regenerate, key)).data.regenerateToken;
  expect((await server.post(VIEWER, key)).status).toBe(200);
  expect((await server.post(VIEWER, secret)).data.viewer.token.maskedSecret).toMatch(/^wst_/);
  expect((await server.post(VIEWER, key)).code).toBe('INVALID_TOKEN');
  expect((await call(`import ${file}`, { env })).stdout).toBe('Imported: 0. Already imported: 2.');
  expect((await server.post(VIEWER, key)).code).toBe('INVALID_TOKEN');
});

test('an import that is killed continues when it is run again', async () => {
  const lines = Array.from({ length: 8000 }, (_, index) =>
    workspaceLine(`key ${index}`, { name: `${index}` }),
  );
  const file = fileOf('many.jsonl', lines);
  const handle = openSqliteDatabase(env.DATABASE_URL as string);
  const count = () =>
    handle.connection
      .prepare("select count(*) from tokens where role = 1 and name <> ''")
      .pluck()
      .get() as number;
  const child = spawn(process.execPath, [MAIN, 'import', file], { env });
  const ended = once(child, 'exit');
  await vi.waitFor(() => expect(count()).toBeGreaterThan(0), { timeout: 20_000, interval: 5 });
  child.kill('SIGKILL');
  await ended;
  const before = count();
  expect(before).toBeLessThan(lines.length);

  const { stdout } = await postern(`import ${file}`, { env });
  expect(stdout).toBe(`Imported: ${lines.length - before}. Already imported: ${before}.\n`);
  expect(count()).toBe(lines.length);
  await handle.close();
});

test('refused lines are named with their reason, and the others are imported', async () => {
  const file = fileOf('mixed.jsonl', [
    workspaceLine('x'),
    workspaceLine('y', { name: '' }),
    workspaceLine('x'),
  ]);
  expect(await call(`import ${file}`, { env })).toEqual({
    code: 1,
    stdout: 'Imported: 1. Already imported: 0.',
    stderr: [
      `${file}:2: name must have 1 to 100 characters`,
      `${file}:3: digest is on an earlier line of this file`,
      'postern import: Lines refused: 2.',
    ].join('\n'),
  });
});

test('without POSTERN_FOREIGN_SHAPES nothing is imported, because no server would accept it', async () => {
  const file = fileOf('none.jsonl', [workspaceLine('z')]);
  const { code, stderr } = await call(`import ${file}`, { env: { ...env, POSTERN_FOREIGN_SHAPES: '' } });
  expect(code).toBe(1);
  expect(stderr).toContain('POSTERN_FOREIGN_SHAPES is not set');
});

test('a file can come from standard input', async () => {
  const input = JSON.stringify(workspaceLine('piped'));
  expect((await call('import -', { env, input })).stdout).toBe('Imported: 1. Already imported: 0.');
});
