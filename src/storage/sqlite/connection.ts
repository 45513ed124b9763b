import Database from 'better-sqlite3';
import {
  CompiledQuery,
  type DatabaseConnection,
  type Kysely,
  type LimitNode,
  type MigrationLockOptions,
  SqliteAdapter,
  SqliteDialect,
  SqliteDriver,
  SqliteQueryCompiler,
  ValueNode,
} from 'kysely';
import { createLruCache } from '../../platform/lru-cache.ts';
import { OperatorError } from '../../platform/operator-error.ts';
import { errorCodeOf } from '../errors.ts';
import type { InProcessAdapter } from '../in-process-adapter.ts';
import { sharedReadOf } from '../shared-read.ts';
import { createPrivateFile } from './files.ts';

/** The total SQL length of cached prepared statements: about 500 of usual length, fewer with long lists. */
const CACHED_SQL_CHARACTERS = 512 * 1024;
/** How long opening a file waits for the locks of other processes. Later waits do not block (`transactions.ts`). */
const OPENING_TIMEOUT_MS = 5000;
/** How long a process waits for another one that migrates the same file. */
const MIGRATION_TIMEOUT_MS = 60_000;
/**
 * SQLite's page cache: 64 MB instead of 2. With a million tokens, authentication takes an eighth less time. Mapping the file
 * into memory was no faster, and the mapped pages would count as memory of the process.
 */
const CACHE_KIB = 64 * 1024;
/**
 * The number of pages, 32 MiB, after which the write-ahead log is checkpointed. Pages that change often, such as those of
 * indexes, are then written to the file once. Recovery reads a log of this length quickly.
 */
const CHECKPOINT_PAGES = 8000;
/**
 * Where SQLite keeps the pages that a savepoint would restore. In a file, they take a sixth of the CPU time of a new token. A
 * migration can change a whole table, so it uses files.
 */
const TEMPORARY = 'MEMORY';
/** Identifies Postern's files by their header: "Posn" in ASCII. */
const APPLICATION_ID = 0x506f736e;

/** Takes the write lock at the beginning of a transaction, so that a later write in it cannot fail with `SQLITE_BUSY`. */
class ImmediateDriver extends SqliteDriver {
  readonly #database: Database.Database;

  constructor(database: Database.Database) {
    super({ database });
    this.#database = database;
  }

  override async beginTransaction(connection: DatabaseConnection): Promise<void> {
    await connection.executeQuery(CompiledQuery.raw('begin immediate'));
  }

  override async rollbackTransaction(connection: DatabaseConnection): Promise<void> {
    // On a full or failing disk SQLite rolls back by itself. Another rollback would fail and hide the cause.
    if (this.#database.inTransaction) await super.rollbackTransaction(connection);
  }
}

/** Writes limits into the SQL text: SQLite plans by the limit, and prepares a statement again when one is bound. */
class LiteralLimits extends SqliteQueryCompiler {
  protected override visitLimit(node: LimitNode): void {
    const { limit } = node;
    if (ValueNode.is(limit) && typeof limit.value === 'number') this.append(`limit ${limit.value}`);
    else super.visitLimit(node);
  }
}

/** Declares that SQLite supports schema changes in transactions; `begin immediate` locks between processes. */
class TransactionalAdapter extends SqliteAdapter implements InProcessAdapter {
  readonly connection: Database.Database;

  constructor(connection: Database.Database) {
    super();
    this.connection = connection;
  }

  override get supportsTransactionalDdl(): boolean {
    return true;
  }

  override async acquireMigrationLock(_db: Kysely<unknown>, _options: MigrationLockOptions): Promise<void> {}
}

/**
 * Caches prepared statements and evicts the least recently used. Kysely prepares a statement at every execution, which
 * costs more than a point read itself (28 µs against 15 µs).
 */
function cacheStatements(database: Database.Database): Database.Database {
  const cache = createLruCache<Database.Statement>(CACHED_SQL_CHARACTERS);
  const prepare = database.prepare.bind(database);
  database.prepare = ((sql: string) => {
    const cached = cache.get(sql);
    if (cached) return cached;
    const statement = prepare(sql);
    cache.set(sql, statement, sql.length);
    return statement;
  }) as typeof database.prepare;
  return database;
}

/** Ends the shared read of a connection before Kysely, which prepares each statement it executes, or anything else could write. */
function endSharedReads(database: Database.Database): Database.Database {
  const shared = sharedReadOf(database);
  const { prepare, exec, pragma, close } = database;
  return Object.assign(database, {
    prepare(sql: string) {
      const statement = prepare.call(database, sql);
      if (!statement.readonly) shared.end();
      return statement;
    },
    exec(source: string) {
      shared.end();
      return exec.call(database, source);
    },
    pragma(source: string, options?: Database.PragmaOptions) {
      shared.end();
      return pragma.call(database, source, options);
    },
    close() {
      shared.end();
      return close.call(database);
    },
  });
}

function notPostern(file: string): OperatorError {
  return new OperatorError(`${file} is not a Postern database. Set DATABASE_URL to another file.`);
}

/** Returns whether a file is a Postern database; writes nothing. Throws if the file cannot be read. */
export function isPosternFile(file: string): boolean {
  const database = new Database(file, { readonly: true });
  try {
    return database.pragma('application_id', { simple: true }) === APPLICATION_ID;
  } catch (error) {
    if (errorCodeOf(error) === 'SQLITE_NOTADB') return false;
    throw error;
  } finally {
    database.close();
  }
}

/** Marks an empty database as Postern's. Throws if it belongs to another program, without writing anything. */
function claim(database: Database.Database, file: string): void {
  // In this order, because a process that starts at the same time sets the mark before it creates a table.
  const objects = database.prepare('select count(*) from sqlite_schema').pluck().get();
  const mark = database.pragma('application_id', { simple: true });
  if (mark === APPLICATION_ID) return;
  if (mark !== 0 || objects !== 0) throw notPostern(file);
  database.pragma(`application_id = ${APPLICATION_ID}`);
}

/** Opens a connection. SQLite's own error does not name the file, for example if it is a folder or a link to nowhere. */
function connect(file: string): Database.Database {
  try {
    return new Database(file, { timeout: OPENING_TIMEOUT_MS });
  } catch (error) {
    if (errorCodeOf(error)?.startsWith('SQLITE_CANTOPEN'))
      (error as Error).message = `${file} cannot be opened. Check DATABASE_URL.`;
    throw error;
  }
}

/**
 * Opens an SQLite file with WAL, `synchronous=FULL` and foreign keys, and checks that each setting is in effect. Throws if
 * it is not, if the file cannot be opened, or if it belongs to another program.
 */
export function openSqlite(file: string): Database.Database {
  // SQLite gives the files beside it the same mode.
  if (file !== ':memory:') createPrivateFile(file);
  const database = connect(file);
  try {
    claim(database, file);
    database.pragma('journal_mode = WAL');
    database.pragma('synchronous = FULL');
    database.pragma('foreign_keys = ON');
    database.pragma(`temp_store = ${TEMPORARY}`);
    database.pragma(`cache_size = -${CACHE_KIB}`);
    database.pragma(`wal_autocheckpoint = ${CHECKPOINT_PAGES}`);
    const mode = database.pragma('journal_mode', { simple: true });
    if (mode !== 'wal' && mode !== 'memory') throw new Error(`${file}: the journal mode is ${mode}, not WAL`);
    if (database.pragma('synchronous', { simple: true }) !== 2)
      throw new Error(`${file}: synchronous is not FULL`);
    if (database.pragma('foreign_keys', { simple: true }) !== 1)
      throw new Error(`${file}: foreign keys are off`);
    database.pragma('busy_timeout = 0');
    return database;
  } catch (error) {
    database.close();
    if (errorCodeOf(error) === 'SQLITE_NOTADB') throw notPostern(file);
    throw error;
  }
}

/** Creates Kysely's SQLite dialect with immediate transactions, transactional migrations, literal limits and cached statements. */
export function createSqliteDialect(database: Database.Database): SqliteDialect {
  const dialect = new SqliteDialect({ database: endSharedReads(cacheStatements(database)) });
  dialect.createDriver = () => new ImmediateDriver(database);
  dialect.createQueryCompiler = () => new LiteralLimits();
  dialect.createAdapter = () => new TransactionalAdapter(database);
  return dialect;
}

/** Runs migrations: waits up to a minute for the write lock, because they hold it for long, and keeps large changes in files. */
export async function runMigrations<T>(database: Database.Database, work: () => Promise<T>): Promise<T> {
  database.pragma(`busy_timeout = ${MIGRATION_TIMEOUT_MS}`);
  database.pragma('temp_store = FILE');
  try {
    return await work();
  } finally {
    database.pragma(`temp_store = ${TEMPORARY}`);
    database.pragma('busy_timeout = 0');
  }
}
