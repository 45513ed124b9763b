const LENGTHS = ['short', 'ci', 'full'] as const;
type Length = (typeof LENGTHS)[number];

function readLength(): Length {
  const given = process.env.POSTERN_TEST_LENGTH || 'short';
  const length = LENGTHS.find((each) => each === given);
  if (!length) throw new Error(`POSTERN_TEST_LENGTH must be one of: ${LENGTHS.join(', ')}.`);
  return length;
}

/** How long tests are, by `POSTERN_TEST_LENGTH`: `short` by default, `ci` for each change in CI, `full` in its nightly run. */
const length = readLength();

export const isShort = length === 'short';
export const isFullLength = length === 'full';

/** Whether this project repeats tests of other projects, with another engine or another path. `vitest.config.ts` sets it. */
const isRepeated = process.env.POSTERN_TEST_REPEATED === 'on';

/** Returns the length of a random walk, or of another proof that repeats itself. In CI it is `short` if `ci` is absent. */
export function testLength({
  short,
  ci = short,
  full,
}: {
  short: number;
  ci?: number;
  full: number;
}): number {
  return { short, ci, full }[length];
}

function each<T>(cases: readonly T[], step: number, first = 0): readonly T[] {
  return cases.filter((_, index) => index % step === first % step);
}

/** Returns all cases; at short length, only each `step`-th from the one with the index `first`, modulo `step`. */
export function sample<T>(cases: readonly T[], step: number, first = 0): readonly T[] {
  return isShort ? each(cases, step, first) : cases;
}

/**
 * Returns all cases; in a project that repeats the tests of another one, only each `short`-th at short length, and each `ci`-th
 * in CI, by default as many.
 */
export function sampleIfRepeated<T>(
  cases: readonly T[],
  { short, ci = short }: { short: number; ci?: number },
): readonly T[] {
  return isRepeated ? each(cases, { short, ci, full: 1 }[length]) : cases;
}
