import { type Kysely, sql } from 'kysely';
import { type Clock, monotonicNow } from '../../platform/clock.ts';
import type { Tables } from '../tables.ts';

const MEASURE_EVERY_MS = 10_000;

/** The clock of a database, kept at hand. */
export interface PostgresClock {
  readonly now: Clock;
  stop(): void;
}

/** Between which values the database's clock is ahead of the stopwatch: it was read between question and answer. */
async function measure(db: Kysely<Tables>): Promise<{ least: number; most: number }> {
  const asked = monotonicNow();
  const { rows } = await sql<{ at: number }>`
    select (extract(epoch from clock_timestamp()) * 1000)::float8 as at`.execute(db);
  const answered = monotonicNow();
  const { at } = rows[0] as { at: number };
  return { least: at - answered, most: at - asked };
}

/**
 * The database's clock, by which all servers decide what has expired, whatever the clocks of their machines say. Asking
 * it at every request would cost a round trip in each; instead it is read now and every ten seconds, and a stopwatch
 * that nobody can set tells the time in between: wrong by one round trip at most. A machine that was suspended is
 * behind until the first reading after it wakes, which is due at once.
 */
export async function createPostgresClock(db: Kysely<Tables>): Promise<PostgresClock> {
  const first = await measure(db);
  let ahead = (first.least + first.most) / 2;

  async function adjust(): Promise<void> {
    const { least, most } = await measure(db);
    ahead = Math.min(Math.max(ahead, least), most);
  }

  // Out of reach, nothing is answered that would need the time; the next reading will do.
  const timer = setInterval(() => void adjust().catch(() => {}), MEASURE_EVERY_MS);
  timer.unref();
  return { now: () => Math.floor(monotonicNow() + ahead), stop: () => clearInterval(timer) };
}
