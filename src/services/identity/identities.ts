import { type Identity, type IdentityProvider, isAdmitted } from '../../domain/accounts/identity-provider.ts';
import { allowsPassword, type PasswordSignIn } from '../../domain/accounts/passwords.ts';
import { failure, forbidden } from '../../domain/errors.ts';
import type { Principal } from '../../domain/principal.ts';
import type { Executor } from '../../storage/database.ts';
import {
  deleteIdentity,
  findIdentity,
  listIdentities,
} from '../../storage/repositories/accounts/identities.ts';
import { hasScimCredential } from '../../storage/repositories/accounts/scim-credentials.ts';
import { deleteSessionsOfIdentity } from '../../storage/repositories/accounts/sessions.ts';
import { findPasswordState } from '../../storage/repositories/accounts/users.ts';
import { auditUser } from '../transactions/audit-user.ts';
import { sessionOf, type UnitOfWork } from '../transactions/unit-of-work.ts';
import { requireProvider, takeOwnSignIn } from './provider-sign-ins.ts';
import { storeIdentity } from './provisioning.ts';

/** Manages the identities of the signed-in user. */
export interface IdentityService {
  /** Returns the identities of a signed-in user, oldest first; an empty list for other callers. */
  list(principal: Principal): Promise<Identity[]>;
  /** Returns whether a signed-in user can sign in with a password; `null` for other callers. */
  hasPassword(principal: Principal): Promise<boolean | null>;
  /**
   * Links the identity of a stored sign-in that the user began for this. Idempotent. Throws `NOT_FOUND`, `CONFLICT` if the
   * identity is linked to another account, or `FORBIDDEN` with `DOMAIN`.
   */
  link(uow: UnitOfWork, digest: string): Promise<Identity>;
  /**
   * Unlinks an identity of the user and ends the other sessions that it opened. Returns its id. Throws `NOT_FOUND`, or
   * `CONFLICT` if the user could not sign in without it or a directory manages the accounts of the provider.
   */
  unlink(uow: UnitOfWork, identityId: string): Promise<string>;
}

/** Returns the service of identities. */
export function createIdentityService(deps: {
  db: Executor;
  providers: readonly IdentityProvider[];
  passwordSignIn: PasswordSignIn;
}): IdentityService {
  const { db, providers, passwordSignIn } = deps;

  /** Returns whether a user can sign in with a password: one that must not be used is no way in. */
  async function hasUsablePassword(executor: Executor, userId: string): Promise<boolean> {
    const state = await findPasswordState(executor, userId);
    return state.hasPassword && allowsPassword(passwordSignIn, state);
  }

  /** Returns whether a user can sign in without an identity: with a password, or at another provider. */
  async function hasOtherWayIn({ tx }: UnitOfWork, identity: Identity): Promise<boolean> {
    const others = await listIdentities(tx, identity.userId);
    const isUsable = ({ id, provider }: Identity) =>
      id !== identity.id && providers.some((each) => each.id === provider);
    return others.some(isUsable) || (await hasUsablePassword(tx, identity.userId));
  }

  return {
    async list(principal) {
      return principal.kind === 'SESSION' ? listIdentities(db, principal.userId) : [];
    },

    async hasPassword(principal) {
      return principal.kind === 'SESSION' ? hasUsablePassword(db, principal.userId) : null;
    },

    async link(uow, digest) {
      const { userId } = sessionOf(uow);
      const signIn = await takeOwnSignIn(uow, digest, 'link');
      if (!isAdmitted(requireProvider(providers, signIn.provider), signIn)) throw forbidden('DOMAIN');
      const linked = await findIdentity(uow.tx, signIn);
      if (linked && linked.userId !== userId) {
        throw failure('CONFLICT', 'This identity is linked to another account.');
      }
      return linked ?? storeIdentity(uow, userId, signIn, { lastUsedAt: null, actorId: userId });
    },

    async unlink(uow, identityId) {
      const { userId, sessionId } = sessionOf(uow);
      const identities = await listIdentities(uow.tx, userId);
      const identity = identities.find(({ id }) => id === identityId);
      if (!identity) throw failure('NOT_FOUND');
      // Otherwise a person who leaves could escape the directory and keep the account.
      const { isLocal } = await findPasswordState(uow.tx, userId);
      if (!isLocal && (await hasScimCredential(uow.tx, identity.provider))) {
        throw failure('CONFLICT', 'A directory manages the accounts that are linked to this provider.');
      }
      if (!(await hasOtherWayIn(uow, identity))) {
        throw failure('CONFLICT', 'This is your only way to sign in.');
      }
      const endedSessions = await deleteSessionsOfIdentity(uow.tx, { identityId, exceptId: sessionId });
      await deleteIdentity(uow.tx, identityId);
      await auditUser(uow, 'user.identity_unlinked', userId, {
        provider: identity.provider,
        subject: identity.subject,
        endedSessions,
      });
      return identityId;
    },
  };
}
