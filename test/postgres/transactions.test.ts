import { sql, type Transaction } from 'kysely';
import pg from 'pg';
import { afterEach, beforeEach, describe, expect, inject, test } from 'vitest';
import type { DatabaseHandle } from '../../src/storage/database.ts';
import { asDeferrable } from '../../src/storage/deferred.ts';
import { isUnavailable, isUniqueViolation } from '../../src/storage/errors.ts';
import type { Lock } from '../../src/storage/locks.ts';
import { openPostgres } from '../../src/storage/postgres/connection.ts';
import { sqlStateOf } from '../../src/storage/postgres/naming-pool.ts';
import type { Tables } from '../../src/storage/tables.ts';
import { openTestDatabase } from '../support/database.ts';

type Tx = Transaction<Tables>;

let handle: DatabaseHandle;

beforeEach(async () => {
  handle = await openTestDatabase();
});

afterEach(() => handle.close());

const onUser = (id: string): Lock[] => [{ on: 'user', id }];

function insert(tx: Tx, key: string) {
  return tx.insertInto('attempt_counters').values({ key, attempts: 1, resets_at: 1 });
}

/** Inserts a row without waiting for the response. */
async function send(tx: Tx, key: string): Promise<void> {
  await tx.executeQuery(asDeferrable(insert(tx, key).compile()));
}

async function transactionId(tx: Tx): Promise<string> {
  const { rows } = await sql<{ id: string }>`select pg_current_xact_id()::text as id`.execute(tx);
  return (rows[0] as { id: string }).id;
}

async function stored(): Promise<string[]> {
  const rows = await handle.db.selectFrom('attempt_counters').select('key').orderBy('key').execute();
  return rows.map(({ key }) => key);
}

/** Runs works that can share a transaction, each with the lock of a user of its own. */
function together(works: ((tx: Tx, index: number) => Promise<unknown>)[]) {
  const runs = works.map((work, index) =>
    handle.transact(onUser(`${index}`), (tx) => work(tx, index), { canShare: true }),
  );
  return Promise.allSettled(runs);
}

describe('a statement that is not waited for', () => {
  test('is stored with the transaction', async () => {
    await handle.transact(onUser('a'), async (tx) => {
      await send(tx, 'one');
      await send(tx, 'two');
    });
    expect(await stored()).toEqual(['one', 'two']);
  });

  test('is seen by the next statement', async () => {
    const seen = await handle.transact(onUser('a'), async (tx) => {
      await send(tx, 'one');
      return tx.selectFrom('attempt_counters').select('key').execute();
    });
    expect(seen).toEqual([{ key: 'one' }]);
  });

  test('fails the transaction with its own error, at the commit', async () => {
    const twice = handle.transact(onUser('a'), async (tx) => {
      await send(tx, 'one');
      await send(tx, 'one');
    });
    expect(isUniqueViolation(await twice.catch((error: unknown) => error))).toBe(true);
    expect(await stored()).toEqual([]);
  });

  test('fails the next statement with its own error', async () => {
    let later: unknown;
    const twice = handle.transact(onUser('a'), async (tx) => {
      await send(tx, 'one');
      await send(tx, 'one');
      later = await tx
        .selectFrom('users')
        .selectAll()
        .execute()
        .catch((error: unknown) => error);
    });
    expect(isUniqueViolation(await twice.catch((error: unknown) => error))).toBe(true);
    expect(isUniqueViolation(later)).toBe(true);
  });

  test('is not sent if the locks could not be taken', async () => {
    // PostgreSQL refuses this text, so the lock statement fails.
    const attempt = handle.transact(onUser('\0'), (tx) => send(tx, 'one'));
    await expect(attempt).rejects.toThrow('invalid byte sequence');
    expect(await stored()).toEqual([]);
  });
});

describe('changes that can share a transaction', () => {
  test('share it with the others of the turn', async () => {
    const ends = await together(Array.from({ length: 10 }, () => transactionId));
    const ids = ends.map((end) => end.status === 'fulfilled' && end.value);
    expect(new Set(ids).size).toBe(1);
  });

  test('have one of their own if they lock the same', async () => {
    const ids = await Promise.all(
      [1, 2, 3].map(() => handle.transact(onUser('a'), transactionId, { canShare: true })),
    );
    expect(new Set(ids).size).toBe(3);
  });

  test('have one of their own if they lock the same, with another between them that shares the lock', async () => {
    const shared: Lock[] = [{ on: 'user', id: 'a', shared: true }];
    const ids = await Promise.all([
      handle.transact(onUser('a'), transactionId, { canShare: true }),
      handle.transact(shared, transactionId),
      handle.transact(onUser('a'), transactionId, { canShare: true }),
    ]);
    expect(new Set(ids).size).toBe(3);
  });

  test('are stored without the one that fails after it has written', async () => {
    const works = Array.from({ length: 6 }, () => async (tx: Tx, index: number) => {
      await send(tx, `${index}`);
      if (index === 3) throw new Error('refused');
      return index;
    });
    const ends = await together(works);
    expect(ends.map((end) => (end.status === 'fulfilled' ? end.value : end.reason.message))).toEqual([
      0,
      1,
      2,
      'refused',
      4,
      5,
    ]);
    expect(await stored()).toEqual(['0', '1', '2', '4', '5']);
  });

  test('run once if the one that is refused has written nothing', async () => {
    let runs = 0;
    const works = Array.from({ length: 6 }, () => async (tx: Tx, index: number) => {
      runs += 1;
      await tx.selectFrom('users').selectAll().execute();
      if (index === 3) throw new Error('refused');
      await send(tx, `${index}`);
    });
    const ends = await together(works);
    expect(ends.map(({ status }) => status).filter((status) => status === 'rejected')).toHaveLength(1);
    expect(runs).toBe(6);
    expect(await stored()).toHaveLength(5);
  });

  test('all fail, and none is stored or runs again, if the connection is lost', async () => {
    let runs = 0;
    const works = Array.from({ length: 4 }, () => async (tx: Tx, index: number) => {
      runs += 1;
      await send(tx, `${index}`);
      if (index === 3) await sql`select pg_terminate_backend(pg_backend_pid())`.execute(tx);
    });
    const ends = await together(works);
    expect(ends.map((end) => end.status === 'rejected' && isUnavailable(end.reason))).toEqual([
      true,
      true,
      true,
      true,
    ]);
    expect(runs).toBe(4);
    expect(await stored()).toEqual([]);
  });
});

test('a change whose locks are not known cannot share a transaction', async () => {
  const locks: Lock[] = [{ on: 'holderOf', tokenId: 'a' }];
  const shared = handle.transact(locks, (tx) => send(tx, 'one'), { canShare: true });
  await expect(shared).rejects.toThrow('must know its locks');
  expect(await stored()).toEqual([]);
});

test('a change whose statement gets no response does not wait for that of its rollback', async () => {
  const url = new URL(inject('postgresTemplate') as string).href;
  // Twice the limit would pass if the rollback were waited for too.
  const limit = 1000;
  const pool = new pg.Pool({ connectionString: url, query_timeout: limit });
  pool.on('error', () => {});
  const slow = await openPostgres(url, pool);
  const started = performance.now();
  const attempt = slow.transact(onUser('a'), (tx) => sql`select pg_sleep(3)`.execute(tx));
  expect(isUnavailable(await attempt.catch((error: unknown) => error))).toBe(true);
  expect(performance.now() - started).toBeLessThan(2 * limit);
  await slow.close();
});

test('a connection that the database has closed is a failed connection, also for a write to it', () => {
  const written = Object.assign(new Error('write EPIPE'), { code: 'EPIPE', errno: -32, syscall: 'write' });
  expect(sqlStateOf(written)).toBe(null);
});

test('changes that wait for one lock do not occupy the connections of others', async () => {
  let free = () => {};
  const held = new Promise<void>((resolve) => {
    free = resolve;
  });
  const first = handle.transact(onUser('busy'), () => held);
  const waiting = Array.from({ length: 20 }, () => handle.transact(onUser('busy'), async () => {}));
  await handle.transact(onUser('another'), (tx) => send(tx, 'stored'));
  expect(await stored()).toEqual(['stored']);
  free();
  await Promise.all([first, ...waiting]);
});

describe('while three shared transactions run', () => {
  const frees: (() => void)[] = [];
  let holding: Promise<unknown>[];

  const share = (id: string) => handle.transact(onUser(id), transactionId, { canShare: true });
  const shareAll = (count: number) => Promise.all(Array.from({ length: count }, (_, n) => share(`${n}`)));

  beforeEach(async () => {
    holding = [];
    frees.length = 0;
    for (const id of ['a', 'b', 'c']) {
      await new Promise<void>((begun) => {
        const work = () => new Promise<void>((free) => begun(void frees.push(free)));
        holding.push(handle.transact(onUser(id), work, { canShare: true }));
      });
    }
  });

  afterEach(async () => {
    for (const free of frees) free();
    await Promise.all(holding);
  });

  test('a few changes wait for the end of one, and share the next; others do not wait', async () => {
    let isDone = false;
    const few = shareAll(5).finally(() => {
      isDone = true;
    });
    await handle.transact(onUser('alone'), (tx) => send(tx, 'stored'));
    await handle.transact(onUser('alone'), (tx) => send(tx, 'stored too'));
    expect(isDone).toBe(false);
    frees[1]?.();
    expect(new Set(await few).size).toBe(1);
  });

  test('changes that fill a transaction do not wait', async () => {
    expect(new Set(await shareAll(16)).size).toBe(1);
  });
});
