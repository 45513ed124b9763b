import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { beforeEach, expect, onTestFinished, test } from 'vitest';
import type { Executor, SqliteHandle } from '../../../src/storage/database.ts';
import { openSqliteDatabase } from '../../../src/storage/open.ts';
import { prepareQueryOne, prepareWrite } from '../../../src/storage/query/prepared.ts';
import { writeTestDatabase } from '../../support/database.ts';
import { temporaryFolder } from '../../support/folder.ts';

let own: SqliteHandle;
let other: SqliteHandle;

function open(file: string): SqliteHandle {
  const handle = openSqliteDatabase(`file:${file}`);
  onTestFinished(() => handle.close());
  return handle;
}

beforeEach(() => {
  const file = join(temporaryFolder(), 'postern.db');
  writeTestDatabase(file);
  own = open(file);
  other = open(file);
});

const insertUse = prepareWrite((db: Executor, id: string) =>
  db
    .insertInto('credential_uses')
    .values({ credential_id: id, holder_id: null, at: 1, ip: null, user_agent: null }),
);
const findUse = prepareQueryOne((db: Executor, id: string) =>
  db.selectFrom('credential_uses').select('at').where('credential_id', '=', id),
);

/** Reads often enough that the reads of this turn share a transaction. */
function readTwice(): void {
  void findUse(own.db, 'any');
  void findUse(own.db, 'any');
}

test('reads of one turn see one state, and those of the next turn the newest', async () => {
  await nextTurn();
  readTwice();
  void insertUse(other.db, 'theirs');
  expect(findUse(own.db, 'theirs')).toBe(undefined);
  await nextTurn();
  expect(findUse(own.db, 'theirs')).toEqual({ at: 1 });
});

test('reads after a look at what other processes committed see that', async () => {
  readTwice();
  void insertUse(other.db, 'theirs');
  await own.changedElsewhere();
  expect(findUse(own.db, 'theirs')).toEqual({ at: 1 });
});

test('own writes of the same turn are stored and seen immediately', async () => {
  readTwice();
  void insertUse(own.db, 'prepared');
  expect(findUse(own.db, 'prepared')).toEqual({ at: 1 });
  expect(findUse(other.db, 'prepared')).toEqual({ at: 1 });
  readTwice();
  await own.transact([], async (tx) => {
    readTwice();
    await insertUse(tx, 'transaction');
    expect(findUse(tx, 'transaction')).toEqual({ at: 1 });
  });
  expect(findUse(own.db, 'transaction')).toEqual({ at: 1 });
  readTwice();
  await own.db.deleteFrom('credential_uses').execute();
  expect(findUse(own.db, 'prepared')).toBe(undefined);
  expect(findUse(other.db, 'prepared')).toBe(undefined);
});

test('a transaction after a commit of another process in the same turn sees it', async () => {
  readTwice();
  void insertUse(other.db, 'theirs');
  await own.transact([], async (tx) => {
    expect(findUse(tx, 'theirs')).toEqual({ at: 1 });
    await insertUse(tx, 'ours');
  });
  expect(findUse(own.db, 'ours')).toEqual({ at: 1 });
});

test('scripts can run, settings change and the connection close after reads of the same turn', () => {
  readTwice();
  own.connection.exec('delete from credential_uses');
  readTwice();
  own.connection.pragma('user_version = 7');
  readTwice();
  own.connection.close();
  expect(own.connection.open).toBe(false);
});
