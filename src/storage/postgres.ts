import { Kysely, sql, type Transaction } from 'kysely';
import pLimit from 'p-limit';
import pg from 'pg';
import type { Clock } from '../platform/clock.ts';
import { OperatorError } from '../platform/operator-error.ts';
import { watchPostgres } from './foreign-changes.ts';
import { createPostgresClock } from './postgres-clock.ts';
import { createPostgresDialect, sqlStateOf, TYPES } from './postgres-dialect.ts';
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

/** Advisory locks of Postern: one for whoever migrates, one for the line of transactions that lost a race. */
const MIGRATING = 5_029_331_846_001;
const IN_LINE = 5_029_331_846_002;

/** How often a transaction in the line may lose to one that is not. */
const ATTEMPTS_IN_LINE = 20;

type Database = Kysely<Tables>;
type Work<T> = (tx: Transaction<Tables>) => Promise<T>;

function createPool(url: string, config: pg.PoolConfig): pg.Pool {
  const pool = new pg.Pool({
    connectionString: url,
    application_name: 'postern',
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    keepAlive: true,
    types: TYPES,
    ...config,
  });
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

/** Whether a transaction lost to another one that ran at the same time, and may do better alone. */
function lostRace(error: unknown): boolean {
  return sqlStateOf(error)?.startsWith('40') === true;
}

/** Whether it broke a rule that the other one may have made it break: both inserted the same, one deleted what the other refers to. */
function metRule(error: unknown): boolean {
  return sqlStateOf(error)?.startsWith('23') === true;
}

/**
 * Transactions as if one ran after the other, which is what they are on SQLite: SERIALIZABLE, and what loses a race is
 * run again. It then stands in a line of all servers, so that under contention one after the other gets through and
 * none is starved; without it, fifty changes of one row would each be tried dozens of times.
 */
function createTransact(db: Database): <T>(work: Work<T>) => Promise<T> {
  const writers = pLimit(WRITERS);
  const line = pLimit(1);

  const attempt = <T>(on: Database, work: Work<T>) =>
    on.transaction().setIsolationLevel('serializable').execute(work);

  async function persist<T>(on: Database, work: Work<T>): Promise<T> {
    for (let left = ATTEMPTS_IN_LINE; ; left--) {
      try {
        return await attempt(on, work);
      } catch (error) {
        if (!lostRace(error) || left === 0) throw error;
      }
    }
  }

  const runInLine = <T>(work: Work<T>) =>
    db.connection().execute(async (connection) => {
      // A lock of the session, not of the transaction: what is read must be what the one before has left.
      await sql`select pg_advisory_lock(${IN_LINE})`.execute(connection);
      try {
        return await persist(connection, work);
      } finally {
        await sql`select pg_advisory_unlock(${IN_LINE})`.execute(connection);
      }
    });

  return (work) =>
    writers(async () => {
      try {
        return await attempt(db, work);
      } catch (error) {
        if (!lostRace(error) && !metRule(error)) throw error;
        return await line(() => runInLine(work));
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
  const db = new Kysely<Tables>({ dialect: createPostgresDialect(openPool(url)) });
  try {
    await checkSettings(db);
    const clock = await createPostgresClock(db);
    return {
      db,
      file: null,
      clock: clock.now as Clock,
      transact: createTransact(db),
      changedElsewhere: watchPostgres(db),
      migrateAlone: <T>(work: (db: Database) => Promise<T>) => migrateAlone(url, work),
      async close() {
        clock.stop();
        await db.destroy();
      },
    };
  } catch (error) {
    await db.destroy();
    throw error;
  }
}
