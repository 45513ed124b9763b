/** A small generator of numbers below 1 (mulberry32): the same in every run, and in every program of a run. */
function randomNumbers(): () => number {
  let state = 0x9e3779b9;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** The numbers from 0 to below a count, in a random order that is the same for every program. */
export function shuffled(count: number): number[] {
  const random = randomNumbers();
  const numbers = Array.from({ length: count }, (_, n) => n);
  for (let n = count - 1; n > 0; n--) {
    const other = Math.floor(random() * (n + 1));
    [numbers[n], numbers[other]] = [numbers[other] as number, numbers[n] as number];
  }
  return numbers;
}
