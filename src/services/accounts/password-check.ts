import { allowsPassword, type PasswordSignIn } from '../../domain/accounts/passwords.ts';
import { failure } from '../../domain/errors.ts';
import { toGlobalId } from '../../domain/global-id.ts';
import type { User } from '../../domain/user.ts';
import type { PasswordHasher } from '../../platform/passwords.ts';
import type { Executor } from '../../storage/database.ts';
import {
  type Account,
  findAccount,
  findUser,
  findUserByEmail,
} from '../../storage/repositories/accounts/users.ts';
import type { AnonymousWork } from '../access/anonymous-work.ts';
import type { Caller } from '../access/caller.ts';
import { storedSessionOf, type UnitOfWork, type UnitOfWorkRunner } from '../transactions/unit-of-work.ts';
import type { Attempt, SignInThrottle } from './sign-in-throttle.ts';

/** A request of a session, also with a temporary password. */
export const ANY_PASSWORD = { kind: 'session', allowsTemporaryPassword: true } as const;

/** The user of the calling session. */
export interface SignedInUser {
  readonly sessionId: string;
  readonly user: User;
}

/** Checks passwords. Each check is counted before it happens, so that concurrent guesses count too. */
export interface PasswordCheck {
  /**
   * Returns the active account of an email if the password is correct. Throws `INVALID_CREDENTIALS`, the same for a wrong
   * password, an unknown email, a deactivated account and one that must not use a password, or `TOO_MANY_ATTEMPTS`, also for a correct password.
   */
  signIn(caller: Caller, email: string, password: string): Promise<Account>;
  /** Returns the user of the calling session. Throws `UNAUTHENTICATED`, or `FORBIDDEN` for a JSON Web Token. */
  signedInUser(caller: Caller): Promise<SignedInUser>;
  /** Returns the account of a signed-in user, as `signIn`; attempts are counted by session only. */
  confirm(caller: Caller, signedIn: SignedInUser, password: string): Promise<Account>;
}

/**
 * Returns the account, read in the transaction. Throws `INVALID_CREDENTIALS` if it was deactivated or its password was
 * changed since the password was checked. Another address does not matter: a directory can have changed it meanwhile.
 */
export async function requireUnchanged({ tx }: UnitOfWork, checked: Account): Promise<Account> {
  const current = await findAccount(tx, checked.id);
  const isUnchanged = current?.deactivatedAt === null && current.passwordHash === checked.passwordHash;
  if (!isUnchanged) throw failure('INVALID_CREDENTIALS');
  return current;
}

/** Returns the password check of a database. */
export function createPasswordCheck(deps: {
  db: Executor;
  changes: UnitOfWorkRunner;
  passwords: PasswordHasher;
  passwordSignIn: PasswordSignIn;
  throttle: SignInThrottle;
  anonymousWork: AnonymousWork;
}): PasswordCheck {
  const { db, changes, passwords, passwordSignIn, throttle, anonymousWork } = deps;

  async function check(
    caller: Caller,
    find: () => Promise<Account | null>,
    password: string,
    admit: () => Promise<Attempt>,
  ): Promise<Account> {
    const { attempt, account } = await anonymousWork(async () => ({
      attempt: await admit(),
      account: await find(),
    }));
    const isAllowed = account !== null && allowsPassword(passwordSignIn, account);
    const isCorrect = await passwords.verify(isAllowed ? account.passwordHash : null, password);
    if (isCorrect && account && account.deactivatedAt === null) {
      await anonymousWork(() => throttle.forgive(attempt));
      return account;
    }
    await changes.run(caller, { kind: 'anyone' }, (uow) =>
      uow.audit({
        action: 'session.refused',
        userId: account?.id ?? null,
        targetId: account ? toGlobalId('User', account.id) : null,
      }),
    );
    throw failure('INVALID_CREDENTIALS');
  }

  return {
    signIn(caller, email, password) {
      const find = () => findUserByEmail(db, email);
      return check(caller, find, password, () => throttle.admit(email, caller));
    },

    async signedInUser(caller) {
      return changes.run(caller, ANY_PASSWORD, async (uow) => {
        const { sessionId, userId } = storedSessionOf(uow);
        const user = await findUser(uow.tx, userId);
        if (!user) throw failure('UNAUTHENTICATED');
        return { sessionId, user };
      });
    },

    confirm(caller, { sessionId, user }, password) {
      const find = () => findAccount(db, user.id);
      return check(caller, find, password, () => throttle.admitSession(sessionId));
    },
  };
}
