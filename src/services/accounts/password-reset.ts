import { allowsPassword, type PasswordSignIn, parsePassword } from '../../domain/accounts/passwords.ts';
import type { AuditEvent } from '../../domain/audit.ts';
import { failure } from '../../domain/errors.ts';
import type { Limits } from '../../domain/limits.ts';
import { kindOfSecret } from '../../domain/secret.ts';
import type { User } from '../../domain/user.ts';
import { digestOf } from '../../platform/hashing.ts';
import type { PasswordHasher } from '../../platform/passwords.ts';
import type { SecretSource } from '../../platform/secrets.ts';
import { endSessions } from '../../storage/repositories/accounts/sessions.ts';
import {
  deleteResetLink,
  findPasswordState,
  type NewPassword,
  type ResetLink,
  setPassword,
} from '../../storage/repositories/accounts/users.ts';
import type { Caller } from '../access/caller.ts';
import { endTokensOf } from '../tokens/ends.ts';
import { auditUser } from '../transactions/audit-user.ts';
import type { UnitOfWork, UnitOfWorkRunner } from '../transactions/unit-of-work.ts';
import { endInvitationsOf } from '../workspaces/grant-ends.ts';
import { claimLink, findActiveUser, type IssuedLink, issueLink } from './links.ts';
import type { SignInThrottle } from './sign-in-throttle.ts';

/** The counts of sessions and tokens that a password reset ended. */
export interface PasswordReset {
  readonly endedSessions: number;
  readonly revokedTokens: number;
}

/**
 * Lets users who have forgotten their password set a new one. A link works once. A new link, a deactivation of the user
 * and any other new password end it.
 */
export interface PasswordResetService {
  /**
   * Creates a link for the operator to send to the user. Throws `NOT_FOUND` if no user has the email, or `CONFLICT` if
   * the user is deactivated or must not use a password.
   */
  createLink(email: string, keepTokens: boolean): Promise<IssuedLink>;
  /**
   * Sets the password of the user of a link and uses up the link, with the effects of a reset by the operator. Returns
   * the user. Throws `NOT_FOUND` if the secret is not that of a link that works, `FORBIDDEN` if the user must not use a password, or
   * `BAD_USER_INPUT`.
   */
  reset(caller: Caller, secret: string, password: string): Promise<User>;
}

/**
 * Replaces the password of a user, ends every session and reset link, and deletes the invitations that the user created.
 * Unless `keepTokens`, also revokes the personal tokens and deletes the shares that they gave.
 */
export async function replacePassword(
  uow: UnitOfWork,
  userId: string,
  password: NewPassword,
  keepTokens: boolean,
  detail: AuditEvent['detail'] = {},
): Promise<PasswordReset> {
  await setPassword(uow.tx, userId, password);
  await deleteResetLink(uow.tx, userId);
  const endedSessions = await endSessions(uow.tx, userId, uow.now);
  const deletedInvitations = await endInvitationsOf(uow, userId);
  const { revokedTokens, deletedShares } = keepTokens
    ? { revokedTokens: 0, deletedShares: 0 }
    : await endTokensOf(uow, userId);
  await auditUser(uow, 'user.password_changed', userId, {
    ...detail,
    endedSessions,
    revokedTokens,
    deletedInvitations,
    deletedShares,
  });
  return { endedSessions, revokedTokens };
}

/** Throws `CONFLICT` if an account must not use a password. */
export function requirePasswordAllowed(
  setting: PasswordSignIn,
  account: { readonly isLocal: boolean },
): void {
  if (allowsPassword(setting, account)) return;
  throw failure(
    'CONFLICT',
    'POSTERN_PASSWORDS does not let this user use a password. For a link to sign in, run: postern user sign-in-link.',
  );
}

/** Returns the service of password resets. */
export function createPasswordResetService(deps: {
  changes: UnitOfWorkRunner;
  passwords: PasswordHasher;
  passwordSignIn: PasswordSignIn;
  secrets: SecretSource;
  throttle: Pick<SignInThrottle, 'reset'>;
  limits: Limits;
}): PasswordResetService {
  const { changes, passwords, passwordSignIn, secrets, throttle, limits } = deps;

  /** Returns the link of a digest with its user. Throws `NOT_FOUND`, or `FORBIDDEN` if the user must not use a password. */
  async function claimAllowed(uow: UnitOfWork, digest: string): Promise<{ link: ResetLink; user: User }> {
    const claimed = await claimLink(uow, digest, 'RESET');
    if (allowsPassword(passwordSignIn, await findPasswordState(uow.tx, claimed.user.id))) return claimed;
    throw failure('FORBIDDEN', 'This account cannot use a password. Ask the operator for a sign-in link.');
  }

  return {
    createLink: (email, keepTokens) =>
      changes.runAsOperator(async (uow) => {
        const user = await findActiveUser(uow.tx, email);
        requirePasswordAllowed(passwordSignIn, user);
        const link = {
          purpose: 'RESET',
          keepsTokens: keepTokens,
          lifetime: limits.resetLinkLifetime,
        } as const;
        return issueLink(uow, user, secrets, link);
      }),

    async reset(caller, secret, password) {
      if (kindOfSecret(secret) !== 'RESET') throw failure('NOT_FOUND');
      const digest = digestOf(secret);
      const asPerson = { kind: 'person' } as const;
      // Claim first, so that only the holder of a link gets input errors or causes a password to be hashed.
      const first = await changes.run(caller, asPerson, (uow) => claimAllowed(uow, digest));
      const passwordHash = await passwords.hash(
        parsePassword(password, ['input', 'newPassword'], first.user),
      );
      const { id } = first.user;
      const user = await changes.run(
        caller,
        asPerson,
        async (uow) => {
          const { link, user } = await claimAllowed(uow, digest);
          await replacePassword(uow, user.id, { passwordHash }, link.keepsTokens, { by: 'reset-link' });
          return user;
        },
        {
          locks: [
            { on: 'user', id },
            { on: 'grantsOfUser', userId: id },
          ],
        },
      );
      await throttle.reset(user.email);
      return user;
    },
  };
}
