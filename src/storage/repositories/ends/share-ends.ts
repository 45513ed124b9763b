import { sql } from 'kysely';
import type { Executor } from '../../database.ts';
import { hasMoreRows } from '../../query/paging.ts';

/** A deactivated user whose shares ended, and whose rows are still being deleted. */
export interface EndedGranter {
  readonly userId: string;
  /** When the shares ended, in milliseconds. */
  readonly at: number;
}

/** Returns whether a user gave at least `count` shares, by rows. */
export async function hasGivenShares(db: Executor, userId: string, count: number): Promise<boolean> {
  const query = db.selectFrom('channel_shares').select('channel_id').where('granted_by', '=', userId);
  return hasMoreRows(query, count - 1);
}

/** Marks the shares that a deactivated user gave as ended: they count no more anyway, and none comes back with the user. */
export async function markSharesEnded(db: Executor, { userId, at }: EndedGranter): Promise<void> {
  await db.updateTable('users').set({ shares_ended_at: at }).where('id', '=', userId).execute();
}

/** Returns the user whose shares ended first, without those in `except`. */
export async function findEndedGranter(
  db: Executor,
  { except = [] }: { readonly except?: readonly string[] },
): Promise<EndedGranter | null> {
  let query = db
    .selectFrom('users')
    .select(['id', 'shares_ended_at'])
    .where('shares_ended_at', 'is not', null);
  if (except.length > 0) query = query.where('id', 'not in', [...except]);
  const row = await query.orderBy('shares_ended_at').limit(1).executeTakeFirst();
  return row ? { userId: row.id, at: row.shares_ended_at as number } : null;
}

/** Counts the users whose shares ended and are still being deleted. */
export async function countEndedGranters(db: Executor): Promise<number> {
  const query = db.selectFrom('users').select((eb) => eb.fn.countAll<number>().as('count'));
  return Number((await query.where('shares_ended_at', 'is not', null).executeTakeFirstOrThrow()).count);
}

/**
 * Deletes up to `most` of the ended shares that a user gave, and the mark with the last one. Does nothing if the user was
 * reactivated. The user and the workspaces must be locked.
 */
export async function deleteEndedShares(db: Executor, userId: string, most: number): Promise<void> {
  const ended = db.selectFrom('users').select('id').where('id', '=', userId);
  if (!(await ended.where('shares_ended_at', 'is not', null).executeTakeFirst())) return;
  const key = sql.raw('channel_id, user_id, granter_id, operation');
  const { numAffectedRows = 0n } = await sql`delete from channel_shares where (${key}) in (
    select ${key} from channel_shares where granted_by = ${userId} limit ${most})`.execute(db);
  if (numAffectedRows > 0n) return;
  await db.updateTable('users').set({ shares_ended_at: null }).where('id', '=', userId).execute();
}
