import { type Kysely, type RawBuilder, sql } from 'kysely';
import type { Tables } from './tables.ts';

/**
 * Whether another process may have changed the database since this was last asked; the first time, it may. Cheap enough
 * to be asked several times a second.
 */
export type ForeignChanges = () => Promise<boolean>;

function watch(db: Kysely<Tables>, version: RawBuilder<{ version: unknown }>): ForeignChanges {
  let known: unknown;
  return async () => {
    const { rows } = await version.execute(db);
    const before = known;
    known = rows[0]?.version;
    return known !== before;
  };
}

/** Foreign changes of an SQLite file: SQLite counts what other connections commit. */
export function watchSqlite(db: Kysely<Tables>): ForeignChanges {
  return watch(db, sql`select data_version as version from pragma_data_version`);
}

/** Foreign changes of a PostgreSQL database: every commit moves its snapshots, those of this process included. */
export function watchPostgres(db: Kysely<Tables>): ForeignChanges {
  return watch(db, sql`select pg_current_snapshot()::text as version`);
}
