import pLimit from 'p-limit';

const CONCURRENCY = 2;

/** Runs database work for callers without a credential. Limits how many run concurrently. */
export type AnonymousWork = <T>(work: () => Promise<T>) => Promise<T>;

/**
 * Returns the limiter of one server. Callers without a credential use at most two connections, so they cannot block
 * other callers. Do not nest calls, because the inner call would wait for the outer one.
 */
export function createAnonymousWork(): AnonymousWork {
  return pLimit(CONCURRENCY);
}
