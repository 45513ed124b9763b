import { setImmediate as nextTurn, setTimeout as pause } from 'node:timers/promises';
import type Database from 'better-sqlite3';
import type { Kysely, Transaction } from 'kysely';
import { monotonicNow } from '../../platform/clock.ts';
import type { Tables } from '../tables.ts';

/** How long a transaction waits for the locks of other processes, from when it was asked for. */
const WAIT_MS = 5000;
const FIRST_PAUSE_MS = 1;
const LONGEST_PAUSE_MS = 50;

/** How many share a commit at most: the thread does nothing else until it is on the disk. */
const TOGETHER = 64;

type Work<T> = (tx: Transaction<Tables>) => Promise<T>;

/** What somebody waits for, and how to tell how it ended. */
interface Asked {
  readonly work: Work<unknown>;
  readonly deadline: number;
  resolve(value: unknown): void;
  reject(error: unknown): void;
}

function isBusy(error: unknown): boolean {
  return error instanceof Error && 'code' in error && String(error.code).startsWith('SQLITE_BUSY');
}

/**
 * Transactions of one process, one after the other. Those that are asked for at the same time share one commit, which
 * is what takes long: the disk has to say that it keeps it. With 32 callers that makes creating a token 2.5 times as fast.
 *
 * Each has a savepoint of its own, so that one that fails undoes nothing but itself. None is told how it ended before
 * the commit: neither that it was done, nor that it was refused, since what it was refused for may be the doing of one
 * before it. Where SQLite gives up the whole transaction, as it does on a full disk, all of them fail.
 *
 * Where another process holds the write lock, they wait for five seconds at most, and then throw `SQLITE_BUSY`. SQLite
 * itself would wait by blocking the thread, and with it every request that only reads. Between two tries here the
 * thread and the connection are free: as long as somebody else writes, Postern goes on answering what it can read.
 */
export function createSqliteTransact(
  db: Kysely<Tables>,
  connection: Database.Database,
): <T>(work: Work<T>) => Promise<T> {
  const execute = (statement: string) => connection.prepare(statement).run();
  const line: Asked[] = [];
  let serving = false;

  /** Runs a work within the transaction of many; resolves to what tells of its end. Throws where no other can go on. */
  async function attempt(tx: Transaction<Tables>, { work, resolve, reject }: Asked): Promise<() => void> {
    execute('savepoint work');
    try {
      const value = await work(tx);
      execute('release work');
      return () => resolve(value);
    } catch (error) {
      if (!connection.inTransaction) throw error;
      execute('rollback to work');
      execute('release work');
      return () => reject(error);
    }
  }

  /** Stores what some works do, all in one commit, and only then tells how each ended. Throws where nothing is stored. */
  async function commit(batch: readonly Asked[]): Promise<void> {
    const ends = await db.transaction().execute(async (tx) => {
      const told: (() => void)[] = [];
      for (const asked of batch) told.push(await attempt(tx, asked));
      return told;
    });
    for (const tell of ends) tell();
  }

  async function serve(): Promise<void> {
    let wait = FIRST_PAUSE_MS;
    while (line.length > 0) {
      // Whoever asks in this turn of the event loop comes along.
      await nextTurn();
      const batch = line.splice(0, TOGETHER);
      try {
        await commit(batch);
        wait = FIRST_PAUSE_MS;
      } catch (error) {
        const failed = isBusy(error) ? batch.filter(({ deadline }) => monotonicNow() >= deadline) : batch;
        for (const { reject } of failed) reject(error);
        line.unshift(...batch.filter((asked) => !failed.includes(asked)));
        if (!isBusy(error)) continue;
        await pause(wait);
        wait = Math.min(2 * wait, LONGEST_PAUSE_MS);
      }
    }
    serving = false;
  }

  return <T>(work: Work<T>) =>
    new Promise<T>((resolve, reject) => {
      const deadline = monotonicNow() + WAIT_MS;
      line.push({ work, deadline, resolve: resolve as Asked['resolve'], reject });
      if (serving) return;
      serving = true;
      void serve();
    });
}
