import type { Clock } from './clock.ts';

/** The deviation from the monotonic clock, in milliseconds, above which the system clock counts as changed. */
export const CLOCK_TOLERANCE_MS = 5 * 60_000;

/** The sources of a steady clock. */
export interface ClockSources {
  readonly system: Clock;
  readonly monotonic: Clock;
  /** Called if the system clock was changed by more than five minutes; negative if it was set back. */
  readonly onStep: (milliseconds: number) => void;
}

/** A clock that never goes back. */
export interface SteadyClock {
  readonly now: Clock;
  /** Returns the instant to store for the next start: the latest result of `now`, without jumps of the system clock. */
  readonly mark: Clock;
}

/** Returns the next value of a clock, `elapsed` milliseconds after `last`, for a system clock that shows `system`. */
function advance(last: number, elapsed: number, system: number, followsJumps: boolean): number {
  const expected = last + elapsed;
  if (system < expected - CLOCK_TOLERANCE_MS) return expected;
  if (system > expected + CLOCK_TOLERANCE_MS && !followsJumps) return expected;
  return Math.max(last, system);
}

/**
 * Creates a clock that follows the system clock but never goes below `floor` or its previous value. If the system clock is up
 * to five minutes behind, the clock pauses. If it is further behind, the clock follows the monotonic clock. Expired tokens stay
 * expired, and other tokens still expire, even if the system clock is set back.
 *
 * The clock follows a jump forward of more than five minutes, such as after a suspended machine. Its mark does not, because a
 * system clock that was wrong for a moment must not prevent the next start.
 */
export function createSteadyClock({ system, monotonic, onStep }: ClockSources, floor: number): SteadyClock {
  let seen = system();
  let measured = monotonic();
  let now = Math.max(floor, seen);
  let mark = now;

  function update(): void {
    const [before, started] = [seen, measured];
    seen = system();
    measured = monotonic();
    const elapsed = measured - started;
    const step = seen - before - elapsed;
    if (Math.abs(step) > CLOCK_TOLERANCE_MS) onStep(Math.round(step));
    now = advance(now, elapsed, seen, true);
    mark = advance(mark, elapsed, seen, false);
  }

  return {
    now: () => {
      update();
      return Math.floor(now);
    },
    mark: () => Math.floor(mark),
  };
}
