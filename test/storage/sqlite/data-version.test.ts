import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import type { DataVersion, Executor, SqliteHandle, TransactOptions } from '../../../src/storage/database.ts';
import { openSqliteDatabase } from '../../../src/storage/open.ts';
import { writeTestDatabase } from '../../support/database.ts';
import { temporaryFolder } from '../../support/folder.ts';

function open(file: string): SqliteHandle {
  const handle = openSqliteDatabase(`file:${file}`);
  onTestFinished(() => handle.close());
  return handle;
}

function openTwice(): [SqliteHandle, SqliteHandle] {
  const file = join(temporaryFolder(), 'postern.db');
  writeTestDatabase(file);
  return [open(file), open(file)];
}

async function write({ transact }: SqliteHandle, key: string, options?: TransactOptions): Promise<void> {
  const work = async (tx: Executor) => {
    await tx.insertInto('attempt_counters').values({ key, attempts: 1, resets_at: 1 }).execute();
  };
  await transact([], work, options);
}

test('does not change while nothing is written', async () => {
  const [here] = openTwice();
  const version = here.version as DataVersion;
  const before = version();
  await here.db.selectFrom('users').selectAll().execute();
  await nextTurn();
  expect(version()).toBe(before);
});

test('changes with every write of this process', async () => {
  const [here] = openTwice();
  const version = here.version as DataVersion;
  const before = version();
  await write(here, 'in a transaction');
  const between = version();
  expect(between).not.toBe(before);
  here.connection.exec(`delete from attempt_counters`);
  expect(version()).not.toBe(between);
});

test('changes by the next turn after a write of another process', async () => {
  const [here, elsewhere] = openTwice();
  const version = here.version as DataVersion;
  const before = version();
  await write(elsewhere, 'foreign');
  await nextTurn();
  expect(version()).not.toBe(before);
});

test('changes within a transaction that has written', async () => {
  const [here] = openTwice();
  const version = here.version as DataVersion;
  let during = 0;
  await here.transact([], async (tx) => {
    during = version();
    await tx.insertInto('attempt_counters').values({ key: 'later', attempts: 1, resets_at: 1 }).execute();
  });
  expect(version()).not.toBe(during);
});

test('changes when a transaction begins after a write of another process in the same turn', async () => {
  const [here, elsewhere] = openTwice();
  const version = here.version as DataVersion;
  await nextTurn();
  let before = 0;
  setImmediate(() => {
    before = version();
    elsewhere.connection.exec(
      `insert into attempt_counters (key, attempts, resets_at) values ('foreign', 1, 1)`,
    );
  });
  const during = await new Promise((resolve) => {
    void here.transact([], async () => resolve(version()));
  });
  expect(during).not.toBe(before);
});

test('does not change with a work that keeps it, stored or undone, and changes with one that shares its commit', async () => {
  const [here] = openTwice();
  const version = here.version as DataVersion;
  const before = version();
  await write(here, 'kept', { keepsVersion: true });
  await expect(write(here, 'kept', { keepsVersion: true })).rejects.toThrow('UNIQUE');
  expect(version()).toBe(before);
  await Promise.all([
    write(here, 'also kept', { keepsVersion: true }),
    write(here, 'counted'),
    write(here, 'kept again', { keepsVersion: true }),
  ]);
  expect(version()).not.toBe(before);
});

test('changes with a write of as many rows as a work that keeps it, after a look during that work', async () => {
  const [here] = openTwice();
  const version = here.version as DataVersion;
  let during = 0;
  await here.transact(
    [],
    async (tx) => {
      await tx.insertInto('attempt_counters').values({ key: 'kept', attempts: 1, resets_at: 1 }).execute();
      during = version();
    },
    { keepsVersion: true },
  );
  await write(here, 'counted');
  expect(version()).not.toBe(during);
});

test('changes by the next turn after a work of another process that keeps its own', async () => {
  const [here, elsewhere] = openTwice();
  const version = here.version as DataVersion;
  const before = version();
  await write(elsewhere, 'foreign', { keepsVersion: true });
  await nextTurn();
  expect(version()).not.toBe(before);
});
