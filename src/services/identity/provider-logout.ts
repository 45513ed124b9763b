import type { Identity } from '../../domain/accounts/identity-provider.ts';
import type { Clock } from '../../platform/clock.ts';
import { digestOf } from '../../platform/hashing.ts';
import type { Executor } from '../../storage/database.ts';
import {
  findIdentity,
  listIdentitiesOfProviderSession,
} from '../../storage/repositories/accounts/identities.ts';
import { deleteProviderSignInsOf } from '../../storage/repositories/accounts/provider-sign-ins.ts';
import { deleteSessionsOfIdentity } from '../../storage/repositories/accounts/sessions.ts';
import { setCredentialsNotBefore } from '../../storage/repositories/accounts/users.ts';
import { spendJwt } from '../../storage/repositories/used-jwts.ts';
import type { AnonymousWork } from '../access/anonymous-work.ts';
import { auditUser } from '../transactions/audit-user.ts';
import { type Lock, locksToLink } from '../transactions/locks.ts';
import { repeatOutdated } from '../transactions/repeat-outdated.ts';
import type { UnitOfWork, UnitOfWorkRunner } from '../transactions/unit-of-work.ts';
import { LOGOUT_TOKEN_LIFETIME, type LogoutToken } from './logout-token.ts';

/** How long a used logout token is remembered: as long as it would be accepted, with its leeway on both sides. */
const REMEMBERED = 2 * LOGOUT_TOKEN_LIFETIME;

/** Ends sessions when people sign out at their provider. */
export interface ProviderLogoutService {
  /**
   * Ends the sessions that a logout token names, also those that a sign-in has yet to open, and refuses the JSON Web Tokens of
   * the person that were issued before. Without effect if the token was used before.
   */
  end(token: LogoutToken): Promise<void>;
}

/** Returns the service of a database. */
export function createProviderLogoutService(deps: {
  db: Executor;
  changes: UnitOfWorkRunner;
  anonymousWork: AnonymousWork;
  clock: Clock;
}): ProviderLogoutService {
  const { db, changes, anonymousWork, clock } = deps;

  async function findIdentities(
    executor: Executor,
    { provider, subject, providerSession }: LogoutToken,
  ): Promise<Identity[]> {
    if (subject === null) {
      return listIdentitiesOfProviderSession(executor, provider, providerSession ?? '', clock());
    }
    const identity = await findIdentity(executor, { provider, subject });
    return identity ? [identity] : [];
  }

  /** Returns the locks of the users who are signed out, and of the person, so that no sign-in of theirs finishes meanwhile. */
  function locksFor({ provider, subject }: LogoutToken, identities: readonly Identity[]): Lock[] {
    const users = identities.map(({ userId }) => ({ on: 'user', id: userId }) as const);
    return subject === null ? users : [...locksToLink({ provider, subject }, null), ...users];
  }

  /** Ends the sessions; returns `false`, and writes nothing, if the identities have changed since their users were locked. */
  async function endOnce(
    uow: UnitOfWork,
    token: LogoutToken,
    digest: string,
    identities: readonly Identity[],
  ): Promise<boolean> {
    const locked = identities.map(({ userId }) => userId);
    const present = await findIdentities(uow.tx, token);
    if (!present.every(({ userId }) => locked.includes(userId))) return false;
    if (!(await spendJwt(uow.tx, digest, uow.now + REMEMBERED))) return true;
    await deleteProviderSignInsOf(uow.tx, token);
    for (const identity of present) await endSessions(uow, identity, token);
    return true;
  }

  async function endSessions(
    uow: UnitOfWork,
    { id, userId, provider }: Identity,
    { providerSession }: LogoutToken,
  ): Promise<void> {
    const ended = await deleteSessionsOfIdentity(uow.tx, { identityId: id, providerSession });
    await setCredentialsNotBefore(uow.tx, userId, uow.now);
    await auditUser(uow, 'session.ended', userId, { by: 'provider', provider, sessions: ended });
  }

  return {
    async end(token) {
      const digest = digestOf(`logout:${token.provider}:${token.jti}`);
      await repeatOutdated(async () => {
        const identities = await anonymousWork(() => findIdentities(db, token));
        const isDone = await anonymousWork(() =>
          changes.runWithLocks(locksFor(token, identities), (uow) => endOnce(uow, token, digest, identities)),
        );
        return isDone || null;
      });
    },
  };
}
