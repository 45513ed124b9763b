import { availableParallelism } from 'node:os';
import { hash, type Options, verify } from '@node-rs/argon2';
import pLimit from 'p-limit';
import { failure } from '../domain/errors.ts';

/** The cost of a hash: memory in KiB, number of passes, number of lanes. */
type Cost = Required<Pick<Options, 'memoryCost' | 'timeCost' | 'parallelism'>>;

/** The second configuration for Argon2id that OWASP recommends: 19 MiB, two passes, one lane. */
const ARGON2ID: Cost = { memoryCost: 19_456, timeCost: 2, parallelism: 1 };
/** Maximum number of parallel hashes. One core stays free, so that sign-ins do not delay other requests. */
const CONCURRENCY = Math.max(1, Math.min(4, availableParallelism() - 1));
const WAITING_MAX = 200;

/** Hashes and verifies passwords with bounded concurrency. Rejects with `UNAVAILABLE` if too many callers wait. */
export interface PasswordHasher {
  hash(password: string): Promise<string>;
  /** Resolves to whether a password matches a hash. `null`, for no such account, takes the same time and never matches. */
  verify(stored: string | null, password: string): Promise<boolean>;
}

/** The length up to which a password is normalized. No stored password is longer, and normalizing takes long for some texts. */
const NORMALIZED_LENGTH = 512;

/** Returns a password in NFC: keyboards and systems differ in how they compose a letter with its marks. */
function composed(password: string): string {
  return password.length > NORMALIZED_LENGTH ? password : password.normalize('NFC');
}

/** Creates a hasher with a queue of its own. It can verify hashes of any cost. */
export function createPasswordHasher(cost: Cost = ARGON2ID): PasswordHasher {
  const limit = pLimit(CONCURRENCY);
  const run = <T>(work: () => Promise<T>): Promise<T> => {
    if (limit.pendingCount >= WAITING_MAX) throw failure('UNAVAILABLE');
    return limit(work);
  };
  let decoy: Promise<string> | undefined;

  return {
    hash: async (password) => run(() => hash(composed(password), cost)),
    async verify(stored, password) {
      decoy ??= run(() => hash('no account has this password', cost));
      const against = stored ?? (await decoy);
      const matches = await run(() => verify(against, composed(password)));
      return matches && stored !== null;
    },
  };
}
