/** Returns the length of a random walk: `full` if `POSTERN_TEST_WALKS` is `full`, as in CI, otherwise `short`. */
export function walkLength(short: number, full: number): number {
  return process.env.POSTERN_TEST_WALKS === 'full' ? full : short;
}
