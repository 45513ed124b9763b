import type { Kysely } from 'kysely';
import type { Limits } from '../domain/limits.ts';
import type { Clock } from '../platform/clock.ts';
import type { IdSource } from '../platform/ids.ts';
import type { Logger } from '../platform/logger.ts';
import type { PasswordHasher } from '../platform/passwords.ts';
import type { SecretSource } from '../platform/secrets.ts';
import type { Tables } from '../storage/tables.ts';
import { createAuditReading } from './audit-reading.ts';
import { createAuthentication } from './authentication.ts';
import { createChanges } from './changes.ts';
import { createInvitationService } from './invitations.ts';
import { createLastUse } from './last-use.ts';
import { createMemberService } from './members.ts';
import { createSessionService } from './sessions.ts';
import { createSignInThrottle } from './sign-in-throttle.ts';
import { createTokenEditing } from './token-changes.ts';
import { createTokenCreation } from './token-creation.ts';
import { createTokenReading } from './token-reading.ts';
import { createTokenRegeneration } from './token-regeneration.ts';
import { createTransact } from './transactions.ts';
import { createWorkspaceService } from './workspaces.ts';

/** What the services are made from. */
export interface ServiceDependencies {
  readonly db: Kysely<Tables>;
  readonly clock: Clock;
  readonly ids: IdSource;
  readonly secrets: SecretSource;
  readonly passwords: PasswordHasher;
  readonly limits: Limits;
  readonly logger: Logger;
}

export type Services = ReturnType<typeof createServices>;

/** Every use-case of Postern over one database. */
export function createServices(deps: ServiceDependencies) {
  const { db, clock, ids, secrets, passwords, limits, logger } = deps;
  const transact = createTransact(db);
  const authentication = createAuthentication({ db, transact, clock });
  const changes = createChanges({ transact, clock, ids, authentication });
  const lastUse = createLastUse({ transact, logger });
  const throttle = createSignInThrottle({ transact, clock });
  return {
    db,
    clock,
    ids,
    limits,
    passwords,
    secrets,
    changes,
    authentication,
    lastUse,
    sessions: createSessionService({ db, changes, passwords, secrets, throttle, limits, clock, lastUse }),
    tokenCreation: createTokenCreation({ secrets, limits }),
    tokenEditing: createTokenEditing({ limits }),
    tokenReading: createTokenReading({ db, clock, lastUse }),
    tokenRegeneration: createTokenRegeneration({ secrets, limits }),
    workspaces: createWorkspaceService({ db, secrets }),
    members: createMemberService({ db }),
    invitations: createInvitationService({ db, clock, changes, secrets, passwords, limits }),
    auditReading: createAuditReading({ db }),
  };
}
