import pLimit from 'p-limit';

const CONCURRENCY = 2;

/** Runs database work of callers without a credential, a limited number at the same time. */
export type AnonymousWork = <T>(work: () => Promise<T>) => Promise<T>;

/**
 * Returns the limit for one server: callers without a credential take two connections at most, so they cannot block callers
 * with one. Do not nest calls, because the inner call would wait for the outer one.
 */
export function createAnonymousWork(): AnonymousWork {
  return pLimit(CONCURRENCY);
}
