import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible';
import { PosternError } from '../../domain/errors.ts';
import { networkOf } from '../../domain/network.ts';

const WINDOW_SECONDS = 60;

/** Counts requests per minute in the memory of this process. Every method throws `RATE_LIMITED` with the seconds to wait. */
export interface RateLimits {
  /** Whether requests with a valid credential are counted. */
  readonly countsRequests: boolean;
  /**
   * Counts a refused credential of an address. It is called after the refusal, so that the limit never affects a valid
   * credential from the same address.
   */
  countRefusal(address: string | null): Promise<void>;
  /** Counts a request without a credential. */
  countAnonymous(address: string | null): Promise<void>;
  /** Counts a request of a token or session. */
  countRequest(credentialId: string): Promise<void>;
}

/** The limits per minute; 0 turns one off. */
export interface RequestsPerMinute {
  readonly refusals: number;
  readonly anonymous: number;
  readonly requests: number;
}

type Count = (key: string) => Promise<void>;

function createCounter(points: number): Count | null {
  if (points === 0) return null;
  const limiter = new RateLimiterMemory({ points, duration: WINDOW_SECONDS });
  return async (key) => {
    try {
      await limiter.consume(key);
    } catch (error) {
      if (!(error instanceof RateLimiterRes)) throw error;
      throw new PosternError('RATE_LIMITED', {
        retryAfter: Math.max(1, Math.ceil(error.msBeforeNext / 1000)),
      });
    }
  };
}

/** The limits of a process. */
export function createRateLimits(perMinute: RequestsPerMinute): RateLimits {
  const refusals = createCounter(perMinute.refusals);
  const anonymous = createCounter(perMinute.anonymous);
  const requests = createCounter(perMinute.requests);
  const countAt = async (count: Count | null, address: string | null) => {
    if (count && address !== null) await count(networkOf(address));
  };

  return {
    countsRequests: requests !== null,
    countRefusal: (address) => countAt(refusals, address),
    countAnonymous: (address) => countAt(anonymous, address),
    countRequest: async (credentialId) => requests?.(credentialId),
  };
}
