import { sql } from 'kysely';
import type { Executor } from '../database.ts';
import { write } from '../deferred.ts';

/** The number of attempts in the current window, and the end of the window. */
export interface AttemptCount {
  readonly attempts: number;
  readonly resetsAt: number;
}

/** Counts by key. */
export type AttemptCounts = ReadonlyMap<string, AttemptCount>;

interface AttemptRow {
  readonly key: string;
  readonly attempts: number;
  readonly resets_at: number;
}

function toCounts(rows: readonly AttemptRow[]): AttemptCounts {
  return new Map(rows.map((row) => [row.key, { attempts: row.attempts, resetsAt: row.resets_at }]));
}

/** Returns the counts of keys whose window has not ended. */
export async function findAttempts(
  db: Executor,
  keys: readonly string[],
  now: number,
): Promise<AttemptCounts> {
  const rows = await db
    .selectFrom('attempt_counters')
    .selectAll()
    .where('key', 'in', [...keys])
    .where('resets_at', '>', now)
    .execute();
  return toCounts(rows);
}

/**
 * Adds one attempt to each key and returns the counts; begins a new window if the last one has ended. It is one statement,
 * so concurrent attempts all count. It locks the rows in the order of their keys, so that two calls never deadlock.
 */
export async function countAttempts(
  db: Executor,
  keys: readonly string[],
  now: number,
  windowMs: number,
): Promise<AttemptCounts> {
  const rows = await db
    .insertInto('attempt_counters')
    .values([...keys].sort().map((key) => ({ key, attempts: 1, resets_at: now + windowMs })))
    .onConflict((conflict) =>
      conflict.column('key').doUpdateSet({
        attempts: sql`case when attempt_counters.resets_at <= ${now} then 1 else attempt_counters.attempts + 1 end`,
        resets_at: sql`case when attempt_counters.resets_at <= ${now} then ${now + windowMs} else attempt_counters.resets_at end`,
      }),
    )
    .returningAll()
    .execute();
  return toCounts(rows);
}

/** Deletes the count under a key. */
export async function clearAttempts(db: Executor, key: string): Promise<void> {
  await db.deleteFrom('attempt_counters').where('key', '=', key).execute();
}

/**
 * Deletes the counts under `prefix` itself and under every key that continues it with a colon, one by one, so that none is
 * locked while another is waited for.
 */
export async function clearAttemptsUnder(db: Executor, prefix: string): Promise<void> {
  const rows = await db
    .selectFrom('attempt_counters')
    .select('key')
    .where('key', '>=', prefix)
    // The character after the colon.
    .where('key', '<', `${prefix};`)
    .execute();
  for (const key of rows.map((row) => row.key).sort()) await clearAttempts(db, key);
}

/** Subtracts one attempt. */
export async function uncountAttempt(db: Executor, key: string): Promise<void> {
  await db
    .updateTable('attempt_counters')
    .set({ attempts: sql`attempts - 1` })
    .where('key', '=', key)
    .where('attempts', '>', 0)
    .execute();
}

/** Deletes up to `most` ended windows, in the order of their keys, in which `countAttempts` locks them; returns the count. */
export async function deleteEndedWindows(db: Executor, now: number, most: number): Promise<number> {
  const ended = await db
    .selectFrom('attempt_counters')
    .select('key')
    .where('resets_at', '<=', now)
    .limit(most)
    .execute();
  const deleteIfEnded = db.deleteFrom('attempt_counters').where('resets_at', '<=', now);
  for (const key of ended.map((row) => row.key).sort()) await write(db, deleteIfEnded.where('key', '=', key));
  return ended.length;
}
