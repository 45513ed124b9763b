import type { Executor } from '../database.ts';

/** The key of the one row. */
const SINGLETON = 1;

/** The id of the installation; `null` before the first start. */
export async function findInstallationId(db: Executor): Promise<string | null> {
  const row = await db.selectFrom('installation').select('id').executeTakeFirst();
  return row?.id ?? null;
}

/** Stores the id of the installation, unless it has one. */
export async function insertInstallationId(db: Executor, id: string): Promise<void> {
  await db
    .insertInto('installation')
    .values({ singleton: SINGLETON, id })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
}

/** Deletes the id of the installation: its next start makes another. */
export async function deleteInstallationId(db: Executor): Promise<void> {
  await db.deleteFrom('installation').execute();
}
