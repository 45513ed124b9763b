import { type PasswordSignIn, parsePassword } from '../../domain/accounts/passwords.ts';
import { reauthenticatedUntil } from '../../domain/accounts/reauthentication.ts';
import { badInput, failure } from '../../domain/errors.ts';
import { toGlobalId } from '../../domain/global-id.ts';
import type { Limits } from '../../domain/limits.ts';
import type { Principal } from '../../domain/principal.ts';
import { parseEmail } from '../../domain/text.ts';
import { type Session, sessionEnd } from '../../domain/user.ts';
import type { Clock } from '../../platform/clock.ts';
import type { PasswordHasher } from '../../platform/passwords.ts';
import type { SecretSource } from '../../platform/secrets.ts';
import type { Executor } from '../../storage/database.ts';
import {
  deleteSession,
  endSessions,
  findProviderOfSession,
  listSessions,
  replaceSessionDigest,
  setAuthenticatedAt,
} from '../../storage/repositories/accounts/sessions.ts';
import { deleteResetLink, setPassword, setSignedInAt } from '../../storage/repositories/accounts/users.ts';
import type { AnonymousWork } from '../access/anonymous-work.ts';
import type { Caller } from '../access/caller.ts';
import type { LastUse } from '../access/last-use.ts';
import { endTokensOf } from '../tokens/ends.ts';
import { auditUser } from '../transactions/audit-user.ts';
import { sessionOf, type UnitOfWork, type UnitOfWorkRunner } from '../transactions/unit-of-work.ts';
import { endInvitationsOf } from '../workspaces/grant-ends.ts';
import { type OpenedSession, openSession } from './open-session.ts';
import { ANY_PASSWORD, createPasswordCheck, requireUnchanged } from './password-check.ts';
import type { SignInThrottle } from './sign-in-throttle.ts';

/** The result of a sign-out. */
export interface SignedOut {
  /** Whether the session ended. */
  readonly signedOut: boolean;
  /** The provider at which the person signed in; `null` after a sign-in without one. */
  readonly provider: string | null;
}

/** Manages sessions and passwords of users. */
export interface SessionService {
  /** Returns the sessions of a signed-in user, newest first; an empty list for other callers. */
  list(principal: Principal): Promise<Session[]>;
  /**
   * Opens a session. Throws `BAD_USER_INPUT`, `INVALID_CREDENTIALS` for a wrong email or password, or
   * `TOO_MANY_ATTEMPTS`.
   */
  signIn(caller: Caller, email: string, password: string): Promise<OpenedSession>;
  /** Ends the session of the call; returns `false` for a JSON Web Token, which only its provider can end. */
  signOut(uow: UnitOfWork): Promise<SignedOut>;
  /** Ends a session of the user; returns its id. Throws `NOT_FOUND`. */
  revoke(uow: UnitOfWork, sessionId: string): Promise<string>;
  /** Ends all sessions of the user except the current one; returns the count. */
  revokeOthers(uow: UnitOfWork): Promise<number>;
  /**
   * Confirms who the user of the calling session is, and returns until when that counts in this session. Throws
   * `INVALID_CREDENTIALS` if the password is wrong, or `TOO_MANY_ATTEMPTS`.
   */
  reauthenticate(caller: Caller, password: string): Promise<number>;
  /**
   * Replaces the password, ends the other sessions of the user and gives the current one a new secret. With
   * `revokeTokens`, also revokes the personal tokens and deletes the shares that they gave and the invitations that the
   * user created. Throws `INVALID_CREDENTIALS` if the current password is wrong, `BAD_USER_INPUT` if the new one is
   * invalid, or `TOO_MANY_ATTEMPTS`.
   */
  changePassword(
    caller: Caller,
    current: string,
    next: string,
    revokeTokens: boolean,
  ): Promise<OpenedSession>;
}

/** Returns the session service. */
export function createSessionService(deps: {
  db: Executor;
  changes: UnitOfWorkRunner;
  passwords: PasswordHasher;
  passwordSignIn: PasswordSignIn;
  secrets: SecretSource;
  throttle: SignInThrottle;
  anonymousWork: AnonymousWork;
  limits: Limits;
  clock: Clock;
  lastUse: LastUse;
}): SessionService {
  const { db, changes, passwords, secrets, limits, clock, lastUse } = deps;
  const passwordCheck = createPasswordCheck(deps);

  return {
    async list(principal) {
      if (principal.kind !== 'SESSION') return [];
      await lastUse.flush();
      const sessions = await listSessions(db, principal.userId, clock());
      return sessions.filter((session) => sessionEnd(session, limits.sessionIdleTimeout) > clock());
    },

    async signIn(caller, address, password) {
      const email = parseEmail(address, ['input', 'email']);
      const account = await passwordCheck.signIn(caller, email, password);
      return changes.run(
        caller,
        { kind: 'person' },
        async (uow) => {
          // A change ends every session, so it must prevent this one too.
          const current = await requireUnchanged(uow, account);
          const issued = secrets.issue('SESSION');
          return openSession(uow, current, {
            issued,
            limits,
            from: caller,
            authenticatedAt: uow.now,
            identity: null,
          });
        },
        { locks: [{ on: 'user', id: account.id }] },
      );
    },

    async signOut(uow) {
      const { userId, sessionId, isJwt } = sessionOf(uow);
      if (isJwt) return { signedOut: false, provider: null };
      const provider = await findProviderOfSession(uow.tx, sessionId);
      await deleteSession(uow.tx, userId, sessionId);
      await uow.audit({
        action: 'session.ended',
        userId,
        targetId: toGlobalId('Session', sessionId),
        detail: { by: 'sign-out' },
      });
      return { signedOut: true, provider };
    },

    async revoke(uow, sessionId) {
      const { userId } = sessionOf(uow);
      if (!(await deleteSession(uow.tx, userId, sessionId))) throw failure('NOT_FOUND');
      await uow.audit({ action: 'session.ended', userId, targetId: toGlobalId('Session', sessionId) });
      return sessionId;
    },

    async revokeOthers(uow) {
      const { userId, sessionId } = sessionOf(uow);
      const count = await endSessions(uow.tx, userId, uow.now, sessionId);
      await uow.audit({ action: 'session.ended', userId, detail: { others: count } });
      return count;
    },

    async reauthenticate(caller, password) {
      const signedIn = await passwordCheck.signedInUser(caller);
      const account = await passwordCheck.confirm(caller, signedIn, password);
      return changes.run(caller, { kind: 'session' }, async (uow) => {
        const { userId, sessionId } = sessionOf(uow);
        await requireUnchanged(uow, account);
        await setAuthenticatedAt(uow.tx, sessionId, uow.now);
        await setSignedInAt(uow.tx, userId, uow.now);
        const targetId = toGlobalId('Session', sessionId);
        await uow.audit({ action: 'session.reauthenticated', userId, targetId });
        return reauthenticatedUntil(uow.now);
      });
    },

    async changePassword(caller, current, next, revokeTokens) {
      const signedIn = await passwordCheck.signedInUser(caller);
      const password = parsePassword(next, ['input', 'newPassword'], signedIn.user);
      const account = await passwordCheck.confirm(caller, signedIn, current);
      const passwordHash = await passwords.hash(password);
      return changes.run(
        caller,
        ANY_PASSWORD,
        async (uow) => {
          const { userId, sessionId, mustChangePassword } = sessionOf(uow);
          if (mustChangePassword && next === current)
            throw badInput(['input', 'newPassword'], 'must not be the generated password');
          const user = await requireUnchanged(uow, account);
          await setPassword(uow.tx, userId, { passwordHash });
          await deleteResetLink(uow.tx, userId);
          const sessions = await endSessions(uow.tx, userId, uow.now, sessionId);
          const tokens = revokeTokens && (await endTokensOf(uow, userId));
          const deletedInvitations = revokeTokens ? await endInvitationsOf(uow, userId) : 0;
          await auditUser(uow, 'user.password_changed', userId, {
            endedSessions: sessions,
            revokedTokens: 0,
            deletedShares: 0,
            ...tokens,
            deletedInvitations,
          });
          const { secret, digest } = secrets.issue('SESSION');
          return { user, secret, expiresAt: await replaceSessionDigest(uow.tx, sessionId, digest) };
        },
        { locks: revokeTokens ? [{ on: 'grantsOfUser', userId: signedIn.user.id }] : [] },
      );
    },
  };
}
