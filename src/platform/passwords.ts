import { availableParallelism } from 'node:os';
import { hash, type Options, verify } from '@node-rs/argon2';
import pLimit from 'p-limit';
import { failure } from '../domain/errors.ts';

/** What a hash costs: KiB of memory, passes over it, and lanes. */
type Cost = Required<Pick<Options, 'memoryCost' | 'timeCost' | 'parallelism'>>;

/** Argon2id by OWASP's second choice: 19 MiB, two passes, one lane. */
const ARGON2ID: Cost = { memoryCost: 19_456, timeCost: 2, parallelism: 1 };
/** One core stays free for everything else: hashing for people who are not signed in must not hold up those who are. */
const AT_ONCE = Math.max(1, Math.min(4, availableParallelism() - 1));
const WAITING_MAX = 200;

/** Hashes and checks passwords, a bounded number at once. Throws `UNAVAILABLE` when too many wait. */
export interface PasswordHasher {
  hash(password: string): Promise<string>;
  /** Whether a password is the one of a hash; `null` (no such account) takes the same time and is never right. */
  verify(stored: string | null, password: string): Promise<boolean>;
}

/** A hasher with its own queue. What it once hashed at another cost it can still verify. */
export function createPasswordHasher(cost: Cost = ARGON2ID): PasswordHasher {
  const limit = pLimit(AT_ONCE);
  const run = <T>(work: () => Promise<T>): Promise<T> => {
    if (limit.pendingCount >= WAITING_MAX) throw failure('UNAVAILABLE');
    return limit(work);
  };
  let decoy: Promise<string> | undefined;

  return {
    hash: async (password) => run(() => hash(password, cost)),
    async verify(stored, password) {
      decoy ??= run(() => hash('no account has this password', cost));
      const against = stored ?? (await decoy);
      const right = await run(() => verify(against, password));
      return right && stored !== null;
    },
  };
}
