import { MINUTE, SECOND } from '../../domain/duration.ts';
import { PosternError } from '../../domain/errors.ts';
import type { Clock } from '../../platform/clock.ts';
import { digestOf } from '../../platform/hashing.ts';
import { networkOf } from '../../platform/network.ts';
import type { DatabaseHandle, Executor } from '../../storage/database.ts';
import { countAttempts, findAttempts, uncountAttempt } from '../../storage/repositories/attempt-counters.ts';

const REQUESTS_WINDOW = 10 * MINUTE;
const REQUESTS_PER_NETWORK = 20;
const REQUESTS_IN_ALL = 1000;
const CODES_WINDOW = 15 * MINUTE;
const CODES_PER_SESSION = 5;

/** A counter, and the number of attempts that it allows in its window. */
interface Counter {
  readonly key: string;
  readonly max: number;
}

/** Limits requests of clients and typed codes, across restarts and across all servers of the database. */
export interface DeviceAttempts {
  /** Counts a request of a client. Throws `RATE_LIMITED` if its network, or all networks together, made too many. */
  countRequest(address: string | null): Promise<void>;
  /**
   * Counts a code that the user of a session typed. Call it before the look-up. Throws `TOO_MANY_ATTEMPTS` after five codes
   * that no client has, also for a right one.
   */
  countCode(sessionId: string): Promise<void>;
  /** Uncounts a right code. */
  forgiveCode(sessionId: string): Promise<void>;
}

const codesOf = (sessionId: string) => `device-code:${digestOf(sessionId)}`;

/** Returns the limits of a database. */
export function createDeviceAttempts(deps: {
  db: Executor;
  autocommit: DatabaseHandle['autocommit'];
  clock: Clock;
}): DeviceAttempts {
  const { db, autocommit, clock } = deps;

  /** Counts an attempt. One that is above a limit writes nothing, except when it meets others at the same time. */
  async function count(
    counters: readonly Counter[],
    window: number,
    code: 'RATE_LIMITED' | 'TOO_MANY_ATTEMPTS',
  ): Promise<void> {
    const now = clock();
    const keys = counters.map(({ key }) => key);
    const refuseAbove = (counts: Awaited<ReturnType<typeof findAttempts>>, added: number) => {
      for (const { key, max } of counters) {
        const found = counts.get(key);
        if (!found || found.attempts + added <= max) continue;
        throw new PosternError(code, { retryAfter: Math.ceil((found.resetsAt - now) / SECOND) });
      }
    };
    refuseAbove(await findAttempts(db, keys, now), 1);
    refuseAbove(await autocommit((executor) => countAttempts(executor, keys, now, window)), 0);
  }

  return {
    countRequest: (address) =>
      count(
        [
          { key: `device:${digestOf(networkOf(address ?? 'unknown'))}`, max: REQUESTS_PER_NETWORK },
          { key: 'device', max: REQUESTS_IN_ALL },
        ],
        REQUESTS_WINDOW,
        'RATE_LIMITED',
      ),
    countCode: (sessionId) =>
      count([{ key: codesOf(sessionId), max: CODES_PER_SESSION }], CODES_WINDOW, 'TOO_MANY_ATTEMPTS'),
    forgiveCode: (sessionId) => autocommit((executor) => uncountAttempt(executor, codesOf(sessionId))),
  };
}
