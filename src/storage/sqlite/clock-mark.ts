import type { Executor } from '../database.ts';

const ROW = 1;

/** Returns the highest instant that a server on this database has seen, in milliseconds; `null` before the first start. */
export async function findClockMark(db: Executor): Promise<number | null> {
  const row = await db.selectFrom('clock_mark').select('at').where('id', '=', ROW).executeTakeFirst();
  return row?.at ?? null;
}

/** Sets the mark, even to a lower instant. */
export async function setClockMark(db: Executor, at: number): Promise<void> {
  await db
    .insertInto('clock_mark')
    .values({ id: ROW, at })
    .onConflict((conflict) => conflict.column('id').doUpdateSet({ at }))
    .execute();
}
