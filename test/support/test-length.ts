/** Whether tests run at full length, as in the nightly run of CI: `POSTERN_TEST_LENGTH` is `full`. */
export const isFullLength = process.env.POSTERN_TEST_LENGTH === 'full';

/** Whether this project repeats tests of other projects, with another engine or another path. `vitest.config.ts` sets it. */
const isRepeated = process.env.POSTERN_TEST_REPEATED === 'on';

/** Returns the length of a random walk, or of another proof that repeats itself. */
export function testLength(short: number, full: number): number {
  return isFullLength ? full : short;
}

/** Returns all cases; in a project that repeats the tests of another one, only each `step`-th, unless at full length. */
export function sampleIfRepeated<T>(cases: readonly T[], step: number): readonly T[] {
  return isRepeated && !isFullLength ? cases.filter((_, index) => index % step === 0) : cases;
}
