import { setImmediate as nextTurn, setTimeout as pause } from 'node:timers/promises';
import type Database from 'better-sqlite3';
import type { Kysely, Transaction } from 'kysely';
import { monotonicNow } from '../../platform/clock.ts';
import { errorCodeOf } from '../errors.ts';
import type { Tables } from '../tables.ts';

/** How long a transaction waits for the locks of other processes, from the call on. */
const WAIT_MS = 5000;
const FIRST_PAUSE_MS = 1;
const LONGEST_PAUSE_MS = 50;

/** The most transactions that share a commit: the thread is blocked until the commit is on disk. */
const MOST_PER_COMMIT = 64;

type Work<T> = (tx: Transaction<Tables>) => Promise<T>;

/** A transaction that waits for its turn. */
interface Pending {
  readonly work: Work<unknown>;
  readonly deadline: number;
  resolve(value: unknown): void;
  reject(error: unknown): void;
}

function isBusy(error: unknown): boolean {
  return errorCodeOf(error)?.startsWith('SQLITE_BUSY') ?? false;
}

/**
 * Creates `transact` for SQLite, which runs the transactions of this process one after the other. Those that are pending
 * at the same time share one commit, because the sync of the disk takes most of the time. With 32 callers, this makes
 * creating a token 2.5 times as fast. A commit waits as long as each turn of the event loop brings a further transaction.
 *
 * Each transaction has its own savepoint, so a failing one undoes only its own writes. All promises settle after the
 * commit, rejections too: a transaction can fail because of the uncommitted writes of an earlier one. If SQLite rolls back
 * the whole transaction, as on a full disk, all of them fail.
 *
 * If another process holds the write lock, they wait up to five seconds and then throw `SQLITE_BUSY`. SQLite's own wait
 * would block the thread and with it every read. Between two attempts here the thread and the connection are free, so
 * Postern continues to serve reads while another process writes.
 *
 * Calls `onBegin` when it has the write lock, so that no other process can commit before it does.
 */
export function createSqliteTransact(
  db: Kysely<Tables>,
  connection: Database.Database,
  onBegin: () => void,
): <T>(work: Work<T>) => Promise<T> {
  const savepoint = connection.prepare('savepoint work');
  const release = connection.prepare('release work');
  const undo = connection.prepare('rollback to work');
  const queue: Pending[] = [];
  let isFlushing = false;

  /** Runs one transaction in its savepoint and returns the function that settles it. Throws if SQLite rolled everything back. */
  async function attempt(tx: Transaction<Tables>, { work, resolve, reject }: Pending): Promise<() => void> {
    savepoint.run();
    try {
      const value = await work(tx);
      release.run();
      return () => resolve(value);
    } catch (error) {
      if (!connection.inTransaction) throw error;
      undo.run();
      release.run();
      return () => reject(error);
    }
  }

  /** Commits a batch, then settles each of its transactions. Throws if nothing was committed. */
  async function commit(batch: readonly Pending[]): Promise<void> {
    const settlers = await db.transaction().execute(async (tx) => {
      onBegin();
      const settlers: (() => void)[] = [];
      for (const pending of batch) settlers.push(await attempt(tx, pending));
      return settlers;
    });
    for (const settle of settlers) settle();
  }

  /** Returns the next batch, after a turn of the event loop that brought no further call, or when the batch is full. */
  async function gather(): Promise<Pending[]> {
    let known: number;
    do {
      known = queue.length;
      await nextTurn();
    } while (queue.length > known && queue.length < MOST_PER_COMMIT);
    return queue.splice(0, MOST_PER_COMMIT);
  }

  async function flush(): Promise<void> {
    let wait = FIRST_PAUSE_MS;
    while (queue.length > 0) {
      const batch = await gather();
      try {
        await commit(batch);
        wait = FIRST_PAUSE_MS;
      } catch (error) {
        const failed = isBusy(error) ? batch.filter(({ deadline }) => monotonicNow() >= deadline) : batch;
        for (const { reject } of failed) reject(error);
        queue.unshift(...batch.filter((pending) => !failed.includes(pending)));
        if (!isBusy(error)) continue;
        await pause(wait);
        wait = Math.min(2 * wait, LONGEST_PAUSE_MS);
      }
    }
    isFlushing = false;
  }

  return <T>(work: Work<T>) =>
    new Promise<T>((resolve, reject) => {
      const deadline = monotonicNow() + WAIT_MS;
      queue.push({ work, deadline, resolve: resolve as Pending['resolve'], reject });
      if (isFlushing) return;
      isFlushing = true;
      void flush();
    });
}
