import { createHash } from 'node:crypto';
import { monotonicNow } from '../platform/clock.ts';
import type { Allowed, Verdict } from './verdict.ts';

const MILLISECONDS = 1000;

/** Answers from memory where it may, and asks otherwise. */
export type Remember = (key: string, ask: () => Promise<Verdict>) => Promise<Verdict>;

/** A digest of what was asked and with which credential: what is remembered holds no secret. */
export function keyOf(authorization: string, query: string): string {
  return createHash('sha256')
    .update(JSON.stringify([authorization, query]))
    .digest('base64');
}

/**
 * A memory of who was allowed what, each for so many seconds from when it was asked; where it is full, the oldest makes
 * room. What was refused is asked again.
 */
export function createVerdictCache(seconds: number, entries: number): Remember {
  const kept = new Map<string, { verdict: Allowed; until: number }>();

  function keep(key: string, verdict: Allowed, until: number): void {
    kept.delete(key);
    if (kept.size >= entries) kept.delete(kept.keys().next().value as string);
    kept.set(key, { verdict, until });
  }

  return async (key, ask) => {
    const askedAt = monotonicNow();
    const known = kept.get(key);
    if (known && askedAt < known.until) return known.verdict;
    kept.delete(key);
    const verdict = await ask();
    if (verdict.allowed) keep(key, verdict, askedAt + seconds * MILLISECONDS);
    return verdict;
  };
}
