import type { Executor } from '../database.ts';
import { isCheckViolation } from '../errors.ts';
import { prepareQueryByIds } from '../query/prepared.ts';

const usesLeftOf = prepareQueryByIds((db: Executor, ids) =>
  db
    .selectFrom('tokens')
    .select('uses_left')
    .where('id', 'in', [...ids]),
);

/** Returns whether each of some tokens with a limit on uses has one left. A token that is absent has none. */
export async function haveUsesLeft(db: Executor, ids: readonly string[]): Promise<boolean> {
  const rows = await usesLeftOf(db, ids);
  return rows.length === ids.length && rows.every(({ uses_left: left }) => left === null || left > 0);
}

/**
 * Takes one use of each token; returns `false` and takes none if one of them has none left or is absent. It is one statement,
 * and a constraint of the table refuses to go below 0, so concurrent calls on any number of servers never take too many.
 */
export async function takeUses(db: Executor, ids: readonly string[]): Promise<boolean> {
  try {
    const result = await db
      .updateTable('tokens')
      .set((eb) => ({ uses_left: eb('uses_left', '-', 1) }))
      .where('id', 'in', [...ids])
      .executeTakeFirst();
    return Number(result.numUpdatedRows) === ids.length;
  } catch (error) {
    if (isCheckViolation(error)) return false;
    throw error;
  }
}
