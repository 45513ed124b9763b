import { Kysely, sql } from 'kysely';
import pg from 'pg';
import type { Clock } from '../../platform/clock.ts';
import { systemIds } from '../../platform/ids.ts';
import { OperatorError } from '../../platform/operator-error.ts';
import { watchPostgres } from '../external-commits.ts';
import type { Notifier } from '../notifier.ts';
import { postgresStats } from '../stats.ts';
import type { StreamSlots } from '../stream-slots.ts';
import type { Tables } from '../tables.ts';
import { createPostgresClock } from './clock.ts';
import { createPostgresDialect, TYPES } from './dialect.ts';
import { createPostgresNotifier } from './notify.ts';
import { createPostgresStreamSlots } from './stream-slots.ts';
import { createPostgresTransact, WritingDriver } from './transactions.ts';

/** The most connections of one server. */
const CONNECTIONS = 10;

const CONNECT_TIMEOUT_MS = 5000;
const STATEMENT_TIMEOUT_MS = 5000;
/** Longer than the database's own limit: it ends waiting for an answer that a cut line will never bring. */
const ANSWER_TIMEOUT_MS = 8000;

/** The oldest version that its makers still mend, and that we are tested with. */
const OLDEST_VERSION = 140_000;

/** The advisory lock of whoever migrates. */
const MIGRATING = 5_029_331_846_001;

type Database = Kysely<Tables>;

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
  const db = new Kysely<Tables>({ dialect: createPostgresDialect(pool, WritingDriver) });
  try {
    await checkSettings(db);
    const clock = await createPostgresClock(db);
    const streamSlots: StreamSlots = createPostgresStreamSlots({ db, clock: clock.now, ids: systemIds });
    const hints = createPostgresNotifier(db, () => new pg.Client(connectionTo(url)));
    return {
      db,
      file: null,
      clock: clock.now as Clock,
      transact: createPostgresTransact(db),
      autocommit: <T>(work: (db: Database) => Promise<T>) => work(db),
      version: null,
      changedElsewhere: watchPostgres(db),
      hints: hints as Notifier,
      streamSlots,
      migrateAlone: <T>(work: (db: Database) => Promise<T>) => migrateAlone(url, work),
      measure: () => postgresStats(db, pool),
      async close() {
        clock.stop();
        await hints.close();
        await streamSlots.close();
        await db.destroy();
      },
    };
  } catch (error) {
    await db.destroy();
    throw error;
  }
}
