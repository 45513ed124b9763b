import { Kysely, sql, type Transaction } from 'kysely';
import pLimit from 'p-limit';
import pg from 'pg';
import type { Clock } from '../platform/clock.ts';
import { OperatorError } from '../platform/operator-error.ts';
import type { ChangeHints } from './change-hints.ts';
import { watchPostgres } from './foreign-changes.ts';
import { measurePostgres } from './measures.ts';
import { createPostgresClock } from './postgres-clock.ts';
import { createPostgresDialect, sqlStateOf, TYPES } from './postgres-dialect.ts';
import { createPostgresHints } from './postgres-hints.ts';
import type { Tables } from './tables.ts';

/** The most connections of one server, and the most of them that may write: what reads never waits for all of those. */
const CONNECTIONS = 10;
const WRITERS = 6;

const CONNECT_TIMEOUT_MS = 5000;
const STATEMENT_TIMEOUT_MS = 5000;
/** Longer than the database's own limit: it ends waiting for an answer that a cut line will never bring. */
const ANSWER_TIMEOUT_MS = 8000;

/** The oldest version that its makers still mend, and that we are tested with. */
const OLDEST_VERSION = 140_000;

/** Advisory locks: of whoever migrates, and of those who write, shared unless one has to be alone. */
const MIGRATING = 5_029_331_846_001;
const WRITING = 5_029_331_846_002;

type Database = Kysely<Tables>;
type Work<T> = (tx: Transaction<Tables>) => Promise<T>;

function connectionTo(url: string): pg.ClientConfig {
  return {
    connectionString: url,
    application_name: 'postern',
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    keepAlive: true,
    types: TYPES,
  };
}

function createPool(url: string, config: pg.PoolConfig): pg.Pool {
  const pool = new pg.Pool({ ...connectionTo(url), ...config });
  // A connection that breaks while nobody waits for it is replaced when it is needed; unheard, its error ends the process.
  pool.on('error', () => {});
  pool.on('connect', (client) => client.on('error', () => {}));
  return pool;
}

function openPool(url: string): pg.Pool {
  return createPool(url, {
    max: CONNECTIONS,
    statement_timeout: STATEMENT_TIMEOUT_MS,
    idle_in_transaction_session_timeout: STATEMENT_TIMEOUT_MS,
    query_timeout: ANSWER_TIMEOUT_MS,
  });
}

/** Throws where a database does not keep what it has acknowledged, or cannot keep what we store. */
async function checkSettings(db: Database): Promise<void> {
  const { rows } = await sql<{ version: number; commit: string; encoding: string }>`
    select current_setting('server_version_num')::int as version,
      current_setting('synchronous_commit') as commit,
      current_setting('server_encoding') as encoding`.execute(db);
  const [{ version, commit, encoding }] = rows as [(typeof rows)[number]];
  if (version < OLDEST_VERSION) throw new OperatorError('DATABASE_URL names a PostgreSQL older than 14.');
  if (encoding !== 'UTF8')
    throw new OperatorError(`The database's encoding is ${encoding}: create one with UTF8.`);
  if (commit === 'off') {
    throw new OperatorError(
      'The database has synchronous_commit off: a crash would bring revoked tokens back. Turn it on.',
    );
  }
}

/** Thrown by a transaction that may not begin now. */
const MUST_WAIT = Symbol('somebody runs alone');

/**
 * Whether a transaction would do better alone: it lost a race, or it met a rule that another one made it break, when both
 * stored the same, or one deleted what the other refers to.
 */
function lostRace(error: unknown): boolean {
  return /^(40|23)/.test(sqlStateOf(error) ?? '');
}

/**
 * Transactions as if one ran after the other, which is what they are on SQLite. They run at once, SERIALIZABLE, and the
 * database ends those that would not fit in any order. One that loses is run again, alone: it waits until every other
 * has ended, on every server, while no new one begins, and so cannot lose twice. Fifty changes of one row would
 * otherwise each be tried dozens of times; changes that have nothing in common never wait for each other.
 */
function createTransact(db: Database): <T>(work: Work<T>) => Promise<T> {
  const writers = pLimit(WRITERS);
  const alone = pLimit(1);

  const begin = <T>(on: Database, work: Work<T>) =>
    on
      .transaction()
      .setIsolationLevel('serializable')
      .execute(async (tx) => {
        const { rows } = await sql<{ free: boolean }>`
          select pg_try_advisory_xact_lock_shared(${WRITING}) as free`.execute(tx);
        if (!rows[0]?.free) throw MUST_WAIT;
        return work(tx);
      });

  /** Tries until nobody who runs alone is in the way. Waiting inside the transaction would let it read what is past. */
  async function together<T>(work: Work<T>): Promise<T> {
    for (;;) {
      try {
        return await begin(db, work);
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
        return await begin(connection, work);
      } finally {
        await sql`select pg_advisory_unlock(${WRITING})`.execute(connection);
      }
    });

  return (work) =>
    writers(async () => {
      try {
        return await together(work);
      } catch (error) {
        if (!lostRace(error)) throw error;
        return await alone(() => runAlone(work));
      }
    });
}

/** Runs work on a connection of its own, without time limits, while every other server that migrates waits. */
async function migrateAlone<T>(url: string, work: (db: Database) => Promise<T>): Promise<T> {
  // One connection, never recycled: the lock is its session's, and goes with it.
  const pool = createPool(url, { max: 1, idleTimeoutMillis: 0 });
  const db = new Kysely<Tables>({ dialect: createPostgresDialect(pool) });
  try {
    await sql`select pg_advisory_lock(${MIGRATING})`.execute(db);
    return await work(db);
  } finally {
    await db.destroy();
  }
}

/**
 * Opens a PostgreSQL database: a bounded pool, statements and transactions with time limits. Throws where it cannot be
 * reached, or its settings do not keep what it acknowledges.
 */
export async function openPostgres(url: string) {
  const pool = openPool(url);
  const db = new Kysely<Tables>({ dialect: createPostgresDialect(pool) });
  try {
    await checkSettings(db);
    const clock = await createPostgresClock(db);
    const hints = createPostgresHints(db, () => new pg.Client(connectionTo(url)));
    return {
      db,
      file: null,
      clock: clock.now as Clock,
      transact: createTransact(db),
      version: null,
      changedElsewhere: watchPostgres(db),
      hints: hints as ChangeHints,
      migrateAlone: <T>(work: (db: Database) => Promise<T>) => migrateAlone(url, work),
      measure: () => measurePostgres(db, pool),
      async close() {
        clock.stop();
        await hints.close();
        await db.destroy();
      },
    };
  } catch (error) {
    await db.destroy();
    throw error;
  }
}
