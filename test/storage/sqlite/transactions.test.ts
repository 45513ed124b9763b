import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import Database from 'better-sqlite3';
import { sql } from 'kysely';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Executor, SqliteHandle } from '../../../src/storage/database.ts';
import { openSqliteDatabase } from '../../../src/storage/open.ts';
import { writeTestDatabase } from '../../support/database.ts';
import { temporaryFolder } from '../../support/folder.ts';

let handle: SqliteHandle;
/** A second connection, which sees committed data only. */
let elsewhere: Database.Database;

const stored = (): string[] =>
  elsewhere.prepare('select key from attempt_counters').pluck().all() as string[];

async function insert(tx: Executor, key: string): Promise<void> {
  await tx.insertInto('attempt_counters').values({ key, attempts: 1, resets_at: 1 }).execute();
}

/** Runs a transaction that stores a key and then calls `then`. */
function store(key: string, then: () => unknown = () => key): Promise<unknown> {
  return handle.transact([], async (tx) => {
    await insert(tx, key);
    return then();
  });
}

function refuse(): never {
  throw new Error('refused');
}

const codesOf = (ends: PromiseSettledResult<unknown>[]) =>
  ends.map((end) => (end.status === 'rejected' ? end.reason.code : 'done'));

beforeEach(() => {
  const file = join(temporaryFolder(), 'postern.db');
  writeTestDatabase(file);
  handle = openSqliteDatabase(`file:${file}`);
  elsewhere = new Database(file);
});

afterEach(async () => {
  elsewhere.close();
  await handle.close();
});

describe('concurrent transactions', () => {
  test('run in the order of the calls, each seeing the writes of earlier ones', async () => {
    const keys = Array.from({ length: 200 }, (_, n) => `key ${n}`);
    const seen = await Promise.all(
      keys.map((key) =>
        handle.transact([], async (tx) => {
          await insert(tx, key);
          const rows = await tx.selectFrom('attempt_counters').select('key').orderBy(sql`rowid`).execute();
          return rows.map((row) => row.key);
        }),
      ),
    );
    expect(seen).toEqual(keys.map((_, place) => keys.slice(0, place + 1)));
    expect(stored()).toHaveLength(200);
  });

  test('share a commit, up to 64 of them', async () => {
    const seen: number[] = [];
    const look = () => seen.push(stored().length);
    await Promise.all(Array.from({ length: 100 }, (_, n) => store(`key ${n}`, look)));
    expect([...new Set(seen)]).toEqual([0, 64]);
    expect(stored()).toHaveLength(100);
  });

  test('share it also with those of the next turn, as long as each turn brings some', async () => {
    const seen: string[][] = [];
    const look = (key: string) => store(key, () => seen.push(stored()));
    const ends = [look('first'), look('second')];
    await nextTurn();
    ends.push(look('third'));
    await Promise.all(ends);
    expect(seen).toEqual([[], [], []]);
  });

  test('are each rolled back alone if they fail', async () => {
    const taken = () =>
      handle.transact([], async (tx) => {
        await insert(tx, 'undone');
        await insert(tx, 'first');
      });
    const ends = await Promise.allSettled([store('first'), store('refused', refuse), taken(), store('last')]);
    expect(ends).toMatchObject([
      { status: 'fulfilled', value: 'first' },
      { status: 'rejected', reason: { message: 'refused' } },
      { status: 'rejected', reason: { code: 'SQLITE_CONSTRAINT_PRIMARYKEY' } },
      { status: 'fulfilled', value: 'last' },
    ]);
    expect(stored()).toEqual(['first', 'last']);
  });

  test('settle, also with an error, only after the commit', async () => {
    const seen: string[][] = [];
    const note = () => void seen.push(stored());
    await Promise.all([store('first').then(note), store('no', refuse).catch(note), store('last').then(note)]);
    expect(seen).toEqual(Array(3).fill(['first', 'last']));
  });

  test('wait while another process holds the lock, and then run once, in order', async () => {
    elsewhere.exec('begin immediate');
    const runs: string[] = [];
    const ends = ['a', 'b', 'c'].map((key) => store(key, () => runs.push(key)));
    await nextTurn();
    await nextTurn();
    ends.push(store('late', () => runs.push('late')));
    elsewhere.exec('rollback');
    await Promise.all(ends);
    expect(runs).toEqual(['a', 'b', 'c', 'late']);
    expect(stored()).toEqual(runs);
  });
});

describe('if SQLite rolls back by itself', () => {
  /** Prevents the file from growing. */
  function fill(): void {
    const pages = handle.connection.pragma('page_count', { simple: true });
    handle.connection.pragma(`max_page_count = ${pages}`);
  }

  test('all transactions of the commit fail with its error, also a refused one, and none is stored', async () => {
    fill();
    const wide = 'x'.repeat(100_000);
    const ends = await Promise.allSettled([store('first'), store('no', refuse), store(wide), store('last')]);
    expect(codesOf(ends)).toEqual(Array(4).fill('SQLITE_FULL'));
    expect(stored()).toEqual([]);

    handle.connection.pragma('max_page_count = 1000000');
    expect(await store('after')).toBe('after');
    expect(stored()).toEqual(['after']);
  });

  test('a transaction whose work ignored the error does not succeed', async () => {
    fill();
    const heedless = handle.transact([], async (tx) => {
      await insert(tx, 'x'.repeat(100_000)).catch(() => {});
    });
    const ends = await Promise.allSettled([store('first'), heedless, store('last')]);
    expect(ends.map(({ status }) => status)).toEqual(Array(3).fill('rejected'));
    expect(stored()).toEqual([]);
  });
});
