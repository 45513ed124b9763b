import { type Kysely, type Migration, Migrator } from 'kysely';
import * as initial from '../../db/migrations/0001-initial.ts';
import { OperatorError } from '../platform/operator-error.ts';
import type { DatabaseHandle, Executor } from './database.ts';
import { copyDatabase } from './sqlite/backup.ts';
import type { Tables } from './tables.ts';

/** Migrations by name; they are applied in the order of their names, which never change again. */
export type Migrations = Readonly<Record<string, Migration>>;

/** Every migration. A list and not a folder that is read, so that compiled, bundled and tested code have the same one. */
export const MIGRATIONS: Migrations = Object.freeze({ '0001-initial': initial });

/** The first migration of the development versions before the first release, whose databases cannot be migrated. */
const DEVELOPMENT = '0001-core';

/** Stands among the migrations of a database that a transfer is filling: no server, of whatever version, starts on it. */
export const TRANSFER_UNDER_WAY = 'zzzz-transfer-under-way';

/** What a run of migrations did. */
export interface MigrationReport {
  /** The names of the migrations that this process applied, in order. */
  readonly applied: readonly string[];
  /** The copy of an SQLite file as it was before; `null` where nothing was there to lose. */
  readonly copy: string | null;
}

interface SchemaState {
  readonly applied: readonly string[];
  readonly pending: readonly string[];
}

/** Which migrations a database has and lacks. Throws where it has one that is unknown here. */
async function schemaState(db: Executor, migrations: Migrations): Promise<SchemaState> {
  const tables = await db.introspection.getTables({ withInternalKyselyTables: true });
  const rows = tables.some((table) => table.name === 'kysely_migration')
    ? await db
        .withTables<{ kysely_migration: { name: string } }>()
        .selectFrom('kysely_migration')
        .select('name')
        .orderBy('name')
        .execute()
    : [];
  const applied = rows.map((row) => row.name);
  const unknown = applied.find((name) => !(name in migrations));
  if (unknown === TRANSFER_UNDER_WAY) {
    throw new OperatorError('A transfer into this database has not ended: run "postern migrate-to" again.');
  }
  if (unknown === DEVELOPMENT) {
    throw new OperatorError(
      'A development version from before the first release created this database, and it cannot be migrated: set DATABASE_URL to a new one.',
    );
  }
  if (unknown) {
    throw new OperatorError(
      `The database has the migration ${unknown} of a newer Postern: run that version, or restore a copy from before.`,
    );
  }
  const names = Object.keys(migrations).sort();
  return { applied, pending: names.filter((name) => !applied.includes(name)) };
}

/** The names of the migrations that a database still lacks, in order; only reads. Throws on the schema of a newer version. */
export async function pendingMigrations(
  handle: DatabaseHandle,
  migrations: Migrations = MIGRATIONS,
): Promise<readonly string[]> {
  return (await schemaState(handle.db, migrations)).pending;
}

/** Copies an SQLite file while this process holds the write lock: nobody migrates between the look and the copy. */
async function copyWhatIsThere({ db, file }: DatabaseHandle, migrations: Migrations): Promise<string | null> {
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
  const migrator = new Migrator({
    db,
    provider: { getMigrations: async () => ({ ...migrations }) },
    // The order is that of the names: Kysely's check compares recorded instants, and a clock may have been set back.
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
 * Brings a database to the newest schema, each migration in its own transaction: what fails or is killed leaves the
 * schema of the migration before. Of several processes at once one migrates and the others wait. An SQLite file that
 * holds something is copied first. Throws, having written nothing, on the schema of a newer version.
 */
export function migrateToLatest(
  handle: DatabaseHandle,
  { migrations = MIGRATIONS }: { migrations?: Migrations } = {},
): Promise<MigrationReport> {
  return handle.migrateAlone(async (db) => {
    const copy = await copyWhatIsThere(handle, migrations);
    return { applied: await applyPending(db, migrations), copy };
  });
}
