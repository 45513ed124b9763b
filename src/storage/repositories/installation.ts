import type { Executor } from '../database.ts';

/** The key of the one row. */
const SINGLETON = 1;

/** Returns the id of the installation; `null` before the first start. */
export async function findInstallationId(db: Executor): Promise<string | null> {
  const row = await db.selectFrom('installation').select('id').executeTakeFirst();
  return row?.id ?? null;
}

/** Stores the id of the installation if it has none. */
export async function insertInstallationId(db: Executor, id: string): Promise<void> {
  await db
    .insertInto('installation')
    .values({ singleton: SINGLETON, id })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
}

/** Deletes the id of the installation. The next start creates another one. */
export async function deleteInstallationId(db: Executor): Promise<void> {
  await db.deleteFrom('installation').execute();
}
