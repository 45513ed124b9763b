/** Tells the present instant in milliseconds since the epoch. */
export type Clock = () => number;

/** The machine's own clock. */
export const systemClock: Clock = () => Date.now();
