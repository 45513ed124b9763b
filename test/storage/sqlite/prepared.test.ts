import { expect, test, vi } from 'vitest';
import { DEFAULT_POLICY } from '../../../src/domain/workspace.ts';
import type { Executor } from '../../../src/storage/database.ts';
import { prepareQuery, prepareQueryOne } from '../../../src/storage/query/prepared.ts';
import { prepareInsert } from '../../../src/storage/query/prepared-insert.ts';
import { pageTokens } from '../../../src/storage/repositories/token-lists.ts';
import { findUserAccess, insertWorkspace, setPolicy } from '../../../src/storage/repositories/workspaces.ts';
import { openTestSqlite } from '../../support/database.ts';

const FORBIDDING = { ...DEFAULT_POLICY, personalTokens: 'FORBIDDEN' } as const;

async function openWithWorkspace() {
  const handle = openTestSqlite();
  const workspace = { id: 'w', name: 'w', slug: 'w', createdAt: 0, policy: DEFAULT_POLICY };
  await insertWorkspace(handle.db, workspace);
  const policyNow = async () => (await findUserAccess(handle.db, 'unknown', 'w'))?.policy.personalTokens;
  return { ...handle, policyNow };
}

test('a lookup during a transaction sees nothing of it if it is rolled back', async () => {
  const { transact, policyNow, close } = await openWithWorkspace();
  let seen: Promise<unknown> = Promise.resolve();
  const attempt = transact([], async (tx) => {
    await setPolicy(tx, 'w', FORBIDDING);
    expect((await findUserAccess(tx, 'unknown', 'w'))?.policy).toEqual(FORBIDDING);
    seen = policyNow();
    throw new Error('changed my mind');
  });
  await expect(attempt).rejects.toThrow('changed my mind');
  expect(await seen).toBe('ALLOWED');
  await close();
});

test('a lookup during a transaction waits for it and returns what it stored', async () => {
  const { transact, policyNow, close } = await openWithWorkspace();
  let seen: Promise<unknown> = Promise.resolve();
  await transact([], async (tx) => {
    seen = policyNow();
    await setPolicy(tx, 'w', FORBIDDING);
  });
  expect(await seen).toBe('FORBIDDEN');
  expect(await policyNow()).toBe('FORBIDDEN');
  await close();
});

const insertUse = prepareInsert('credential_uses');
const usesBefore = prepareQuery((db: Executor, at: number) =>
  db.selectFrom('credential_uses').selectAll().where('at', '<', at).orderBy('at', 'desc').limit(3),
);

test('a write in a transaction is seen by its later reads and rolled back with it', async () => {
  const { db, transact, close } = openTestSqlite();
  const use = { credential_id: 'c', holder_id: null, at: 1, ip: null, user_agent: null };
  const attempt = transact([], async (tx) => {
    await insertUse(tx, use);
    expect(await usesBefore(tx, 2)).toEqual([use]);
    throw new Error('changed my mind');
  });
  await expect(attempt).rejects.toThrow('changed my mind');
  expect(await usesBefore(db, 2)).toEqual([]);
  await close();
});

test('a write during a transaction of another waits for it, and stays if it is rolled back', async () => {
  const { db, transact, close } = openTestSqlite();
  const use = { credential_id: 'c', holder_id: null, at: 1, ip: null, user_agent: null };
  let written: Promise<void> = Promise.resolve();
  const attempt = transact([], async () => {
    written = insertUse(db, use);
    throw new Error('changed my mind');
  });
  await expect(attempt).rejects.toThrow('changed my mind');
  await written;
  expect(await usesBefore(db, 2)).toEqual([use]);
  await close();
});

const useAt = prepareQueryOne((db: Executor, at: number, credentialId: string) =>
  db.selectFrom('credential_uses').selectAll().where('credential_id', '=', credentialId).where('at', '=', at),
);

test('one row is returned without a promise, unless another transaction is open', async () => {
  const { db, transact, close } = openTestSqlite();
  const use = { credential_id: 'c', holder_id: null, at: 1, ip: null, user_agent: 'café "1"' };
  expect(useAt(db, 1, 'c')).toBe(undefined);
  await insertUse(db, use);
  expect(useAt(db, 1, 'c')).toEqual(use);
  await transact([], async (tx) => {
    expect(useAt(tx, 1, 'c')).toEqual(use);
    expect(useAt(db, 1, 'c')).toBeInstanceOf(Promise);
  });
  await close();
});

test('rows are returned unchanged and in order, with any content', async () => {
  const { db, close } = openTestSqlite();
  const texts = [
    '',
    'null',
    '{"at":1}',
    'a\u0000b',
    '\u001f\u007f\u2028\r\n\t',
    `'"\\/`,
    'é',
    '😀',
    '\ud83d\ude00x',
  ];
  const rows = texts.map((text, at) => ({
    credential_id: text,
    holder_id: null,
    at,
    ip: null,
    user_agent: text,
  }));
  const last = {
    credential_id: 'last',
    holder_id: null,
    at: Number.MAX_SAFE_INTEGER - 1,
    ip: '::1',
    user_agent: null,
  };
  for (const row of [...rows, last]) await insertUse(db, row);
  expect(await usesBefore(db, Number.MAX_SAFE_INTEGER)).toEqual([last, ...rows.slice(-2).reverse()]);
  for (const row of rows) expect((await usesBefore(db, row.at + 1))[0]).toEqual(row);
  expect(await usesBefore(db, 0)).toEqual([]);
  await close();
});

test('a limit is part of the SQL text, because SQLite prepares a statement again for each bound limit', async () => {
  const { db, close } = openTestSqlite();
  const { sql, parameters } = db.selectFrom('users').select('id').limit(3).offset(2).compile();
  expect(sql).toMatch(/ limit 3 offset \?$/);
  expect(parameters).toEqual([2]);
  await close();
});

test('no statement for a page of tokens binds a limit, at any depth', async () => {
  const { connection, db, close } = openTestSqlite();
  const prepare = vi.spyOn(connection, 'prepare');
  const window = { after: { key: 5, id: 'x' }, before: null, backward: false, limit: 20 };
  const order = { field: 'CREATED_AT', direction: 'DESC' } as const;
  await pageTokens(db, { ownerId: 'unknown' }, {}, order, window, 0);
  const texts = prepare.mock.calls.map(([text]) => text).filter((text) => text.includes(' limit '));
  expect(texts.some((text) => text.includes(' limit 21'))).toBe(true);
  expect(texts.some((text) => text.includes(' limit 1)'))).toBe(true);
  expect(texts.filter((text) => text.includes(' limit ?'))).toEqual([]);
  await close();
});
