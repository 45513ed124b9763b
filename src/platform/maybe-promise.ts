/** A value, or a promise of it if something has to be awaited first. */
export type MaybePromise<T> = T | Promise<T>;

/**
 * Passes a value on: immediately if it is there, otherwise when its promise resolves. So a function that usually has its
 * answer in memory costs no promise, and one that reads the database needs no twin.
 */
export function andThen<T, R>(value: MaybePromise<T>, next: (value: T) => MaybePromise<R>): MaybePromise<R> {
  return value instanceof Promise ? value.then(next) : next(value);
}
