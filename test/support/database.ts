import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import type { Dialect } from 'kysely';
import pg from 'pg';
import { inject } from 'vitest';
import type { DatabaseHandle, SqliteHandle } from '../../src/storage/database.ts';
import { migrateToLatest } from '../../src/storage/migrations.ts';
import { openSqliteDatabase, wrapSqlite } from '../../src/storage/open.ts';
import { openPool, openPostgres } from '../../src/storage/postgres/connection.ts';
import { createSqliteDialect } from '../../src/storage/sqlite/connection.ts';
import { temporaryFolder } from './folder.ts';
import { runOn, siblingUrl } from './postgres-server.ts';

async function migratedBytes(): Promise<Buffer> {
  const handle = openSqliteDatabase('file::memory:');
  await migrateToLatest(handle);
  const bytes = handle.connection.serialize();
  await handle.close();
  return bytes;
}

/** A copy that has grown to more times its size is not used again: tests would read and copy empty pages. */
const MOST_GROWTH = 4;

/** Opening a copy takes a tenth of the time of migrating. */
const snapshot = await migratedBytes();

/**
 * Opens an SQLite database in memory: an empty one of the newest schema, or a serialized one. Calls `onStatement` with
 * each statement that it executes. The caller closes it.
 */
export function openTestSqlite(bytes: Buffer = snapshot, onStatement?: (sql: unknown) => void): SqliteHandle {
  const connection = new Database(bytes, { verbose: onStatement });
  connection.pragma('foreign_keys = ON');
  return wrapSqlite(connection, ':memory:');
}

/** Writes an empty database with the newest schema to a file, for servers and commands to open. */
export function writeTestDatabase(file: string): void {
  writeFileSync(file, snapshot, { mode: 0o600 });
}

/** A copy of the template with a connection that outlives a test, and with what is prepared and compiled for it. */
interface SqliteCopy {
  readonly connection: Database.Database;
  readonly dialect: Dialect;
  /** Returns the tables with rows, the last created one first. */
  readonly nonEmptyTables: Database.Statement<[], string>;
  readonly schemaVersion: unknown;
  readonly pages: number;
}

/** The copies of this worker that no test uses. Preparing statements again would take two thirds of the time of a start. */
const idleSqlite: SqliteCopy[] = [];

function createSqliteCopy(): SqliteCopy {
  const connection = new Database(snapshot);
  connection.pragma('foreign_keys = ON');
  const dialect = createSqliteDialect(connection);
  const adapter = dialect.createAdapter();
  const { createDriver } = dialect;
  dialect.createAdapter = () => adapter;
  dialect.createDriver = () => Object.assign(createDriver(), { destroy: async () => {} });
  const tables = connection.prepare<[], string>(
    "select name from sqlite_schema where type = 'table' and name not like 'kysely%' order by rowid desc",
  );
  const looks = tables
    .pluck()
    .all()
    .map((name) => `select '${name}' where exists (select 1 from "${name}")`);
  return {
    connection,
    dialect,
    nonEmptyTables: connection.prepare<[], string>(looks.join(' union all ')).pluck(),
    schemaVersion: connection.pragma('schema_version', { simple: true }),
    pages: connection.pragma('page_count', { simple: true }) as number,
  };
}

/**
 * Empties all tables except those of the migrations, in the reverse order of their creation: no row refers to a later table.
 * It changes no setting of the connection, because that would make SQLite prepare each statement again.
 */
function emptySqlite({ connection, nonEmptyTables }: SqliteCopy): void {
  for (const name of nonEmptyTables.all()) connection.prepare(`delete from "${name}"`).run();
}

/** Whether the next test can use a copy: a test may have changed its schema, or left a transaction or many pages. */
function isReusable({ connection, schemaVersion, pages }: SqliteCopy): boolean {
  return (
    connection.open &&
    !connection.inTransaction &&
    connection.pragma('schema_version', { simple: true }) === schemaVersion &&
    (connection.pragma('page_count', { simple: true }) as number) < MOST_GROWTH * pages
  );
}

/** Takes a copy back. Until the next test it is in a transaction, so that no statement of this test is executed any more. */
function takeBack(copy: SqliteCopy): void {
  if (!isReusable(copy)) {
    copy.connection.close();
    return;
  }
  copy.connection.prepare('begin').run();
  idleSqlite.push(copy);
}

/** Opens an empty SQLite database in memory with the newest schema, for one test: a copy that no other test uses. */
function lendSqlite(): DatabaseHandle {
  const used = idleSqlite.pop();
  if (used) {
    emptySqlite(used);
    used.connection.prepare('commit').run();
  }
  const copy = used ?? createSqliteCopy();
  const handle = wrapSqlite(copy.connection, ':memory:', copy.dialect);
  let isLent = true;
  return {
    ...handle,
    async close() {
      await handle.close();
      if (isLent) takeBack(copy);
      isLent = false;
    },
  };
}

/** A copy of the template, with connections that outlive a test. */
interface PostgresCopy {
  readonly url: string;
  readonly pool: pg.Pool;
  /**
   * Empties the tables, in any order: without triggers and foreign keys. It is not one of the pool, because a connection that
   * turns triggers off forgets its plans.
   */
  readonly emptier: pg.Client;
}

/**
 * A table with more bytes is truncated, because deleted rows stay in it and are read again and again. Truncating makes every
 * connection plan its statements again, so smaller tables are not.
 */
const MOST_BYTES = 2 * 1024 * 1024;

/** The copies of this worker that no test uses. Warm connections respond in a third of the time of new ones. */
const idle: PostgresCopy[] = [];
let copies = 0;

async function createDatabase(template: string): Promise<string> {
  const original = new URL(template).pathname.slice(1);
  const name = `${original}_${process.env.VITEST_POOL_ID}_${copies++}`;
  const create = `create database "${name}" template "${original}"`;
  await runOn(siblingUrl(template, 'postgres'), `drop database if exists "${name}" with (force)`, create);
  return siblingUrl(template, name);
}

/** Returns the URL through the Unix domain socket of the server, if it is known: a round trip takes two thirds of the CPU time. */
function throughSocket(url: string): string {
  const socket = inject('postgresSocket');
  const local = new URL(url);
  if (socket) local.searchParams.set('host', socket);
  return local.href;
}

/** Returns the definition of a function that empties tables. It lasts as long as its session. */
function emptying(tables: readonly string[]): string {
  const empty = tables.map(
    (name) => `if pg_relation_size('"${name}"') > ${MOST_BYTES} then truncate "${name}" cascade;
      else delete from "${name}"; end if;`,
  );
  return `create function pg_temp.empty_tables() returns void language plpgsql as
    $$ begin ${empty.join(' ')} end $$`;
}

async function createCopy(template: string): Promise<PostgresCopy> {
  const url = throughSocket(await createDatabase(template));
  const emptier = new pg.Client({ connectionString: url });
  // The server may end before this connection.
  emptier.on('error', () => {});
  await emptier.connect();
  await emptier.query('set session_replication_role = replica');
  const { rows } = await emptier.query<{ name: string }>(
    "select tablename as name from pg_tables where schemaname = 'public' and tablename not like 'kysely%'",
  );
  await emptier.query(emptying(rows.map(({ name }) => name)));
  return { url, pool: openPool(url), emptier };
}

/** Empties all tables except those of the migrations. Copying the template again would take 100 ms. */
async function emptyPostgres({ emptier }: PostgresCopy): Promise<void> {
  await emptier.query({ name: 'empty tables', text: 'select pg_temp.empty_tables()' });
}

/** Lends the connections of a pool until `end`, which waits until all are given back. */
function lend(pool: pg.Pool): pg.Pool {
  let hasEnded = false;
  const connect = async () => {
    if (hasEnded) throw new Error('the test has closed this database');
    return pool.connect();
  };
  const end = async () => {
    hasEnded = true;
    while (pool.waitingCount > 0 || pool.totalCount > pool.idleCount) {
      await new Promise((resolve) => pool.once('release', resolve));
    }
  };
  return Object.assign(Object.create(pool), { connect, end });
}

/** Opens an empty PostgreSQL database with the newest schema, for one test: a copy of the template that no other test uses. */
async function openTestPostgres(template: string): Promise<DatabaseHandle> {
  const used = idle.pop();
  if (used) await emptyPostgres(used);
  const copy = used ?? (await createCopy(template));
  const handle = await openPostgres(copy.url, lend(copy.pool));
  let isOpen = true;
  return {
    ...handle,
    async close() {
      await handle.close();
      if (isOpen) idle.push(copy);
      isOpen = false;
    },
  };
}

/** Opens an empty database with the newest schema, of the engine of the test run. The caller closes it. */
export async function openTestDatabase(): Promise<DatabaseHandle> {
  const template = inject('postgresTemplate');
  return template ? openTestPostgres(template) : lendSqlite();
}

/** Opens an empty database with the newest schema twice, as two servers would. The caller closes both. */
export async function openTestDatabaseTwice(): Promise<readonly [DatabaseHandle, DatabaseHandle]> {
  const template = inject('postgresTemplate');
  if (template) {
    const url = await createDatabase(template);
    return Promise.all([openPostgres(url), openPostgres(url)]);
  }
  const file = join(temporaryFolder(), 'postern.db');
  writeTestDatabase(file);
  return [openSqliteDatabase(`file:${file}`), openSqliteDatabase(`file:${file}`)];
}
