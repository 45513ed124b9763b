/** Returns the current time in milliseconds since the epoch. */
export type Clock = () => number;

/** The system clock. */
export const systemClock: Clock = () => Date.now();

/** Returns fractional milliseconds since a fixed instant. Changes of the system clock do not affect it. */
export const monotonicNow = (): number => performance.now();
