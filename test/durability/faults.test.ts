import { closeSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { DAY } from '../../src/domain/duration.ts';
import type { SqliteHandle } from '../../src/storage/database.ts';
import { openSqliteDatabase } from '../../src/storage/open.ts';
import { type Answer, startTestApp, type TestApp } from '../support/app.ts';
import { startProcess, type TestProcess } from '../support/child-process.ts';
import { writeTestDatabase } from '../support/database.ts';
import { temporaryFolder } from '../support/folder.ts';

const CREATE = `mutation ($name: String!) {
  createToken(input: { name: $name, access: FULL }) { secret token { id } }
}`;
const LOCK_HOLDER = new URL('./lock-holder.ts', import.meta.url);
/** A response within this time did not wait for a lock. */
const AT_ONCE_MS = 500;

let file: string;
let handle: SqliteHandle;
let postern: TestApp;
/** The secret of a token from before the fault. */
let secret: string;

function create(name: string): Promise<Answer> {
  return postern.post(CREATE, { name }, postern.owner.session);
}

function list(): Promise<Answer> {
  return postern.post('{ tokens { nodes { name lastUsedAt } } }', {}, postern.owner.session);
}

async function verify(bearer: string): Promise<Response> {
  const headers = { authorization: `Bearer ${bearer}` };
  return postern.fetch(new Request('http://postern.test/verify', { headers }));
}

function expectUnavailable(answer: Answer): void {
  expect(answer).toMatchObject({ status: 200, code: 'UNAVAILABLE' });
  expect(Object.values(answer.data)).toEqual([null]);
  expect(answer.errors).toHaveLength(1);
}

/** Checks the number of tokens, each with its secret and its audit row, and the integrity of the file. */
function countWholeTokens(): number {
  const count = (sql: string) => handle.connection.prepare(sql).pluck().get() as number;
  expect(handle.connection.pragma('integrity_check', { simple: true })).toBe('ok');
  expect(handle.connection.pragma('foreign_key_check')).toEqual([]);
  const tokens = count('select count(*) from tokens');
  expect(count('select count(distinct token_id) from token_secrets')).toBe(tokens);
  expect(count("select count(distinct target_id) from audit_events where action = 'token.created'")).toBe(
    tokens,
  );
  return tokens;
}

beforeEach(async () => {
  file = join(temporaryFolder(), 'postern.db');
  writeTestDatabase(file);
  handle = openSqliteDatabase(`file:${file}`);
  postern = await startTestApp({ POSTERN_TOKENS_PER_USER: '10000' }, handle);
  secret = (await create('before')).data.createToken.secret;
});

afterEach(() => postern.close());

describe('while another process holds the write lock', () => {
  let holder: TestProcess;

  beforeEach(async () => {
    holder = startProcess(LOCK_HOLDER, file);
    expect(await holder.next()).toBe('locked');
  });

  test('reads respond immediately, and a change waits until the lock is free', async () => {
    const changed = create('patient');
    for (let round = 0; round < 10; round++) {
      const started = performance.now();
      expect((await verify(secret)).status).toBe(204);
      expect((await list()).errors).toEqual([]);
      expect(performance.now() - started).toBeLessThan(AT_ONCE_MS);
    }
    holder.send('release');
    expect((await changed).errors).toEqual([]);
    expect(countWholeTokens()).toBe(2);
  });

  test('a change that has waited for five seconds is UNAVAILABLE, those behind it too, and none is applied in part', async () => {
    const started = performance.now();
    for (const answer of await Promise.all([create('one'), create('two'), create('three')])) {
      expectUnavailable(answer);
    }
    expect(performance.now() - started).toBeGreaterThan(4_900);
    expect(performance.now() - started).toBeLessThan(7_000);
    holder.send('release');
    expect(await holder.next()).toBe('released');
    expect((await create('after')).errors).toEqual([]);
    expect(countWholeTokens()).toBe(2);
  });
});

test('a request whose credential cannot be authenticated without a write gets 503 with Retry-After', async () => {
  const { data } = await postern.post('{ tokens { nodes { id } } }', {}, postern.owner.session);
  const regenerated = await postern.post(
    `mutation ($id: ID!) { regenerateToken(input: { id: $id, overlap: "P1D" }) { secret } }`,
    { id: data.tokens.nodes[0].id },
    postern.owner.session,
  );
  const { secret: newSecret } = regenerated.data.regenerateToken;
  handle.connection.pragma('query_only = ON');

  // Accepting the new secret ends the old one, which must not become valid again.
  const refused = await verify(newSecret);
  expect(refused.status).toBe(503);
  expect(refused.headers.get('retry-after')).toMatch(/^\d+$/);
  expect(await refused.json()).toMatchObject({ errors: [{ extensions: { code: 'UNAVAILABLE' } }] });
  expect((await verify(secret)).status).toBe(204);

  handle.connection.pragma('query_only = OFF');
  expect((await verify(newSecret)).status).toBe(204);
  expect((await verify(secret)).status).toBe(401);
});

test('on a full disk changes are UNAVAILABLE, reads respond, and the server recovers when there is room', async () => {
  handle.connection.pragma(`max_page_count = ${handle.connection.pragma('page_count', { simple: true })}`);
  let created = 1;
  let answer = await create('filling');
  for (; answer.errors.length === 0; created++) answer = await create('filling'.repeat(10));
  expectUnavailable(answer);
  expectUnavailable(await create('again'));
  expect((await verify(secret)).status).toBe(204);
  expect(countWholeTokens()).toBe(created);

  handle.connection.pragma('max_page_count = 1000000');
  expect((await create('after')).errors).toEqual([]);
  expect(countWholeTokens()).toBe(created + 1);
});

test('while the file is read-only changes are UNAVAILABLE, and reads respond', async () => {
  handle.connection.pragma('query_only = ON');
  expectUnavailable(await create('never'));
  expect((await verify(secret)).status).toBe(204);
  expect((await list()).data.tokens.nodes).toEqual([
    { name: 'before', lastUsedAt: new Date(postern.now()).toISOString() },
  ]);

  handle.connection.pragma('query_only = OFF');
  expect((await create('after')).errors).toEqual([]);
  expect(countWholeTokens()).toBe(2);
});

test('if a page is corrupt, requests that need it are UNAVAILABLE and others respond; after the repair all respond', async () => {
  const { connection } = handle;
  const pageSize = connection.pragma('page_size', { simple: true }) as number;
  const root = connection
    .prepare("select rootpage from sqlite_schema where name = 'audit_events'")
    .pluck()
    .get() as number;
  const page = readPage(connection, root, pageSize);
  writePage(connection, root, Buffer.alloc(pageSize, 0xff));

  expectUnavailable(await create('never'));
  expect((await verify(secret)).status).toBe(204);

  writePage(connection, root, page);
  expect((await create('after')).errors).toEqual([]);
  expect(countWholeTokens()).toBe(2);
});

test('expired rows that cannot be deleted now are deleted later', async () => {
  const rows = () => handle.connection.prepare('select count(*) from audit_events').pluck().get();
  const { retention } = postern.app.services;
  postern.advance(401 * DAY);
  handle.connection.pragma('query_only = ON');
  await retention.prune();
  expect(rows()).not.toBe(0);
  expect(postern.logs.some((line) => line.includes('could not delete expired rows'))).toBe(true);

  handle.connection.pragma('query_only = OFF');
  await retention.prune();
  expect(rows()).toBe(0);
});

test('a server on a full disk stops cleanly', async () => {
  expect((await verify(secret)).status).toBe(204);
  handle.connection.pragma('query_only = ON');
  await postern.app.close();
  expect(postern.logs.some((line) => line.includes('last use could not be stored'))).toBe(true);
  expect(handle.connection.open).toBe(false);
});

function readPage(connection: SqliteHandle['connection'], number: number, size: number): Buffer {
  return connection.serialize().subarray((number - 1) * size, number * size);
}

/** Writes to the file directly, and makes SQLite drop its cache of it. */
function writePage(connection: SqliteHandle['connection'], number: number, page: Buffer): void {
  connection.pragma('wal_checkpoint(TRUNCATE)');
  const descriptor = openSync(file, 'r+');
  writeSync(descriptor, page, 0, page.length, (number - 1) * page.length);
  closeSync(descriptor);
  connection.pragma('shrink_memory');
}
