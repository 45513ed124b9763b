import { setTimeout as pause } from 'node:timers/promises';
import type { Kysely, Transaction } from 'kysely';
import pLimit from 'p-limit';
import { stopwatch } from '../platform/clock.ts';
import type { Tables } from './tables.ts';

/** How long a transaction waits for the locks of other processes, from when it was asked for. */
const WAIT_MS = 5000;
const FIRST_PAUSE_MS = 1;
const LONGEST_PAUSE_MS = 50;

type Work<T> = (tx: Transaction<Tables>) => Promise<T>;

function isBusy(error: unknown): boolean {
  return error instanceof Error && 'code' in error && String(error.code).startsWith('SQLITE_BUSY');
}

/**
 * Transactions of one process, one after the other. Where another process holds the write lock, they wait in a line of
 * their own for five seconds at most, and then throw `SQLITE_BUSY`.
 *
 * SQLite itself would wait by blocking the thread, and with it every request that only reads. Between two tries here
 * the thread and the connection are free: as long as somebody else writes, Postern goes on answering what it can read.
 */
export function createSqliteTransact(db: Kysely<Tables>): <T>(work: Work<T>) => Promise<T> {
  const line = pLimit(1);

  async function persist<T>(work: Work<T>, deadline: number): Promise<T> {
    for (let wait = FIRST_PAUSE_MS; ; wait = Math.min(2 * wait, LONGEST_PAUSE_MS)) {
      try {
        return await db.transaction().execute(work);
      } catch (error) {
        if (!isBusy(error) || stopwatch() >= deadline) throw error;
      }
      await pause(wait);
    }
  }

  return (work) => {
    const deadline = stopwatch() + WAIT_MS;
    return line(() => persist(work, deadline));
  };
}
