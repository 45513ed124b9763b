import { sql } from 'kysely';
import type { Executor } from './database.ts';

/** How often something was tried in the present window, and when the window ends. */
export interface AttemptCount {
  readonly attempts: number;
  readonly resetsAt: number;
}

/** Counts one more attempt under a key, in a new window where the last has ended; one statement, so none is lost. */
export async function countAttempt(
  db: Executor,
  key: string,
  now: number,
  windowMs: number,
): Promise<AttemptCount> {
  const row = await db
    .insertInto('sign_in_attempts')
    .values({ key, attempts: 1, resets_at: now + windowMs })
    .onConflict((conflict) =>
      conflict.column('key').doUpdateSet({
        attempts: sql`case when sign_in_attempts.resets_at <= ${now} then 1 else sign_in_attempts.attempts + 1 end`,
        resets_at: sql`case when sign_in_attempts.resets_at <= ${now} then ${now + windowMs} else sign_in_attempts.resets_at end`,
      }),
    )
    .returning(['attempts', 'resets_at'])
    .executeTakeFirstOrThrow();
  return { attempts: row.attempts, resetsAt: row.resets_at };
}

/** Forgets the attempts under a key. */
export async function clearAttempts(db: Executor, key: string): Promise<void> {
  await db.deleteFrom('sign_in_attempts').where('key', '=', key).execute();
}

/** Takes one attempt back. */
export async function uncountAttempt(db: Executor, key: string): Promise<void> {
  await db
    .updateTable('sign_in_attempts')
    .set({ attempts: sql`attempts - 1` })
    .where('key', '=', key)
    .where('attempts', '>', 0)
    .execute();
}

/** Forgets windows that have ended, so many at most, and tells how many. */
export async function deleteEndedWindows(db: Executor, now: number, most: number): Promise<number> {
  const result = await db
    .deleteFrom('sign_in_attempts')
    .where('key', 'in', (eb) =>
      eb.selectFrom('sign_in_attempts').select('key').where('resets_at', '<=', now).limit(most),
    )
    .executeTakeFirst();
  return Number(result.numDeletedRows);
}
