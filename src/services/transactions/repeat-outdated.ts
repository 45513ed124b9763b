import { failure } from '../../domain/errors.ts';

/** Far more often than another change comes between; a call must not go on forever. */
const TRIES_MAX = 10;

/**
 * Repeats a change that reads before its transaction what to lock or what to do. An attempt returns `null`, and has written nothing,
 * if its transaction finds that this has changed. Throws `UNAVAILABLE` if that happens ten times.
 */
export async function repeatOutdated<T>(attempt: () => Promise<T | null>): Promise<T> {
  for (let tries = 0; tries < TRIES_MAX; tries++) {
    const result = await attempt();
    if (result !== null) return result;
  }
  throw failure('UNAVAILABLE');
}
