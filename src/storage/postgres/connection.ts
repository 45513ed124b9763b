import { Kysely, sql } from 'kysely';
import pg from 'pg';
import { MINUTE } from '../../domain/duration.ts';
import type { Clock } from '../../platform/clock.ts';
import { systemIds } from '../../platform/ids.ts';
import { OperatorError } from '../../platform/operator-error.ts';
import { watchPostgres } from '../external-commits.ts';
import type { Notifier } from '../notifier.ts';
import { postgresStats } from '../stats.ts';
import type { StreamSlots } from '../stream-slots.ts';
import type { Tables } from '../tables.ts';
import { clientConfig } from './client-config.ts';
import { createPostgresClock } from './clock.ts';
import { createPostgresDialect } from './dialect.ts';
import { asOperatorError } from './mistakes.ts';
import { createNamingPool } from './naming-pool.ts';
import { createPostgresNotifier } from './notify.ts';
import { createPostgresStreamSlots } from './stream-slots.ts';
import { beginTransaction } from './transaction.ts';
import { createPostgresTransact, repeatAborted } from './transactions.ts';

/** The most connections of one server. */
const CONNECTIONS = 10;

/** How long a connection stays open unused. Its statements are planned again after that, which takes longer than to execute them. */
const IDLE_MS = 10 * MINUTE;
const STATEMENT_TIMEOUT_MS = 5000;
/** How much later the client gives up than the database, so that it does so only if the connection is cut. */
const RESPONSE_GRACE_MS = 3000;

/** The oldest version that is still supported by the PostgreSQL project and tested here: 14. */
const OLDEST_VERSION = 140_000;

/** The key of the advisory lock for migrations. */
const MIGRATION_LOCK = 5_029_331_846_001;

type Database = Kysely<Tables>;

function createPool(url: string, config: pg.PoolConfig): pg.Pool {
  const pool = new pg.Pool({ ...clientConfig(url), ...config });
  // The pool replaces a broken idle connection when it is needed. Without a listener its error would end the process.
  pool.on('error', () => {});
  pool.on('connect', (client) => client.on('error', () => {}));
  return pool;
}

/** The time limits of a session. They are set after the connection is made, because PgBouncer refuses them as parameters of it. */
const limitSession = (milliseconds: number) => `
  set statement_timeout = ${milliseconds};
  set idle_in_transaction_session_timeout = ${milliseconds}`;

/** Creates the pool of a server, whose statements and idle transactions are limited in time, by default to five seconds. */
export function openPool(url: string, limitMs = STATEMENT_TIMEOUT_MS): pg.Pool {
  return createPool(url, {
    max: CONNECTIONS,
    idleTimeoutMillis: IDLE_MS,
    query_timeout: limitMs + RESPONSE_GRACE_MS,
    onConnect: async (client) => {
      await client.query(limitSession(limitMs));
    },
  });
}

/** Throws an `OperatorError` if a database could lose acknowledged commits, or cannot store every text. */
async function checkSettings(db: Database): Promise<void> {
  const { rows } = await sql<{ version: number; commit: string; encoding: string }>`
    select current_setting('server_version_num')::int as version,
      current_setting('synchronous_commit') as commit,
      current_setting('server_encoding') as encoding`.execute(db);
  const [{ version, commit, encoding }] = rows as [(typeof rows)[number]];
  if (version < OLDEST_VERSION) throw new OperatorError('DATABASE_URL names a PostgreSQL older than 14.');
  if (encoding !== 'UTF8')
    throw new OperatorError(`The database's encoding is ${encoding}. Create a database with UTF8.`);
  if (commit === 'off') {
    throw new OperatorError(
      'The database has synchronous_commit off, so a crash could make revoked tokens valid again. Turn it on.',
    );
  }
}

/** Runs work on a connection of its own, without time limits, under the migration lock. */
async function migrateAlone<T>(url: string, work: (db: Database) => Promise<T>): Promise<T> {
  // One connection that is never recycled, because the lock belongs to its session.
  const pool = createPool(url, { max: 1, idleTimeoutMillis: 0 });
  const db = new Kysely<Tables>({ dialect: createPostgresDialect(createNamingPool(pool)) });
  try {
    await sql`select pg_advisory_lock(${MIGRATION_LOCK})`.execute(db);
    return await work(db);
  } catch (error) {
    throw asOperatorError(error);
  } finally {
    await db.destroy();
  }
}

/**
 * Opens a PostgreSQL database with a pool of its own by default. Throws an `OperatorError` if
 * the database cannot be reached, or if its settings could lose acknowledged commits.
 */
export async function openPostgres(url: string, pool = openPool(url)) {
  const namingPool = createNamingPool(pool);
  const db = new Kysely<Tables>({ dialect: createPostgresDialect(namingPool) });
  try {
    await checkSettings(db);
    const clock = await createPostgresClock(db);
    const streamSlots: StreamSlots = createPostgresStreamSlots({ db, clock: clock.now, ids: systemIds });
    let aborted = 0;
    const onAbort = () => void aborted++;
    const notifier = createPostgresNotifier(db, () => new pg.Client(clientConfig(url)));
    return {
      db,
      file: null,
      clock: clock.now as Clock,
      transact: createPostgresTransact((first) => beginTransaction(db, namingPool, first), onAbort),
      autocommit: <T>(work: (db: Database) => Promise<T>) => repeatAborted(() => work(db), onAbort),
      version: null,
      changedElsewhere: watchPostgres(db),
      notifier: notifier as Notifier,
      streamSlots,
      migrateAlone: <T>(work: (db: Database) => Promise<T>) => migrateAlone(url, work),
      measure: () => postgresStats(db, pool, aborted),
      async close() {
        clock.stop();
        await notifier.close();
        await streamSlots.close();
        await db.destroy();
      },
    };
  } catch (error) {
    await db.destroy();
    throw asOperatorError(error);
  }
}
