import { type Kysely, sql } from 'kysely';
import { type Clock, monotonicNow } from '../../platform/clock.ts';
import type { Tables } from '../tables.ts';

const MEASURE_EVERY_MS = 10_000;

/** A clock that follows the clock of the database. */
export interface PostgresClock {
  readonly now: Clock;
  stop(): void;
}

/** Returns bounds of the offset from the monotonic clock to the database's clock, which was read between request and response. */
async function measure(db: Kysely<Tables>): Promise<{ least: number; most: number }> {
  const sentAt = monotonicNow();
  const { rows } = await sql<{ at: number }>`
    select (extract(epoch from clock_timestamp()) * 1000)::float8 as at`.execute(db);
  const receivedAt = monotonicNow();
  const { at } = rows[0] as { at: number };
  return { least: at - receivedAt, most: at - sentAt };
}

/**
 * Creates a clock that follows the database's clock, so that all servers agree on what has expired. The database's clock is
 * read now and every ten seconds; in between, the monotonic clock of the process continues it. The error is at most one
 * round trip. After a machine was suspended, the clock is behind until the next reading, which is due immediately.
 */
export async function createPostgresClock(db: Kysely<Tables>): Promise<PostgresClock> {
  const first = await measure(db);
  let offset = (first.least + first.most) / 2;

  async function adjust(): Promise<void> {
    const { least, most } = await measure(db);
    offset = Math.min(Math.max(offset, least), most);
  }

  // If the database cannot be reached, no request that needs the time succeeds. The next reading corrects the clock.
  const timer = setInterval(() => void adjust().catch(() => {}), MEASURE_EVERY_MS);
  timer.unref();
  return { now: () => Math.floor(monotonicNow() + offset), stop: () => clearInterval(timer) };
}
