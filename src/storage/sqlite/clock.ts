import type { Clock } from '../../platform/clock.ts';
import { OperatorError } from '../../platform/operator-error.ts';
import { CLOCK_TOLERANCE_MS, type ClockSources, createSteadyClock } from '../../platform/steady-clock.ts';
import type { DatabaseHandle } from '../database.ts';
import { findClockMark, setClockMark } from './clock-mark.ts';

/** How old the stored mark may be: what a crash can lose of it. */
const RECORD_EVERY_MS = 10_000;

/** The clock of the one server of an SQLite database. */
export interface SqliteClock {
  readonly now: Clock;
  /** Stores the mark a last time. Call it before the database is closed. */
  stop(): Promise<void>;
}

function behind(mark: number, now: number): OperatorError {
  const [seen, told] = [mark, now].map((instant) => new Date(instant).toISOString());
  return new OperatorError(
    `The system clock says ${told}, but this database has seen ${seen}: what expired in between would be valid again. Set the clock right; if it is right, run "postern clock reset".`,
  );
}

/**
 * Starts the clock of a server. It never goes below the highest instant that the database has seen. That mark is stored
 * now, on stopping, and at most every ten seconds while somebody asks for the time. Throws an `OperatorError` if the
 * system clock is more than five minutes behind the mark.
 */
export async function startSqliteClock(
  { db, transact }: Pick<DatabaseHandle, 'db' | 'transact'>,
  sources: ClockSources,
): Promise<SqliteClock> {
  const floor = (await findClockMark(db)) ?? 0;
  const present = sources.system();
  if (present < floor - CLOCK_TOLERANCE_MS) throw behind(floor, present);
  const clock = createSteadyClock(sources, floor);
  let recorded = 0;

  async function record(): Promise<void> {
    recorded = clock.mark();
    await transact((tx) => setClockMark(tx, recorded));
  }

  await record();
  return {
    now: () => {
      const now = clock.now();
      // A failure only leaves an older mark, and the next attempt is due in ten seconds.
      if (clock.mark() - recorded >= RECORD_EVERY_MS) record().catch(() => {});
      return now;
    },
    stop: () => record().catch(() => {}),
  };
}

/** The clock of a command beside the server, or without one: it starts at the mark, and stores none. */
export async function readSqliteClock(
  { db }: Pick<DatabaseHandle, 'db'>,
  sources: ClockSources,
): Promise<Clock> {
  return createSteadyClock(sources, (await findClockMark(db)) ?? 0).now;
}
