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
/** Attempts on one account from one network. */
const PER_PAIR = 10;
/** Attempts from one network, on whichever accounts. */
const PER_NETWORK = 100;
/** Attempts on one account from everywhere, beyond which a network has only one. */
const PER_ACCOUNT = 100;

const NETWORK = 'network';

/** The keys that an attempt counts under. */
export interface Attempt {
  readonly account: string;
  /** Continues the key of the account. */
  readonly pair: string;
  readonly network: string;
}

/**
 * Limits how often passwords can be tried, over restarts and over all servers of the database. What counts is the account
 * together with the network that the attempt comes from, an IPv6 network of 64 bits being one: nobody can lock a person
 * out from elsewhere. An account that does not exist is treated alike.
 */
export interface SignInThrottle {
  /**
   * Counts an attempt before its password is checked, so that parallel ones count too. Throws `TOO_MANY_ATTEMPTS`; an
   * attempt that the throttle has been refusing already is only read, and writes nothing.
   */
  admit(email: string, address: string | null): Promise<Attempt>;
  /** The same for a signed-in person who confirms the password: only that session counts, so no other caller can block it. */
  admitSession(sessionId: string): Promise<Attempt>;
  /** Takes back an attempt whose password was correct: resets the pair and decrements the account and the network. */
  forgive(attempt: Attempt): Promise<void>;
  /** Clears the counts of an account and of all networks. */
  reset(email: string): Promise<void>;
}

/** Returns digests, because a user can type a password into the email field. */
function keysOf(subject: string, source: string): Attempt {
  const account = digestOf(subject);
  const from = digestOf(source);
  return { account, pair: `${account}:${from}`, network: `${NETWORK}:${from}` };
}

const accountOf = (email: string) => `account:${email}`;

/** Until when an attempt has to wait, by the counts with it included; 0 if it need not. */
function blockedUntil({ account, pair, network }: Attempt, counts: AttemptCounts, added: number): number {
  const endOf = (count: AttemptCount | undefined, most: number) =>
    count && count.attempts + added > most ? count.resetsAt : 0;
  const isUnderAttack = endOf(counts.get(account), PER_ACCOUNT) > 0;
  return Math.max(
    endOf(counts.get(pair), isUnderAttack ? 1 : PER_PAIR),
    endOf(counts.get(network), PER_NETWORK),
  );
}

/** A throttle that keeps its counts in the database. */
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
