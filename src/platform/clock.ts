/** Tells the present instant in milliseconds since the epoch. */
export type Clock = () => number;

/** The machine's own clock. */
export const systemClock: Clock = () => Date.now();

/** Milliseconds since some instant in the past, with fractions; nothing that sets the machine's clock moves it. */
export const monotonicNow = (): number => performance.now();
