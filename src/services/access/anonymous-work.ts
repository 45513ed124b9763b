import pLimit from 'p-limit';

const AT_ONCE = 2;

/** Runs work on the database that anybody can cause, a bounded number at once. */
export type AnonymousWork = <T>(work: () => Promise<T>) => Promise<T>;

/**
 * A bound on that work for one server. However many people without a credential wait, they take two connections at most,
 * so they never keep those from working who have one. Never call it within itself: the inner call would wait for the outer.
 */
export function createAnonymousWork(): AnonymousWork {
  return pLimit(AT_ONCE);
}
