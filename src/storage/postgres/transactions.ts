import type { CompiledQuery, Kysely, Transaction } from 'kysely';
import pLimit from 'p-limit';
import type { DatabaseHandle } from '../database.ts';
import type { Tables } from '../tables.ts';
import { sqlStateOf } from './dialect.ts';
import { statementsToLock } from './locks.ts';

/** The most connections of one server that write, so that reads always find a free one. */
const MOST_WRITERS = 6;

/** How often a transaction that the database aborted is tried. */
const MOST_TRIES = 4;

/** Returns whether the database aborted a transaction because of another one (SQLSTATE class 40), so that it can be tried again. */
function wasAborted(error: unknown): boolean {
  return sqlStateOf(error)?.startsWith('40') ?? false;
}

/**
 * Creates `transact` for PostgreSQL. Transactions run concurrently and READ COMMITTED; their locks keep them apart. The locks
 * are taken first and in one order, so transactions wait for each other and the database has none to abort. A transaction
 * that it aborts nevertheless is tried again; `onAbort` is called each time.
 */
export function createPostgresTransact(db: Kysely<Tables>, onAbort: () => void): DatabaseHandle['transact'] {
  const writers = pLimit(MOST_WRITERS);

  async function run<T>(
    statements: readonly CompiledQuery[],
    work: (tx: Transaction<Tables>) => Promise<T>,
  ): Promise<T> {
    // Each statement sees all earlier commits. The default of the database can be another level.
    return db
      .transaction()
      .setIsolationLevel('read committed')
      .execute(async (tx) => {
        for (const statement of statements) await tx.executeQuery(statement);
        return work(tx);
      });
  }

  return (locks, work) => {
    const statements = statementsToLock(locks);
    return writers(async () => {
      for (let tries = 1; ; tries++) {
        try {
          return await run(statements, work);
        } catch (error) {
          if (!wasAborted(error) || tries === MOST_TRIES) throw error;
          onAbort();
        }
      }
    });
  };
}
