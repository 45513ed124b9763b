import { MINUTE, SECOND } from '../../domain/duration.ts';
import { PosternError } from '../../domain/errors.ts';
import { toGlobalId } from '../../domain/global-id.ts';
import type { Clock } from '../../platform/clock.ts';
import { digestOf } from '../../platform/hashing.ts';
import type { IdSource } from '../../platform/ids.ts';
import { networkOf } from '../../platform/network.ts';
import type { DatabaseHandle, Executor } from '../../storage/database.ts';
import { findUserByEmail } from '../../storage/repositories/accounts/users.ts';
import {
  type AttemptCount,
  type AttemptCounts,
  clearAttempts,
  clearAttemptsUnder,
  countAttempts,
  findAttempts,
  uncountAttempt,
} from '../../storage/repositories/attempt-counters.ts';
import { insertAuditEvent } from '../../storage/repositories/audit-events.ts';
import type { Caller } from '../access/caller.ts';

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
   * `TOO_MANY_ATTEMPTS`. The first attempt above a limit writes an audit event; the following ones write nothing.
   */
  admit(email: string, from: Pick<Caller, 'address' | 'userAgent'>): Promise<Attempt>;
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

/** A block of attempts, which ends at an instant. */
interface Block {
  readonly endsAt: number;
  /** The counters that are exactly at their limit: no attempt was blocked by them before. */
  readonly first: readonly string[];
}

/** Returns what blocks an attempt if `added` is added to its counts; `null` if it is allowed. */
function findBlock(attempt: Attempt, counts: AttemptCounts, added: number): Block | null {
  const isAbove = (count: AttemptCount | undefined, max: number) => (count?.attempts ?? 0) + added > max;
  const isUnderAttack = isAbove(counts.get(attempt.account), PER_ACCOUNT);
  const limits = [
    { key: attempt.pair, max: isUnderAttack ? 1 : PER_PAIR },
    { key: attempt.network, max: PER_NETWORK },
  ];
  const reached = limits.flatMap(({ key, max }) => {
    const count = counts.get(key);
    return count && isAbove(count, max) ? [{ key, max, ...count }] : [];
  });
  if (reached.length === 0) return null;
  return {
    endsAt: Math.max(...reached.map(({ resetsAt }) => resetsAt)),
    first: reached.filter(({ attempts, max }) => attempts === max).map(({ key }) => key),
  };
}

function tooManyAttempts({ endsAt }: Block, now: number): PosternError {
  return new PosternError('TOO_MANY_ATTEMPTS', { retryAfter: Math.ceil((endsAt - now) / SECOND) });
}

/** Returns a throttle that stores its counters in the database. */
export function createSignInThrottle(deps: {
  db: Executor;
  autocommit: DatabaseHandle['autocommit'];
  clock: Clock;
  ids: IdSource;
}): SignInThrottle {
  const { db, autocommit, clock, ids } = deps;

  /** Counts an attempt. Calls `onFirst` if it is the first one above a limit. */
  async function admit(
    attempt: Attempt,
    onFirst?: (db: Executor, now: number) => Promise<void>,
  ): Promise<Attempt> {
    const now = clock();
    const keys = Object.values(attempt);
    const block = findBlock(attempt, await findAttempts(db, keys, now), 1);
    if (block) {
      if (onFirst && block.first.length > 0) {
        await autocommit((executor) => countAttempts(executor, block.first, now, WINDOW));
        await autocommit((executor) => onFirst(executor, now));
      }
      throw tooManyAttempts(block, now);
    }
    const counts = await autocommit((executor) => countAttempts(executor, keys, now, WINDOW));
    const late = findBlock(attempt, counts, 0);
    if (late) throw tooManyAttempts(late, now);
    return attempt;
  }

  /** Writes an audit event into the account log of the user with an email, or into no log if there is none. */
  async function auditThrottled(
    executor: Executor,
    now: number,
    email: string,
    { address, userAgent }: Pick<Caller, 'address' | 'userAgent'>,
  ): Promise<void> {
    const user = await findUserByEmail(executor, email);
    await insertAuditEvent(executor, {
      id: ids(),
      at: now,
      action: 'session.throttled',
      userId: user?.id ?? null,
      workspaceId: null,
      actorKind: null,
      actorId: null,
      actorTokenId: null,
      targetId: user ? toGlobalId('User', user.id) : null,
      ip: address,
      userAgent,
      detail: {},
    });
  }

  return {
    admit: (email, from) =>
      admit(keysOf(accountOf(email), `address:${networkOf(from.address ?? 'unknown')}`), (executor, now) =>
        auditThrottled(executor, now, email, from),
      ),

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
