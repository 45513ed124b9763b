import { type Kysely, type Migration, Migrator, PostgresAdapter, sql } from 'kysely';
import * as initial from '../../db/migrations/0001-initial.ts';
import { OperatorError } from '../platform/operator-error.ts';
import type { DatabaseHandle, Executor } from './database.ts';
import { copyDatabase } from './sqlite/backup.ts';
import type { Tables } from './tables.ts';

/** Migrations by name, applied in the order of their names. A released name never changes. */
export type Migrations = Readonly<Record<string, Migration>>;

/** The first migration, which every database of Postern has. */
const FIRST = '0001-initial';

/** Every migration. They are listed, not read from a folder, so that compiled, bundled and tested code apply the same ones. */
export const MIGRATIONS: Migrations = Object.freeze({ [FIRST]: initial });

/** The first migration of the development versions before the first release, whose databases cannot be migrated. */
const DEVELOPMENT = '0001-core';

/** The name that marks a database while a transfer fills it. No server of any version starts on a database with this name. */
export const TRANSFER_IN_PROGRESS = 'zzzz-transfer-in-progress';

/** The result of a run of migrations. */
export interface MigrationReport {
  /** The names of the migrations that this process applied, in order. */
  readonly applied: readonly string[];
  /** The path of the copy of the SQLite file from before the run; `null` if there was nothing to copy. */
  readonly copy: string | null;
}

/**
 * Returns the schema of PostgreSQL in which tables are created and looked up first, so that other schemas of the database can
 * have tables of the same names; `undefined` on SQLite, which has none. Throws an `OperatorError` if `search_path` names none that exists.
 */
async function currentSchema(db: Executor): Promise<string | undefined> {
  if (!(db.getExecutor().adapter instanceof PostgresAdapter)) return undefined;
  const { rows } = await sql<{ schema: string | null }>`select current_schema() as schema`.execute(db);
  const schema = rows[0]?.schema ?? null;
  if (schema === null) {
    throw new OperatorError('The database has no schema of search_path. Create it: create schema postern.');
  }
  return schema;
}

/**
 * Throws an `OperatorError` if the current schema of PostgreSQL has a table of another program. Tables of extensions do not
 * count. On SQLite, `openSqlite` refuses such a file.
 */
async function requireNoForeignTable(db: Executor): Promise<void> {
  const { rows } = await sql<{ name: string }>`
    select c.relname as name from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where n.nspname = current_schema() and c.relkind in ('r', 'p')
      and c.relname not in ('kysely_migration', 'kysely_migration_lock')
      and not exists (select from pg_depend d
        where d.classid = 'pg_class'::regclass and d.objid = c.oid and d.deptype = 'e')
    limit 1`.execute(db);
  if (rows[0] === undefined) return;
  throw new OperatorError(
    `Another program has its table ${rows[0].name} here. Give Postern a database or a schema of its own.`,
  );
}

interface SchemaState {
  readonly applied: readonly string[];
  readonly pending: readonly string[];
}

/** Returns the applied and pending migrations of a database. Throws if it has a migration that is unknown here. */
async function schemaState(db: Executor, migrations: Migrations): Promise<SchemaState> {
  const schema = await currentSchema(db);
  const tables = await db.introspection.getTables({ withInternalKyselyTables: true });
  const rows = tables.some((table) => table.name === 'kysely_migration' && table.schema === schema)
    ? await db
        .withTables<{ kysely_migration: { name: string } }>()
        .selectFrom('kysely_migration')
        .select('name')
        .orderBy('name')
        .execute()
    : [];
  const applied = rows.map((row) => row.name);
  const unknown = applied.find((name) => !(name in migrations));
  if (unknown === TRANSFER_IN_PROGRESS) {
    throw new OperatorError('A transfer into this database was interrupted. Run "postern migrate-to" again.');
  }
  if (unknown === DEVELOPMENT) {
    throw new OperatorError(
      'A development version from before the first release created this database, and it cannot be migrated. Set DATABASE_URL to a new one.',
    );
  }
  if (unknown && !applied.includes(FIRST)) {
    throw new OperatorError(
      `Another program that uses Kysely has its migration ${unknown} here. Give Postern a database or a schema of its own.`,
    );
  }
  if (unknown) {
    throw new OperatorError(
      `The database has the migration ${unknown} of a newer Postern. Run that version, or restore an older copy.`,
    );
  }
  if (applied.length === 0 && schema !== undefined) await requireNoForeignTable(db);
  const names = Object.keys(migrations).sort();
  return { applied, pending: names.filter((name) => !applied.includes(name)) };
}

/** Returns the names of the pending migrations, in order; writes nothing. Throws on the schema of a newer version. */
export async function pendingMigrations(
  handle: DatabaseHandle,
  migrations: Migrations = MIGRATIONS,
): Promise<readonly string[]> {
  return (await schemaState(handle.db, migrations)).pending;
}

/** Copies an SQLite file while this process holds the write lock, so that no migration runs between the check and the copy. */
async function copyBeforeMigrating(
  { db, file }: DatabaseHandle,
  migrations: Migrations,
): Promise<string | null> {
  if (file === null) return null;
  return db.transaction().execute(async (transaction) => {
    const { applied, pending } = await schemaState(transaction, migrations);
    if (applied.length === 0 || pending.length === 0) return null;
    const copy = `${file}-at-${applied.at(-1)}`;
    copyDatabase(file, copy);
    return copy;
  });
}

async function applyPending(db: Kysely<Tables>, migrations: Migrations): Promise<readonly string[]> {
  await schemaState(db, migrations);
  const schema = await currentSchema(db);
  const migrator = new Migrator({
    db,
    ...(schema !== undefined && { migrationTableSchema: schema }),
    provider: { getMigrations: async () => ({ ...migrations }) },
    // The names define the order. Kysely's own check compares timestamps, and the clock can have been set back.
    allowUnorderedMigrations: true,
  });
  const applied: string[] = [];
  for (;;) {
    const { error, results = [] } = await migrator.migrateUp();
    if (error) throw error;
    if (results.length === 0) return applied;
    applied.push(...results.map((result) => result.migrationName));
  }
}

/**
 * Brings a database to the newest schema. Each migration runs in its own transaction, so a failure leaves the schema of
 * the previous migration. If several processes migrate, one does the work and the others wait. An SQLite file that has a
 * schema is copied first. Throws on the schema of a newer version, without writing anything.
 */
export function migrateToLatest(
  handle: DatabaseHandle,
  { migrations = MIGRATIONS }: { migrations?: Migrations } = {},
): Promise<MigrationReport> {
  return handle.migrateAlone(async (db) => {
    const copy = await copyBeforeMigrating(handle, migrations);
    return { applied: await applyPending(db, migrations), copy };
  });
}
