import { MINUTE, SECOND } from '../domain/duration.ts';
import { PosternError } from '../domain/errors.ts';
import { networkOf } from '../domain/network.ts';
import type { Clock } from '../platform/clock.ts';
import { digestOf } from '../platform/hashing.ts';
import { clearAttempts, countAttempt, uncountAttempt } from '../storage/sign-in-attempts.ts';
import type { Transact } from './transactions.ts';

const WINDOW = 15 * MINUTE;
const PER_ACCOUNT = 10;
const PER_ADDRESS = 50;

/** An attempt that was counted, to be forgiven if it was right. */
export interface Attempt {
  readonly accountKey: string;
  readonly addressKey: string;
}

/** Bounds how often passwords can be tried: per account and per address, an IPv6 network being one, over restarts. */
export interface SignInThrottle {
  /** Counts an attempt before its password is checked, so that parallel ones count too. Throws `TOO_MANY_ATTEMPTS`. */
  admit(email: string, address: string | null): Promise<Attempt>;
  /** Takes back an attempt whose password was right: the account starts anew, the address is one less. */
  forgive(attempt: Attempt): Promise<void>;
}

/** A throttle of ten tries an account and fifty an address in fifteen minutes, kept in the database. */
export function createSignInThrottle(deps: { transact: Transact; clock: Clock }): SignInThrottle {
  const { transact, clock } = deps;
  return {
    async admit(email, address) {
      const now = clock();
      // Digests, because what was typed as an email may have been a password.
      const attempt = {
        accountKey: digestOf(`account:${email}`),
        addressKey: digestOf(`address:${networkOf(address ?? 'unknown')}`),
      };
      const [account, from] = await transact(async (tx) => {
        return [
          await countAttempt(tx, attempt.accountKey, now, WINDOW),
          await countAttempt(tx, attempt.addressKey, now, WINDOW),
        ] as const;
      });
      const ends = [
        account.attempts > PER_ACCOUNT ? account.resetsAt : 0,
        from.attempts > PER_ADDRESS ? from.resetsAt : 0,
      ];
      const blockedUntil = Math.max(...ends);
      if (blockedUntil > 0) {
        throw new PosternError('TOO_MANY_ATTEMPTS', { retryAfter: Math.ceil((blockedUntil - now) / SECOND) });
      }
      return attempt;
    },
    forgive: ({ accountKey, addressKey }) =>
      transact(async (tx) => {
        await clearAttempts(tx, accountKey);
        await uncountAttempt(tx, addressKey);
      }),
  };
}
