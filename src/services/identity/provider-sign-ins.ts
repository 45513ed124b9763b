import {
  type IdentityProvider,
  type Intent,
  isAdmitted,
  type ProviderSignIn,
} from '../../domain/accounts/identity-provider.ts';
import { reauthenticatedUntil } from '../../domain/accounts/reauthentication.ts';
import { MINUTE } from '../../domain/duration.ts';
import { failure, forbidden, type Reason } from '../../domain/errors.ts';
import { toGlobalId } from '../../domain/global-id.ts';
import type { Limits } from '../../domain/limits.ts';
import type { User } from '../../domain/user.ts';
import type { Clock } from '../../platform/clock.ts';
import type { SecretSource } from '../../platform/secrets.ts';
import type { Executor } from '../../storage/database.ts';
import { findIdentity, setIdentityUsed } from '../../storage/repositories/accounts/identities.ts';
import {
  deleteProviderSignIn,
  findProviderSignIn,
  insertProviderSignIn,
} from '../../storage/repositories/accounts/provider-sign-ins.ts';
import { setAuthenticatedAt } from '../../storage/repositories/accounts/sessions.ts';
import { setSignedInAt } from '../../storage/repositories/accounts/users.ts';
import type { AnonymousWork } from '../access/anonymous-work.ts';
import type { Caller } from '../access/caller.ts';
import { type OpenedSession, openSession } from '../accounts/open-session.ts';
import { type Lock, locksToLink } from '../transactions/locks.ts';
import { repeatOutdated } from '../transactions/repeat-outdated.ts';
import type { Transact } from '../transactions/transact.ts';
import {
  sessionOf,
  storedSessionOf,
  type UnitOfWork,
  type UnitOfWorkRunner,
} from '../transactions/unit-of-work.ts';
import type { GroupService } from './groups.ts';
import { admit } from './provisioning.ts';

/** How long the console has to finish a sign-in at a provider. */
export const SIGN_IN_LIFETIME = 10 * MINUTE;

/** A session that was opened by a sign-in at a provider. */
export interface CompletedSignIn extends OpenedSession {
  /** The local path that the person wanted to see. */
  readonly returnTo: string;
}

/** Finishes sign-ins at providers. They are stored by the digest of their state and of a secret of the browser. */
export interface ProviderSignInService {
  /** Stores what a provider said about a person, for ten minutes. */
  store(digest: string, signIn: ProviderSignIn): Promise<void>;
  /**
   * Opens a session of the person, and creates the account if the provider's settings allow it. Uses the sign-in up, also if
   * it is refused. Throws `NOT_FOUND`, or `FORBIDDEN` with `ACCOUNT_EXISTS`, `NOT_INVITED`, `DOMAIN` or `DEACTIVATED`.
   */
  complete(caller: Caller, digest: string): Promise<CompletedSignIn>;
  /** Returns the locks of a change that links the person of a stored sign-in to an account; none if it is not stored. */
  locksToLink(digest: string): Promise<readonly Lock[]>;
  /**
   * Confirms who the user of the calling session is by a recent sign-in with an identity of theirs; returns until when that
   * counts in this session. Uses the sign-in up unless it throws. Throws `NOT_FOUND`, also if the identity is not linked to the user, or
   * `FORBIDDEN` with `DOMAIN`, or with `REAUTHENTICATION_REQUIRED` if the provider states no recent sign-in.
   */
  reauthenticate(uow: UnitOfWork, digest: string): Promise<number>;
}

/** Returns a stored sign-in with an intent and uses it up. Throws `NOT_FOUND`. */
export async function takeSignIn(
  { tx, now }: UnitOfWork,
  digest: string,
  intent: Intent,
): Promise<ProviderSignIn> {
  const signIn = await findProviderSignIn(tx, digest, now);
  if (signIn?.intent !== intent || !(await deleteProviderSignIn(tx, digest))) throw failure('NOT_FOUND');
  return signIn;
}

/** Returns a stored sign-in that the user of the calling session began, and uses it up. Throws `NOT_FOUND`. */
export async function takeOwnSignIn(
  uow: UnitOfWork,
  digest: string,
  intent: Exclude<Intent, 'sign-in'>,
): Promise<ProviderSignIn> {
  const signIn = await takeSignIn(uow, digest, intent);
  if (signIn.userId !== sessionOf(uow).userId) throw failure('NOT_FOUND');
  return signIn;
}

/** Returns a configured provider. Throws `NOT_FOUND` if the configuration no longer has it. */
export function requireProvider(providers: readonly IdentityProvider[], id: string): IdentityProvider {
  const provider = providers.find((each) => each.id === id);
  if (!provider) throw failure('NOT_FOUND');
  return provider;
}

async function auditRefusal(
  uow: UnitOfWork,
  { provider, subject }: ProviderSignIn,
  user: User | null,
  reason: Reason,
): Promise<void> {
  await uow.audit({
    action: 'session.refused',
    userId: user?.id ?? null,
    targetId: user && toGlobalId('User', user.id),
    detail: { provider, subject, reason },
  });
}

/** Returns the service that finishes sign-ins at providers. */
export function createProviderSignInService(deps: {
  db: Executor;
  transact: Transact;
  changes: UnitOfWorkRunner;
  secrets: SecretSource;
  anonymousWork: AnonymousWork;
  limits: Limits;
  clock: Clock;
  providers: readonly IdentityProvider[];
  groups: GroupService;
}): ProviderSignInService {
  const { db, transact, changes, secrets, anonymousWork, limits, clock, providers } = deps;
  const groupService = deps.groups;

  /** Returns the locks of the person of a sign-in, and the user who has the identity; `null` if no user has it. */
  async function findHolder(digest: string): Promise<{ userId: string | null; locks: readonly Lock[] }> {
    const signIn = await findProviderSignIn(db, digest, clock());
    if (!signIn) throw failure('NOT_FOUND');
    const userId = (await findIdentity(db, signIn))?.userId ?? null;
    const locks = locksToLink(signIn, signIn.email);
    return { userId, locks: userId === null ? locks : [...locks, { on: 'user', id: userId }] };
  }

  /**
   * Opens a session, or returns why it is refused: that is stored too. `userId` is the user whose lock is held. Returns `null` if
   * the identity has another user by now.
   */
  async function open(uow: UnitOfWork, caller: Caller, digest: string, userId: string | null) {
    const stored = await findProviderSignIn(uow.tx, digest, uow.now);
    if (stored && ((await findIdentity(uow.tx, stored))?.userId ?? null) !== userId) return null;
    const signIn = await takeSignIn(uow, digest, 'sign-in');
    const { user, identity, reason } = await admit(uow, requireProvider(providers, signIn.provider), signIn);
    if (reason !== null) {
      await auditRefusal(uow, signIn, user, reason);
      return { reason, session: null, groups: null };
    }
    await setIdentityUsed(uow.tx, identity.id, uow.now);
    const { provider, providerSession } = signIn;
    const session = await openSession(uow, user, {
      issued: secrets.issue('SESSION'),
      limits,
      from: caller,
      authenticatedAt: signIn.authenticatedAt,
      identity: { identityId: identity.id, provider, providerSession },
    });
    const groups = signIn.groups && { identity, names: signIn.groups, at: signIn.issuedAt };
    return { reason, session: { ...session, returnTo: signIn.returnTo }, groups };
  }

  return {
    store: (digest, signIn) =>
      anonymousWork(() =>
        transact([], (tx) => insertProviderSignIn(tx, digest, signIn, clock() + SIGN_IN_LIFETIME)),
      ),

    async locksToLink(digest) {
      const signIn = await findProviderSignIn(db, digest, clock());
      return signIn ? locksToLink(signIn, null) : [];
    },

    async reauthenticate(uow, digest) {
      const { userId, sessionId } = storedSessionOf(uow);
      const signIn = await takeOwnSignIn(uow, digest, 'reauthenticate');
      const { provider, authenticatedAt } = signIn;
      if (!isAdmitted(requireProvider(providers, provider), signIn)) throw forbidden('DOMAIN');
      if ((await findIdentity(uow.tx, signIn))?.userId !== userId) throw failure('NOT_FOUND');
      const until = reauthenticatedUntil(authenticatedAt);
      if (until <= uow.now) throw forbidden('REAUTHENTICATION_REQUIRED');
      await setAuthenticatedAt(uow.tx, sessionId, authenticatedAt);
      await setSignedInAt(uow.tx, userId, uow.now);
      const targetId = toGlobalId('Session', sessionId);
      await uow.audit({ action: 'session.reauthenticated', userId, targetId, detail: { provider } });
      return until;
    },

    async complete(caller, digest) {
      const { reason, session, groups } = await repeatOutdated(async () => {
        const { userId, locks } = await anonymousWork(() => findHolder(digest));
        return changes.run(caller, { kind: 'person' }, (uow) => open(uow, caller, digest, userId), { locks });
      });
      if (reason !== null) throw forbidden(reason);
      if (groups) {
        const { identity, names, at } = groups;
        await groupService.replaceGroups(identity, names, { source: 'claim', at });
      }
      return session;
    },
  };
}
