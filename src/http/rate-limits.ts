import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible';
import { PosternError } from '../domain/errors.ts';
import { networkOf } from '../domain/network.ts';
import { stopwatch } from '../platform/clock.ts';

const WINDOW_SECONDS = 60;
const SUSPECTS_KEPT = 10_000;

/** Counts in memory what one caller may do in a minute. Every check throws `RATE_LIMITED` with the seconds to wait. */
export interface RateLimits {
  /** Whether nothing has to be checked of a request: no credential from its address was refused lately, and requests are not counted. */
  isFree(address: string | null): boolean;
  /** Whether an address may present another credential; asked before the database is. */
  checkRefusals(address: string | null): Promise<void>;
  /** Notes that a credential from an address was refused. */
  countRefusal(address: string | null): Promise<void>;
  /** Notes a request of a token or session, and whether it may make it. */
  countRequest(credentialId: string): Promise<void>;
}

function limiterOf(points: number): RateLimiterMemory | null {
  return points > 0 ? new RateLimiterMemory({ points, duration: WINDOW_SECONDS }) : null;
}

function limited(millisecondsToWait: number): PosternError {
  return new PosternError('RATE_LIMITED', { retryAfter: Math.max(1, Math.ceil(millisecondsToWait / 1000)) });
}

/** Limits of a process; 0 turns one off. */
export function createRateLimits(perMinute: { refusals: number; requests: number }): RateLimits {
  /** Until when, by the stopwatch, the networks count as suspicious from which a credential was refused. */
  const suspects = new Map<string, number>();
  const refusals = limiterOf(perMinute.refusals);
  const requests = limiterOf(perMinute.requests);

  return {
    isFree(address) {
      if (requests) return false;
      if (!refusals || address === null) return true;
      const until = suspects.get(networkOf(address));
      return until === undefined || stopwatch() > until;
    },

    async checkRefusals(address) {
      if (!refusals || address === null) return;
      const state = await refusals.get(networkOf(address));
      if (state && state.consumedPoints >= refusals.points && state.msBeforeNext > 0) {
        throw limited(state.msBeforeNext);
      }
    },

    async countRefusal(address) {
      if (!refusals || address === null) return;
      const network = networkOf(address);
      if (suspects.size >= SUSPECTS_KEPT) suspects.clear();
      suspects.set(network, stopwatch() + WINDOW_SECONDS * 1000);
      await refusals.penalty(network);
    },

    async countRequest(credentialId) {
      try {
        await requests?.consume(credentialId);
      } catch (error) {
        throw error instanceof RateLimiterRes ? limited(error.msBeforeNext) : error;
      }
    },
  };
}
