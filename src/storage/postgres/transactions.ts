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

/** How many connections of one server may write: what reads never waits for all of those. */
const WRITERS = 6;

/** How often a transaction is tried beside others before it runs alone. */
const TRIES = 4;

/** The advisory lock of those who write, shared unless one has to be alone. */
const WRITING = 5_029_331_846_002;

/**
 * What a transaction begins with, in one message: every way there and back is time in which others come between.
 * Whoever reads a small table from end to end has read what any other adds to it, and loses to them all: so small ones are
 * read by their indexes too.
 */
const BEGIN = CompiledQuery.raw(`
  start transaction isolation level serializable;
  set local enable_seqscan = off;
  select pg_try_advisory_xact_lock_shared(${WRITING}) as free`);

/** Thrown by a transaction that may not begin now. */
const MUST_WAIT = Symbol('somebody runs alone');

type Database = Kysely<Tables>;
type Work<T> = (tx: Transaction<Tables>) => Promise<T>;

/** A driver whose transactions are those of `createPostgresTransact`: they begin only while nobody runs alone. */
export class WritingDriver extends PostgresDriver {
  override async beginTransaction(connection: DatabaseConnection): Promise<void> {
    let isFree = false;
    try {
      const { rows } = await connection.executeQuery<{ free: boolean }>(BEGIN);
      isFree = rows[0]?.free === true;
    } finally {
      // Kysely takes what did not begin for nothing that would have to end.
      if (!isFree) await this.rollbackTransaction(connection);
    }
    if (!isFree) throw MUST_WAIT;
  }
}

/**
 * Whether a transaction is to be tried again: it lost a race, or it met a rule that another one made it break, when both
 * stored the same, or one deleted what the other refers to.
 */
function lostRace(error: unknown): boolean {
  return /^(40|23)/.test(sqlStateOf(error) ?? '');
}

/**
 * Transactions as if one ran after the other, which is what they are on SQLite. They run at once, SERIALIZABLE, and the
 * database ends those that would not fit in any order. It also ends many that would: what it knows of reads are pages of
 * indexes. So one that loses is tried again beside the others, for what it lost to is stored by then, or about to be; and
 * losers one at a time, lest changes of one row lose to each other over and over. One that goes on losing runs alone: it
 * waits until every other has ended, on every server, while no new one begins, and so cannot lose again. That makes all
 * wait for one: it has to be rare.
 */
export function createPostgresTransact(db: Database): <T>(work: Work<T>) => Promise<T> {
  const writers = pLimit(WRITERS);
  const losers = pLimit(1);

  /** Tries until nobody who runs alone is in the way. Waiting inside the transaction would let it read what is past. */
  async function together<T>(work: Work<T>): Promise<T> {
    for (;;) {
      try {
        return await db.transaction().execute(work);
      } catch (error) {
        if (error !== MUST_WAIT) throw error;
        await sql`select pg_advisory_xact_lock_shared(${WRITING})`.execute(db);
      }
    }
  }

  const runAlone = <T>(work: Work<T>) =>
    db.connection().execute(async (connection) => {
      await sql`select pg_advisory_lock(${WRITING})`.execute(connection);
      try {
        return await connection.transaction().execute(work);
      } finally {
        await sql`select pg_advisory_unlock(${WRITING})`.execute(connection);
      }
    });

  async function tryAgain<T>(work: Work<T>): Promise<T> {
    for (let tries = 1; tries < TRIES; tries++) {
      try {
        return await together(work);
      } catch (error) {
        if (!lostRace(error)) throw error;
      }
    }
    return runAlone(work);
  }

  return (work) =>
    writers(async () => {
      try {
        return await together(work);
      } catch (error) {
        if (!lostRace(error)) throw error;
        return await losers(() => tryAgain(work));
      }
    });
}
