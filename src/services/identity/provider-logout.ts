import type { Identity } from '../../domain/accounts/identity-provider.ts';
import type { Clock } from '../../platform/clock.ts';
import { digestOf } from '../../platform/hashing.ts';
import type { Executor } from '../../storage/database.ts';
import {
  findIdentity,
  listIdentitiesOfProviderSession,
} from '../../storage/repositories/accounts/identities.ts';
import { useLogoutToken } from '../../storage/repositories/accounts/logout-tokens.ts';
import { deleteProviderSignInsOf } from '../../storage/repositories/accounts/provider-sign-ins.ts';
import { deleteSessionsOfIdentity } from '../../storage/repositories/accounts/sessions.ts';
import { setCredentialsNotBefore } from '../../storage/repositories/accounts/users.ts';
import type { AnonymousWork } from '../access/anonymous-work.ts';
import { auditUser } from '../transactions/audit-user.ts';
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

  async function findIdentities({ provider, subject, providerSession }: LogoutToken): Promise<Identity[]> {
    if (subject === null) {
      return listIdentitiesOfProviderSession(db, provider, providerSession ?? '', clock());
    }
    const identity = await findIdentity(db, { provider, subject });
    return identity ? [identity] : [];
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
      const identities = await anonymousWork(() => findIdentities(token));
      const locks = identities.map(({ userId }) => ({ on: 'user', id: userId }) as const);
      const digest = digestOf(`logout:${token.provider}:${token.jti}`);
      await anonymousWork(() =>
        changes.runWithLocks(locks, async (uow) => {
          if (!(await useLogoutToken(uow.tx, digest, uow.now + REMEMBERED))) return;
          await deleteProviderSignInsOf(uow.tx, token);
          for (const identity of identities) await endSessions(uow, identity, token);
        }),
      );
    },
  };
}
