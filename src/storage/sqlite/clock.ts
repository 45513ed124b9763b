import type { Clock } from '../../platform/clock.ts';
import { OperatorError } from '../../platform/operator-error.ts';
import { CLOCK_TOLERANCE_MS, type ClockSources, createSteadyClock } from '../../platform/steady-clock.ts';
import type { DatabaseHandle } from '../database.ts';
import { findClockMark, setClockMark } from './clock-mark.ts';

/** The maximum age of the stored mark, which is what a crash can lose. */
const RECORD_EVERY_MS = 10_000;

/** The clock of the server of an SQLite database. */
export interface SqliteClock {
  readonly now: Clock;
  /** Stores the mark. Call it before closing the database. */
  stop(): Promise<void>;
}

function clockBehind(mark: number, now: number): OperatorError {
  const [seen, current] = [mark, now].map((instant) => new Date(instant).toISOString());
  return new OperatorError(
    `The system clock says ${current}, but this database has already seen ${seen}. What expired in between would be valid again. Correct the clock; if it is correct, run "postern clock reset".`,
  );
}

/**
 * Starts the clock of a server. It never returns less than the highest instant that the database has seen, the mark. The
 * mark is stored now, on stop, and on a call if it is older than ten seconds. Throws an `OperatorError` if the system clock
 * is more than five minutes behind the mark.
 */
export async function startSqliteClock(
  { db, transact }: Pick<DatabaseHandle, 'db' | 'transact'>,
  sources: ClockSources,
): Promise<SqliteClock> {
  const floor = (await findClockMark(db)) ?? 0;
  const present = sources.system();
  if (present < floor - CLOCK_TOLERANCE_MS) throw clockBehind(floor, present);
  const clock = createSteadyClock(sources, floor);
  let recorded = 0;

  async function record(): Promise<void> {
    recorded = clock.mark();
    await transact([], (tx) => setClockMark(tx, recorded), { keepsVersion: true });
  }

  await record();
  return {
    now: () => {
      const now = clock.now();
      // A failure leaves an older mark, and the next call tries again.
      if (clock.mark() - recorded >= RECORD_EVERY_MS) record().catch(() => {});
      return now;
    },
    stop: () => record().catch(() => {}),
  };
}

/** Returns the clock of a command, with or without a running server. It starts at the mark and does not store one. */
export async function readSqliteClock(
  { db }: Pick<DatabaseHandle, 'db'>,
  sources: ClockSources,
): Promise<Clock> {
  return createSteadyClock(sources, (await findClockMark(db)) ?? 0).now;
}
