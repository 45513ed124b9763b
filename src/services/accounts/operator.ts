import { setTimeout as pause } from 'node:timers/promises';
import { type PasswordSignIn, parsePassword } from '../../domain/accounts/passwords.ts';
import { failure, inputCheck, type PosternError } from '../../domain/errors.ts';
import type { Federation } from '../../domain/federation/federation.ts';
import { parseEmail, parseName } from '../../domain/text.ts';
import type { Token } from '../../domain/token.ts';
import type { User } from '../../domain/user.ts';
import type { PasswordHasher } from '../../platform/passwords.ts';
import type { Executor } from '../../storage/database.ts';
import { isUniqueViolation } from '../../storage/errors.ts';
import {
  findUserByEmail,
  insertUser,
  listUsers,
  setEmail,
  setEmailVerifiedAt,
} from '../../storage/repositories/accounts/users.ts';
import { findFederationsCreatedBy } from '../../storage/repositories/federation/federations.ts';
import { findTokensCreatedBy } from '../../storage/repositories/tokens.ts';
import { listWorkspaceIds } from '../../storage/repositories/workspaces.ts';
import { endFederations } from '../federation/ends.ts';
import { revokeSet } from '../tokens/ends.ts';
import { auditUser } from '../transactions/audit-user.ts';
import { PAUSE_MS } from '../transactions/chunk.ts';
import type { UnitOfWork, UnitOfWorkRunner } from '../transactions/unit-of-work.ts';
import { voidInvitationsTo } from '../workspaces/grant-ends.ts';
import { deactivateUser, reactivateUser } from './deactivation.ts';
import { type PasswordReset, replacePassword, requirePasswordAllowed } from './password-reset.ts';
import type { SignInThrottle } from './sign-in-throttle.ts';

/** The input of a new account, not validated yet. */
export interface NewUser {
  readonly email: string;
  readonly name: string;
  /** `null` for an account without a password. */
  readonly password: string | null;
  /** Whether the password was generated. The user then has to choose another one before doing anything else. */
  readonly isGenerated?: boolean;
  /** Whether the account is made for signing in with a password; no directory reaches it. */
  readonly isLocal?: boolean;
}

/** The result of a deactivation. */
export interface Deactivation {
  /** Whether the account was active before. */
  readonly isNew: boolean;
  /** The workspace tokens that the user created, except those that were revoked before. */
  readonly created: readonly Token[];
  /** The federations that the user created. */
  readonly federations: readonly Federation[];
}

/**
 * Manages accounts for the operator, who uses the command line while servers can run. Each change is a short
 * transaction and applies to the next request of a server. Methods identify users by email and throw `NOT_FOUND` on an
 * unknown one.
 */
export interface OperatorService {
  /** Returns all users, ordered by email. */
  listUsers(): Promise<readonly User[]>;
  /** Returns the user with an email. */
  findUser(email: string): Promise<User>;
  /** Creates an account with a verified email. Throws `BAD_USER_INPUT`, or `CONFLICT` if the email has an account. */
  createUser(user: NewUser): Promise<User>;
  /**
   * Deactivates a user: ends the sessions, suspends the personal tokens, and deletes the shares and open invitations
   * that the user gave. The workspace tokens and federations that the user created stay unless `revokeCreated`. Idempotent.
   */
  deactivateUser(email: string, revokeCreated?: boolean): Promise<Deactivation>;
  /**
   * Reactivates a user. Within 30 days, the personal tokens work again; later they are revoked. Restores no shares or
   * invitations. Returns whether that changed anything.
   */
  reactivateUser(email: string): Promise<boolean>;
  /** Marks the email of a user as verified. Returns whether that changed anything. */
  verifyEmail(email: string): Promise<boolean>;
  /**
   * Deactivates the user with an unverified email and releases the email for another account, which inherits nothing.
   * Before that, it voids open invitations to the email, at most `CHUNK` in a transaction. Returns the new address of the
   * user. Throws `CONFLICT` if the email is verified.
   */
  releaseEmail(email: string): Promise<string>;
  /**
   * Replaces a password, ends every session and deletes the invitations that the user created. Unless `keepTokens`,
   * also revokes the personal tokens and deletes the shares that they gave. Resets the sign-in throttle, so that the
   * new password works immediately. If it `isGenerated`, the user has to choose another one first. Throws
   * `BAD_USER_INPUT`, or `CONFLICT` if the user must not use a password.
   */
  resetPassword(
    email: string,
    password: string,
    keepTokens: boolean,
    isGenerated?: boolean,
  ): Promise<PasswordReset>;
  /** Revokes the personal tokens of a user; returns the count. */
  revokeTokensOf(email: string): Promise<number>;
  /** Revokes every token of every user and workspace, one owner at a time; returns the count. */
  revokeAllTokens(): Promise<number>;
}

async function loadUser(db: Executor, email: string): Promise<User> {
  const user = await findUserByEmail(db, parseEmail(email, ['email']));
  if (!user) throw failure('NOT_FOUND', 'No user has this email.');
  return user;
}

function parseUser(user: NewUser): NewUser {
  const check = inputCheck();
  const email = check.try(() => parseEmail(user.email, ['email']));
  const name = check.try(() => parseName(user.name, ['name']));
  const { password } = user;
  if (password !== null) check.try(() => parsePassword(password, ['password'], user));
  check.finish();
  return { ...user, email, name } as NewUser;
}

/** Returns the error for a new account whose email belongs to `user`, with what the operator can do. */
function emailTaken({ emailVerifiedAt, email }: User): PosternError {
  const message =
    emailVerifiedAt === null
      ? `An invitation created an account with this email, which no one has verified. If the account belongs to another person, run: postern user release ${email}; otherwise, run: postern user verify ${email}.`
      : 'A user has this email already.';
  return failure('CONFLICT', message);
}

/** Returns the operator service. */
export function createOperatorService(deps: {
  db: Executor;
  changes: UnitOfWorkRunner;
  passwords: PasswordHasher;
  passwordSignIn: PasswordSignIn;
  throttle: Pick<SignInThrottle, 'reset'>;
}): OperatorService {
  const { db, changes, passwords, passwordSignIn, throttle } = deps;

  /** Runs work on the user with an email, in one transaction. Throws `NOT_FOUND`. */
  function changeUser<T>(email: string, work: (uow: UnitOfWork, user: User) => Promise<T>): Promise<T> {
    return changes.runAsOperator(async (uow) => work(uow, await loadUser(uow.tx, email)));
  }

  /**
   * Releases the email of a user if the open invitations to it are void by then; otherwise voids some of them and returns `null`.
   * They come before the release, so that none is left if the command is interrupted.
   */
  async function release(uow: UnitOfWork, user: User): Promise<{ address: string; released: string } | null> {
    if (user.emailVerifiedAt !== null) {
      throw failure('CONFLICT', 'This email is verified: deactivate the user instead.');
    }
    if (await voidInvitationsTo(uow, user.email, 'ADDRESS_RELEASED')) return null;
    await deactivateUser(uow, user, 'OPERATOR');
    // A random name in a domain that can never exist (RFC 2606), so no one can own it.
    const address = `released-${uow.newId()}@released.invalid`;
    await setEmail(uow.tx, user.id, address);
    await auditUser(uow, 'user.email_released', user.id, { email: user.email });
    return { address, released: user.email };
  }

  async function insertHashed(
    uow: UnitOfWork,
    { email, name, isGenerated = false, isLocal = false }: NewUser,
    passwordHash: string | null,
  ): Promise<User> {
    const stamps = { emailVerifiedAt: uow.now, createdAt: uow.now };
    const user = { id: uow.newId(), email, name, ...stamps };
    await insertUser(uow.tx, { ...user, passwordHash, isTemporary: isGenerated, isLocal });
    await auditUser(uow, 'user.created', user.id, isLocal ? { local: true } : {});
    return { ...user, deactivatedAt: null };
  }

  return {
    listUsers: () => listUsers(db),
    findUser: (email) => loadUser(db, email),

    async createUser(input) {
      const user = parseUser(input);
      const passwordHash = user.password === null ? null : await passwords.hash(user.password);
      try {
        return await changes.runAsOperator((uow) => insertHashed(uow, user, passwordHash));
      } catch (error) {
        throw isUniqueViolation(error) ? emailTaken(await loadUser(db, user.email)) : error;
      }
    },

    deactivateUser: (email, revokeCreated = false) =>
      changeUser(email, async (uow, user) => {
        const isNew = await deactivateUser(uow, user, 'OPERATOR');
        const created = await findTokensCreatedBy(uow.tx, user.id, null);
        const federations = await findFederationsCreatedBy(uow.tx, user.id, null);
        const workspaceIds = revokeCreated
          ? new Set(created.map(({ workspaceId }) => workspaceId as string))
          : [];
        for (const workspaceId of workspaceIds) {
          await revokeSet(uow, { holder: { on: 'workspace', id: workspaceId }, createdBy: user.id });
        }
        if (revokeCreated) await endFederations(uow, federations);
        return { isNew, created, federations };
      }),

    reactivateUser: (email) => changeUser(email, reactivateUser),

    verifyEmail: (email) =>
      changeUser(email, async (uow, user) => {
        if (user.emailVerifiedAt !== null) return false;
        await setEmailVerifiedAt(uow.tx, user.id, uow.now);
        await auditUser(uow, 'user.email_verified', user.id, { email: user.email });
        return true;
      }),

    async releaseEmail(email) {
      for (; ; await pause(PAUSE_MS)) {
        const done = await changeUser(email, release);
        if (!done) continue;
        await throttle.reset(done.released);
        return done.address;
      }
    },

    async resetPassword(email, password, keepTokens, isGenerated = false) {
      const address = parseEmail(email, ['email']);
      const account = await findUserByEmail(db, address);
      if (account) requirePasswordAllowed(passwordSignIn, account);
      const name = account?.name ?? '';
      const passwordHash = await passwords.hash(
        parsePassword(password, ['password'], { email: address, name }),
      );
      const { user, ...counts } = await changeUser(email, async (uow, user) => {
        return {
          user,
          ...(await replacePassword(uow, user.id, { passwordHash, isTemporary: isGenerated }, keepTokens)),
        };
      });
      await throttle.reset(user.email);
      return counts;
    },

    revokeTokensOf: (email) =>
      changeUser(email, (uow, { id }) => revokeSet(uow, { holder: { on: 'user', id } })),

    async revokeAllTokens() {
      const users = (await listUsers(db)).map(({ id }) => ({ on: 'user', id }) as const);
      const workspaces = (await listWorkspaceIds(db)).map((id) => ({ on: 'workspace', id }) as const);
      let revoked = 0;
      for (const holder of [...users, ...workspaces]) {
        revoked += await changes.runAsOperator((uow) => revokeSet(uow, { holder }));
      }
      return revoked;
    },
  };
}
