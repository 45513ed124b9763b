import { setImmediate as nextTurn } from 'node:timers/promises';
import type { CompiledQuery, Transaction } from 'kysely';
import type { DatabaseHandle, TransactOptions } from '../database.ts';
import { isUnavailable } from '../errors.ts';
import type { Lock } from '../locks.ts';
import type { Tables } from '../tables.ts';
import { claimedKeys, hasSoughtKeys, statementsToLock } from './locks.ts';
import { sqlStateOf } from './naming-pool.ts';
import type { OpenTransaction } from './transaction.ts';
import { type Claim, createWaitingList } from './waiting-list.ts';

/** The most connections of one server that write, so that reads always find a free one. */
const MOST_WRITERS = 6;

/** The most changes that share a transaction: a change that fails makes the others run again. */
const MOST_PER_COMMIT = 16;

/**
 * The most shared transactions that begin with fewer changes. More of them have fewer changes each, so the database commits more
 * often and switches between more connections: with 64 callers on two cores, creating a token takes a fifth longer.
 */
const MOST_SMALL = 3;

/** How often a transaction that the database aborted is tried. */
const MOST_TRIES = 4;

/** A change that waits for its transaction. */
interface Pending extends Claim {
  readonly locks: readonly Lock[];
  readonly work: (tx: Transaction<Tables>) => Promise<unknown>;
  resolve(value: unknown): void;
  reject(error: unknown): void;
}

/** Returns whether the database aborted a transaction because of another one (SQLSTATE class 40), so that it can be tried again. */
function wasAborted(error: unknown): boolean {
  return sqlStateOf(error)?.startsWith('40') ?? false;
}

/** Runs work again if the database aborted it, three times at most; `onAbort` is called each time. */
export async function repeatAborted<T>(work: () => Promise<T>, onAbort: () => void): Promise<T> {
  for (let tries = 1; ; tries++) {
    try {
      return await work();
    } catch (error) {
      if (!wasAborted(error) || tries === MOST_TRIES) throw error;
      onAbort();
    }
  }
}

/** The result of a work in its transaction. It fails the transaction if it wrote something that must not be stored. */
interface Outcome {
  readonly end: PromiseSettledResult<unknown>;
  readonly fails: boolean;
}

async function attempt(transaction: OpenTransaction, { work }: Pending): Promise<Outcome> {
  const { tx, hasWritten } = transaction.member();
  const [end] = (await Promise.allSettled([work(tx)])) as [PromiseSettledResult<unknown>];
  return { end, fails: end.status === 'rejected' && (hasWritten() || sqlStateOf(end.reason) !== null) };
}

function settle({ resolve, reject }: Pending, end: PromiseSettledResult<unknown>): void {
  if (end.status === 'fulfilled') resolve(end.value);
  else reject(end.reason);
}

/**
 * Creates `transact` for PostgreSQL. Transactions run concurrently and READ COMMITTED; their locks keep them apart. The locks
 * are taken first and in one order, so transactions wait for each other and the database has none to abort. A transaction
 * that it aborts nevertheless is tried again; `onAbort` is called each time.
 *
 * Changes of one turn of the event loop that can share a transaction, and do not lock the same, share its commit: with 64
 * callers, this makes creating a token more than twice as fast. All promises settle after the commit. If one of the changes
 * fails after it has written, nothing is stored, and each of them runs again by itself.
 */
export function createPostgresTransact(
  begin: (first: readonly CompiledQuery[]) => Promise<OpenTransaction>,
  onAbort: () => void,
): DatabaseHandle['transact'] {
  const waiting = createWaitingList<Pending>();
  let running = 0;
  /** The running transactions whose changes can share one. */
  let sharing = 0;
  let isDue = false;

  /** Runs changes in one transaction; returns how they ended. Throws if nothing was stored. */
  async function commit(batch: readonly Pending[]): Promise<PromiseSettledResult<unknown>[]> {
    const transaction = await begin(statementsToLock(batch.flatMap(({ locks }) => locks)));
    try {
      const outcomes = await Promise.all(batch.map((pending) => attempt(transaction, pending)));
      const failed = outcomes.find(({ fails }) => fails);
      if (failed?.end.status === 'rejected') throw failed.end.reason;
      await transaction.commit();
      return outcomes.map(({ end }) => end);
    } catch (error) {
      await transaction.rollback();
      throw error;
    }
  }

  async function runAlone(pending: Pending): Promise<void> {
    try {
      const [end] = await repeatAborted(() => commit([pending]), onAbort);
      settle(pending, end as PromiseSettledResult<unknown>);
    } catch (error) {
      pending.reject(error);
    }
  }

  async function run(batch: readonly Pending[]): Promise<void> {
    const [first, ...others] = batch as [Pending, ...Pending[]];
    if (others.length === 0) return runAlone(first);
    let ends: PromiseSettledResult<unknown>[];
    try {
      ends = await commit(batch);
    } catch (error) {
      // If the connection failed, the commit can have been stored, so nothing runs again.
      const isLost = isUnavailable(error) && !wasAborted(error);
      for (const pending of batch) await (isLost ? pending.reject(error) : runAlone(pending));
      return;
    }
    for (const [index, pending] of batch.entries()) settle(pending, ends[index] as (typeof ends)[number]);
  }

  function dispatch(): void {
    while (running < MOST_WRITERS) {
      const batch = waiting.take(MOST_PER_COMMIT, sharing < MOST_SMALL ? 1 : MOST_PER_COMMIT);
      if (batch.length === 0) return;
      const shared = Number(batch[0]?.canShare);
      running++;
      sharing += shared;
      void run(batch).finally(() => {
        running--;
        sharing -= shared;
        waiting.release(batch);
        dispatch();
      });
    }
  }

  /** Waits for the end of the turn, so that its calls share a transaction. */
  async function dispatchSoon(): Promise<void> {
    if (isDue) return;
    isDue = true;
    await nextTurn();
    isDue = false;
    dispatch();
  }

  return <T>(
    locks: readonly Lock[],
    work: (tx: Transaction<Tables>) => Promise<T>,
    { canShare = false }: TransactOptions = {},
  ) =>
    new Promise<T>((resolve, reject) => {
      // Works that lock the same keys must not share a transaction, in which locks do not keep them apart.
      if (canShare && hasSoughtKeys(locks))
        throw new Error('a change that shares a transaction must know its locks');
      const claim = { keys: claimedKeys(locks), canShare };
      waiting.add({ ...claim, locks, work, resolve: resolve as Pending['resolve'], reject });
      void dispatchSoon();
    });
}
