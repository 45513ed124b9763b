import { closeSync, openSync } from 'node:fs';
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
import type { InProcessAdapter } from '../in-process-adapter.ts';

/** Of the SQL of statements, prepared ones that are kept: some 500 of the usual length, and fewer with long lists. */
const SQL_CHARACTERS_KEPT = 512 * 1024;
/** How long a process that opens a file waits for the locks of others; what comes later waits without blocking (sqlite-transact.ts). */
const OPENING_TIMEOUT_MS = 5000;
/** How long one process waits for another that is migrating the same file. */
const MIGRATION_TIMEOUT_MS = 60_000;
const OWNER_ONLY = 0o600;
/**
 * What SQLite keeps of the file in memory: 64 MB instead of 2, which among a million tokens takes an eighth off the time
 * of authenticating. Mapping the file gave no more, and whatever was read of it would count as the process's memory.
 */
const CACHE_KIB = 64 * 1024;
/**
 * After how many pages the write-ahead log goes into the file, 32 MiB of them: pages that are written again and again,
 * as those of indexes are, then go there once. A log that long is read in a moment after a crash.
 */
const CHECKPOINT_PAGES = 8000;
/** Marks the files of Postern in their header: "Posn" in ASCII. */
const APPLICATION_ID = 0x506f736e;

/** Takes the write lock when a transaction begins: a read that turns into a write can then never fail half-way. */
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
    // On a full or failing disk SQLite has rolled back by itself; to ask for it again would hide why.
    if (this.#database.inTransaction) await super.rollbackTransaction(connection);
  }
}

/** Writes limits into the text of a query: SQLite plans by the limit, and prepares a statement anew whenever one is bound. */
class LiteralLimits extends SqliteQueryCompiler {
  protected override visitLimit(node: LimitNode): void {
    const { limit } = node;
    if (ValueNode.is(limit) && typeof limit.value === 'number') this.append(`limit ${limit.value}`);
    else super.visitLimit(node);
  }
}

/** SQLite can change its schema in a transaction, and `begin immediate` is a lock between processes. */
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
 * Keeps prepared statements: Kysely prepares at every execution, which costs more than a point read itself
 * (28 µs against 15 µs measured). The one that was used least recently makes room.
 */
function keepStatements(database: Database.Database): Database.Database {
  const kept = createLruCache<Database.Statement>(SQL_CHARACTERS_KEPT);
  const prepare = database.prepare.bind(database);
  database.prepare = ((sql: string) => {
    const known = kept.get(sql);
    if (known) return known;
    const statement = prepare(sql);
    kept.set(sql, statement, sql.length);
    return statement;
  }) as typeof database.prepare;
  return database;
}

/** Creates a missing file for its owner alone; SQLite gives the files that it keeps beside it the same mode. */
function createPrivately(file: string): void {
  try {
    closeSync(openSync(file, 'wx', OWNER_ONLY));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
}

function foreign(file: string): OperatorError {
  return new OperatorError(`${file} is not a database of Postern: set DATABASE_URL to another file.`);
}

/** Whether a file is a database of Postern's; only reads. Throws where it cannot be read. */
export function isPosternFile(file: string): boolean {
  const database = new Database(file, { readonly: true });
  try {
    return database.pragma('application_id', { simple: true }) === APPLICATION_ID;
  } catch (error) {
    if ((error as { code?: string }).code === 'SQLITE_NOTADB') return false;
    throw error;
  } finally {
    database.close();
  }
}

/** Marks an empty database as Postern's. Throws, having written nothing, where it is another program's. */
function claim(database: Database.Database, file: string): void {
  // In this order: a process that starts at the same time sets the mark before it creates a table.
  const objects = database.prepare('select count(*) from sqlite_schema').pluck().get();
  const mark = database.pragma('application_id', { simple: true });
  if (mark === APPLICATION_ID) return;
  if (mark !== 0 || objects !== 0) throw foreign(file);
  database.pragma(`application_id = ${APPLICATION_ID}`);
}

/**
 * Opens an SQLite file for durable use: WAL, `synchronous=FULL`, foreign keys on, each read back and checked.
 * Throws where the file cannot be opened, is another program's, or a setting does not hold.
 */
export function openSqlite(file: string): Database.Database {
  if (file !== ':memory:') createPrivately(file);
  const database = new Database(file, { timeout: OPENING_TIMEOUT_MS });
  try {
    claim(database, file);
    database.pragma('journal_mode = WAL');
    database.pragma('synchronous = FULL');
    database.pragma('foreign_keys = ON');
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
    if ((error as { code?: string }).code === 'SQLITE_NOTADB') throw foreign(file);
    throw error;
  }
}

/** Kysely's SQLite dialect with immediate transactions, transactional migrations, literal limits and kept statements. */
export function createSqliteDialect(database: Database.Database): SqliteDialect {
  const dialect = new SqliteDialect({ database: keepStatements(database) });
  dialect.createDriver = () => new ImmediateDriver(database);
  dialect.createQueryCompiler = () => new LiteralLimits();
  dialect.createAdapter = () => new TransactionalAdapter(database);
  return dialect;
}

/** Runs work that waits a minute for the write lock, not only seconds: whoever migrates holds it long. */
export async function waitLonger<T>(database: Database.Database, work: () => Promise<T>): Promise<T> {
  database.pragma(`busy_timeout = ${MIGRATION_TIMEOUT_MS}`);
  try {
    return await work();
  } finally {
    database.pragma('busy_timeout = 0');
  }
}
