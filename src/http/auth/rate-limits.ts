import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible';
import { PosternError } from '../../domain/errors.ts';
import { limitsOf, type TokenPrincipal } from '../../domain/principal.ts';
import { networkOf } from '../../platform/network.ts';

const WINDOW_SECONDS = 60;

/**
 * Counts requests per minute in the memory of this process. A method returns `undefined` if its limit is off; its promise
 * rejects with `RATE_LIMITED` and the seconds to wait.
 */
export interface RateLimits {
  /**
   * Counts a refused credential of an address. It is called after the refusal, so that the limit never affects a valid
   * credential from the same address.
   */
  countRefusal(address: string | null): Promise<void> | undefined;
  /** Counts a request without a credential. */
  countAnonymous(address: string | null): Promise<void> | undefined;
  /** Counts a request of a token or session. */
  countRequest(credentialId: string): Promise<void> | undefined;
  /** Counts a request of a token against its own limit, and against those of the tokens that it derives from. */
  countLimited(principal: TokenPrincipal): Promise<void> | undefined;
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
      throw rateLimited(error.msBeforeNext);
    }
  };
}

function rateLimited(msBeforeNext: number): PosternError {
  return new PosternError('RATE_LIMITED', { retryAfter: Math.max(1, Math.ceil(msBeforeNext / 1000)) });
}

/** Returns a counter for tokens that each have a limit of their own. */
function createTokenCounter(): (principal: TokenPrincipal) => Promise<void> | undefined {
  const limiter = new RateLimiterMemory({ points: Number.MAX_SAFE_INTEGER, duration: WINDOW_SECONDS });
  return (principal) => {
    const limited = limitsOf(principal, 'requestsPerMinute');
    if (limited.length === 0) return undefined;
    return (async () => {
      for (const { tokenId, limit } of limited) {
        const { consumedPoints, msBeforeNext } = await limiter.consume(tokenId);
        if (consumedPoints > limit) throw rateLimited(msBeforeNext);
      }
    })();
  };
}

/** Returns the limits of a process. */
export function createRateLimits(perMinute: RequestsPerMinute): RateLimits {
  const refusals = createCounter(perMinute.refusals);
  const anonymous = createCounter(perMinute.anonymous);
  const requests = createCounter(perMinute.requests);
  const countAt = (count: Count | null, address: string | null) =>
    count && address !== null ? count(networkOf(address)) : undefined;

  return {
    countRefusal: (address) => countAt(refusals, address),
    countAnonymous: (address) => countAt(anonymous, address),
    countRequest: (credentialId) => requests?.(credentialId),
    countLimited: createTokenCounter(),
  };
}
