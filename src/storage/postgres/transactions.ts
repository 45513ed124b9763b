import {
  CompiledQuery,
  type DatabaseConnection,
  type Kysely,
  PostgresDriver,
  sql,
  type Transaction,
} from 'kysely';
import pLimit from 'p-limit';
import type { Tables } from '../tables.ts';
import { sqlStateOf } from './dialect.ts';

/** The most connections of one server that write, so that reads always find a free one. */
const MOST_WRITERS = 6;

/** How often a transaction is tried concurrently before it runs alone. */
const MOST_TRIES = 4;

/** The key of the advisory lock of writers: shared, or exclusive for a transaction that runs alone. */
const WRITE_LOCK = 5_029_331_846_002;

/**
 * The beginning of a transaction, in one message: a longer transaction conflicts with more others. A sequential scan of a
 * small table conflicts with every concurrent insert into it, so small tables are read by their indexes too.
 */
const BEGIN = CompiledQuery.raw(`
  start transaction isolation level serializable;
  set local enable_seqscan = off;
  select pg_try_advisory_xact_lock_shared(${WRITE_LOCK}) as free`);

/** Thrown by a transaction that cannot begin because another one runs alone. */
const MUST_WAIT = Symbol('another transaction runs alone');

type Database = Kysely<Tables>;
type Work<T> = (tx: Transaction<Tables>) => Promise<T>;

/** A driver whose transactions are serializable and throw `MUST_WAIT` while another one runs alone. */
export class WritingDriver extends PostgresDriver {
  override async beginTransaction(connection: DatabaseConnection): Promise<void> {
    let isFree = false;
    try {
      const { rows } = await connection.executeQuery<{ free: boolean }>(BEGIN);
      isFree = rows[0]?.free === true;
    } finally {
      // Kysely does not roll back a transaction whose beginning failed.
      if (!isFree) await this.rollbackTransaction(connection);
    }
    if (!isFree) throw MUST_WAIT;
  }
}

/**
 * Returns whether a transaction can succeed when it is tried again: it failed to serialize, or a concurrent one made it
 * violate a constraint, by storing the same key or deleting what it refers to.
 */
function canRetry(error: unknown): boolean {
  return /^(40|23)/.test(sqlStateOf(error) ?? '');
}

/**
 * Creates `transact` for PostgreSQL, with the guarantees of SQLite's transactions, which run one after the other.
 * Transactions run concurrently and SERIALIZABLE. The database aborts those that fit into no serial order, and also others,
 * because it tracks reads by index pages. So an aborted transaction is tried again. Aborted ones run one at a time, so that
 * updates to one row do not keep aborting each other. One that is aborted repeatedly runs alone: it waits until every other
 * has ended, on every server, and no new one begins meanwhile, so it cannot be aborted again. All writers wait for it, so
 * this must be rare.
 */
export function createPostgresTransact(db: Database): <T>(work: Work<T>) => Promise<T> {
  const writers = pLimit(MOST_WRITERS);
  const retries = pLimit(1);

  /** Runs work concurrently, as soon as no other transaction runs alone. Waiting inside a transaction would give it an old snapshot. */
  async function runConcurrently<T>(work: Work<T>): Promise<T> {
    for (;;) {
      try {
        return await db.transaction().execute(work);
      } catch (error) {
        if (error !== MUST_WAIT) throw error;
        await sql`select pg_advisory_xact_lock_shared(${WRITE_LOCK})`.execute(db);
      }
    }
  }

  const runAlone = <T>(work: Work<T>) =>
    db.connection().execute(async (connection) => {
      await sql`select pg_advisory_lock(${WRITE_LOCK})`.execute(connection);
      try {
        return await connection.transaction().execute(work);
      } finally {
        await sql`select pg_advisory_unlock(${WRITE_LOCK})`.execute(connection);
      }
    });

  async function retry<T>(work: Work<T>): Promise<T> {
    for (let tries = 1; tries < MOST_TRIES; tries++) {
      try {
        return await runConcurrently(work);
      } catch (error) {
        if (!canRetry(error)) throw error;
      }
    }
    return runAlone(work);
  }

  return (work) =>
    writers(async () => {
      try {
        return await runConcurrently(work);
      } catch (error) {
        if (!canRetry(error)) throw error;
        return await retries(() => retry(work));
      }
    });
}
