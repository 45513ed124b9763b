import type { Clock } from './clock.ts';

/** By how much the system clock and the stopwatch may differ before one of them counts as set, in milliseconds. */
export const CLOCK_TOLERANCE_MS = 5 * 60_000;

/** What a steady clock is made from. */
export interface ClockSources {
  readonly system: Clock;
  readonly monotonic: Clock;
  /** Is called when the system clock was set by more than five minutes: forward, or back by a negative number. */
  readonly onStep: (milliseconds: number) => void;
}

/** A clock that never goes back. */
export interface SteadyClock {
  readonly now: Clock;
  /** The highest instant to keep for the next start: what `now` returned last, jumps of the system clock left out. */
  readonly mark: Clock;
}

/** The next value of a clock, `elapsed` milliseconds after `last`, while the system clock reads `system`. */
function advance(last: number, elapsed: number, system: number, followsJumps: boolean): number {
  const expected = last + elapsed;
  if (system < expected - CLOCK_TOLERANCE_MS) return expected;
  if (system > expected + CLOCK_TOLERANCE_MS && !followsJumps) return expected;
  return Math.max(last, system);
}

/**
 * A clock that follows the system clock, but never goes below `floor` or below what it has returned. While the system
 * clock is up to five minutes behind, it stands still; while it is further behind, the stopwatch drives it. So what has
 * expired stays expired, and the rest still expires, although the system clock was set back.
 *
 * It follows a jump forward of more than five minutes, as after a suspended machine. Its mark does not: a clock that was
 * wrong for a moment must not stop the next start.
 */
export function createSteadyClock(
  { system, monotonic: stopwatch, onStep }: ClockSources,
  floor: number,
): SteadyClock {
  let seen = system();
  let measured = stopwatch();
  let now = Math.max(floor, seen);
  let mark = now;

  function update(): void {
    const [before, started] = [seen, measured];
    seen = system();
    measured = stopwatch();
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
