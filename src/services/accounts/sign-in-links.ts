import { failure } from '../../domain/errors.ts';
import { toGlobalId } from '../../domain/global-id.ts';
import type { Limits } from '../../domain/limits.ts';
import { kindOfSecret } from '../../domain/secret.ts';
import { parseEmail } from '../../domain/text.ts';
import type { User } from '../../domain/user.ts';
import { digestOf } from '../../platform/hashing.ts';
import type { SecretSource } from '../../platform/secrets.ts';
import {
  deleteResetLink,
  findResetLink,
  findUser,
  findUserByEmail,
  replaceResetLink,
} from '../../storage/repositories/accounts/users.ts';
import type { Caller } from '../access/caller.ts';
import type { UnitOfWork, UnitOfWorkRunner } from '../transactions/unit-of-work.ts';
import { type OpenedSession, openSession } from './open-session.ts';
import type { IssuedResetLink } from './password-reset.ts';

/**
 * Lets users sign in with a link of the operator, also without a password or a provider. A link works once, for ten minutes. A new
 * link of either kind, a new password and a deactivation of the user end it.
 */
export interface SignInLinkService {
  /**
   * Creates a link for the operator to use or to send. Throws `NOT_FOUND` if no user has the email, or `CONFLICT` if the user
   * is deactivated.
   */
  create(email: string): Promise<IssuedResetLink>;
  /** Opens a session of the user of a link and uses up the link. Throws `NOT_FOUND` if the secret is not that of a link that works. */
  signIn(caller: Caller, secret: string): Promise<OpenedSession>;
}

/** Returns the user of a link. Throws `NOT_FOUND` if it does not work. */
async function claim({ tx, now }: UnitOfWork, digest: string): Promise<User> {
  const link = await findResetLink(tx, digest, 'SIGN_IN', now);
  const user = link && (await findUser(tx, link.userId));
  if (!user || user.deactivatedAt !== null) throw failure('NOT_FOUND');
  return user;
}

/** Returns the service of sign-in links. */
export function createSignInLinkService(deps: {
  changes: UnitOfWorkRunner;
  secrets: SecretSource;
  limits: Limits;
}): SignInLinkService {
  const { changes, secrets, limits } = deps;
  return {
    create: (email) =>
      changes.runAsOperator(async (uow) => {
        const user = await findUserByEmail(uow.tx, parseEmail(email, ['email']));
        if (!user) throw failure('NOT_FOUND', 'No user has this email.');
        if (user.deactivatedAt !== null) throw failure('CONFLICT', 'The user is deactivated.');
        const { secret, digest } = secrets.issue('RESET');
        const expiresAt = uow.now + limits.signInLinkLifetime;
        const link = { userId: user.id, purpose: 'SIGN_IN', keepsTokens: true } as const;
        await replaceResetLink(uow.tx, { ...link, digest, createdAt: uow.now, expiresAt });
        await uow.audit({
          action: 'user.sign_in_link_created',
          userId: user.id,
          targetId: toGlobalId('User', user.id),
          detail: { expiresAt: new Date(expiresAt).toISOString() },
        });
        return { user, secret, expiresAt };
      }),

    async signIn(caller, secret) {
      if (kindOfSecret(secret) !== 'RESET') throw failure('NOT_FOUND');
      const digest = digestOf(secret);
      const asPerson = { kind: 'person' } as const;
      const { id } = await changes.run(caller, asPerson, (uow) => claim(uow, digest));
      return changes.run(
        caller,
        asPerson,
        async (uow) => {
          const user = await claim(uow, digest);
          await deleteResetLink(uow.tx, user.id);
          return openSession(uow, user, {
            issued: secrets.issue('SESSION'),
            lifetime: limits.sessionLifetime,
            from: caller,
            authenticatedAt: uow.now,
            identity: null,
            byLink: true,
          });
        },
        { locks: [{ on: 'user', id }] },
      );
    },
  };
}
