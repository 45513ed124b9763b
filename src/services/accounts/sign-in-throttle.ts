import { MINUTE, SECOND } from '../../domain/duration.ts';
import { PosternError } from '../../domain/errors.ts';
import type { Clock } from '../../platform/clock.ts';
import { digestOf } from '../../platform/hashing.ts';
import { networkOf } from '../../platform/network.ts';
import type { DatabaseHandle, Executor } from '../../storage/database.ts';
import {
  type AttemptCount,
  type AttemptCounts,
  clearAttempts,
  clearAttemptsUnder,
  countAttempts,
  findAttempts,
  uncountAttempt,
} from '../../storage/repositories/attempt-counters.ts';

const WINDOW = 15 * MINUTE;
/** The maximum number of attempts on one account from one network. */
const PER_PAIR = 10;
/** The maximum number of attempts from one network, on all accounts together. */
const PER_NETWORK = 100;
/** The number of attempts on one account from all networks beyond which each network has only one. */
const PER_ACCOUNT = 100;

const NETWORK = 'network';

/** The keys of the counters of an attempt. */
export interface Attempt {
  readonly account: string;
  /** The account and the network. The key starts with that of the account. */
  readonly pair: string;
  readonly network: string;
}

/**
 * Limits password attempts across restarts and across all servers of the database. It counts attempts by account and
 * network together, so that no one can block a user's sign-in from another network. An IPv6 network is a /64. Accounts
 * that do not exist have the same limits.
 */
export interface SignInThrottle {
  /**
   * Counts an attempt. Call it before the password check, so that concurrent attempts count too. Throws
   * `TOO_MANY_ATTEMPTS`, and writes nothing if the limit was reached before.
   */
  admit(email: string, address: string | null): Promise<Attempt>;
  /**
   * Counts an attempt of a signed-in user to confirm the password, by session only, so that no other caller can block
   * it. Throws `TOO_MANY_ATTEMPTS`.
   */
  admitSession(sessionId: string): Promise<Attempt>;
  /** Uncounts an attempt with the correct password: resets the pair and decrements the account and the network. */
  forgive(attempt: Attempt): Promise<void>;
  /** Resets the counters of an account and of all networks. */
  reset(email: string): Promise<void>;
}

/** Returns the keys as digests, because a user can type a password into the email field by mistake. */
function keysOf(subject: string, source: string): Attempt {
  const account = digestOf(subject);
  const from = digestOf(source);
  return { account, pair: `${account}:${from}`, network: `${NETWORK}:${from}` };
}

const accountOf = (email: string) => `account:${email}`;

/** Returns the instant until which an attempt is blocked if `added` is added to its counts; 0 if it is allowed. */
function blockedUntil({ account, pair, network }: Attempt, counts: AttemptCounts, added: number): number {
  const blockEndOf = (count: AttemptCount | undefined, max: number) =>
    count && count.attempts + added > max ? count.resetsAt : 0;
  const isUnderAttack = blockEndOf(counts.get(account), PER_ACCOUNT) > 0;
  return Math.max(
    blockEndOf(counts.get(pair), isUnderAttack ? 1 : PER_PAIR),
    blockEndOf(counts.get(network), PER_NETWORK),
  );
}

/** Returns a throttle that stores its counters in the database. */
export function createSignInThrottle(deps: {
  db: Executor;
  autocommit: DatabaseHandle['autocommit'];
  clock: Clock;
}): SignInThrottle {
  const { db, autocommit, clock } = deps;

  function requireAllowed(attempt: Attempt, counts: AttemptCounts, added: number, now: number): void {
    const end = blockedUntil(attempt, counts, added);
    if (end === 0) return;
    throw new PosternError('TOO_MANY_ATTEMPTS', { retryAfter: Math.ceil((end - now) / SECOND) });
  }

  async function admit(attempt: Attempt): Promise<Attempt> {
    const now = clock();
    const keys = Object.values(attempt);
    requireAllowed(attempt, await findAttempts(db, keys, now), 1, now);
    const counts = await autocommit((executor) => countAttempts(executor, keys, now, WINDOW));
    requireAllowed(attempt, counts, 0, now);
    return attempt;
  }

  return {
    admit: (email, address) => admit(keysOf(accountOf(email), `address:${networkOf(address ?? 'unknown')}`)),

    admitSession(sessionId) {
      const session = `session:${sessionId}`;
      return admit(keysOf(session, session));
    },

    forgive: ({ account, pair, network }) =>
      autocommit(async (executor) => {
        await clearAttempts(executor, pair);
        await uncountAttempt(executor, account);
        await uncountAttempt(executor, network);
      }),

    reset: (email) =>
      autocommit(async (executor) => {
        await clearAttemptsUnder(executor, keysOf(accountOf(email), '').account);
        await clearAttemptsUnder(executor, NETWORK);
      }),
  };
}
