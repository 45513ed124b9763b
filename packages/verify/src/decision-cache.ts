import { createHash } from 'node:crypto';
import type { Allowed, Decision } from './decision.ts';

const MILLISECONDS = 1000;

/** A decision, and whether it may be reused for the same request. */
export interface CheckResult {
  readonly decision: Decision;
  readonly isReusable: boolean;
}

/** Returns the cached decision of a key, or the one that `check` resolves to. */
export type DecisionCache = (key: string, check: () => Promise<CheckResult>) => Promise<Decision>;

/**
 * Returns a digest of a credential, a query and the address of the client, so that the cache holds no secret. A token can
 * be limited to networks, so the decision on one client does not apply to another.
 */
export function cacheKeyOf(authorization: string, query: string, address: string | null): string {
  return createHash('sha256')
    .update(JSON.stringify([authorization, query, address]))
    .digest('base64');
}

/**
 * Returns a cache that repeats a reusable decision that allows access for `seconds` from when its check was sent. It never
 * caches a denial. A full cache drops its oldest entry.
 */
export function createDecisionCache(seconds: number, capacity: number): DecisionCache {
  const cache = new Map<string, { decision: Allowed; until: number }>();

  function store(key: string, decision: Allowed, until: number): void {
    cache.delete(key);
    if (cache.size >= capacity) cache.delete(cache.keys().next().value as string);
    cache.set(key, { decision, until });
  }

  return async (key, check) => {
    // Monotonic: a change of the system clock neither prolongs nor ends an entry.
    const sentAt = performance.now();
    const cached = cache.get(key);
    if (cached && sentAt < cached.until) return cached.decision;
    cache.delete(key);
    const { decision, isReusable } = await check();
    if (decision.allowed && isReusable) store(key, decision, sentAt + seconds * MILLISECONDS);
    return decision;
  };
}
