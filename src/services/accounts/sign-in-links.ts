import { failure } from '../../domain/errors.ts';
import type { Limits } from '../../domain/limits.ts';
import { kindOfSecret } from '../../domain/secret.ts';
import { digestOf } from '../../platform/hashing.ts';
import type { SecretSource } from '../../platform/secrets.ts';
import { deleteResetLink } from '../../storage/repositories/accounts/users.ts';
import type { Caller } from '../access/caller.ts';
import type { UnitOfWorkRunner } from '../transactions/unit-of-work.ts';
import { claimLink, findActiveUser, type IssuedLink, issueLink } from './links.ts';
import { type OpenedSession, openSession } from './open-session.ts';

/**
 * Lets users sign in with a link of the operator, also without a password or a provider. A link works once, for ten minutes. A new
 * link of either kind, a new password and a deactivation of the user end it.
 */
export interface SignInLinkService {
  /**
   * Creates a link for the operator to use or to send. Throws `NOT_FOUND` if no user has the email, or `CONFLICT` if the user
   * is deactivated.
   */
  create(email: string): Promise<IssuedLink>;
  /** Opens a session of the user of a link and uses up the link. Throws `NOT_FOUND` if the secret is not that of a link that works. */
  signIn(caller: Caller, secret: string): Promise<OpenedSession>;
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
        const user = await findActiveUser(uow.tx, email);
        const link = { purpose: 'SIGN_IN', keepsTokens: true, lifetime: limits.signInLinkLifetime } as const;
        return issueLink(uow, user, secrets, link);
      }),

    async signIn(caller, secret) {
      if (kindOfSecret(secret) !== 'RESET') throw failure('NOT_FOUND');
      const digest = digestOf(secret);
      const asPerson = { kind: 'person' } as const;
      const first = await changes.run(caller, asPerson, (uow) => claimLink(uow, digest, 'SIGN_IN'));
      return changes.run(
        caller,
        asPerson,
        async (uow) => {
          const { user } = await claimLink(uow, digest, 'SIGN_IN');
          await deleteResetLink(uow.tx, user.id);
          return openSession(uow, user, {
            issued: secrets.issue('SESSION'),
            limits,
            from: caller,
            authenticatedAt: uow.now,
            identity: null,
            byLink: true,
          });
        },
        { locks: [{ on: 'user', id: first.user.id }] },
      );
    },
  };
}
