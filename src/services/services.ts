import type { Kysely } from 'kysely';
import type { Limits } from '../domain/limits.ts';
import type { NewAccounts } from '../domain/user.ts';
import type { Clock } from '../platform/clock.ts';
import type { IdSource } from '../platform/ids.ts';
import type { Logger } from '../platform/logger.ts';
import type { PasswordHasher } from '../platform/passwords.ts';
import type { SecretSource } from '../platform/secrets.ts';
import type { ChangeHints } from '../storage/change-hints.ts';
import type { DataVersion } from '../storage/data-version.ts';
import type { DatabaseHandle } from '../storage/database.ts';
import type { ForeignChanges } from '../storage/foreign-changes.ts';
import type { StreamSlots } from '../storage/stream-slots.ts';
import type { Tables } from '../storage/tables.ts';
import { createAnnouncements } from './announcements.ts';
import { createAnonymousWork } from './anonymous-work.ts';
import { createAuditReading } from './audit-reading.ts';
import { createAuthentication } from './authentication.ts';
import { createChanges } from './changes.ts';
import { createChannelService } from './channels.ts';
import { createEntityTypeService } from './entity-types.ts';
import { createIntrospection } from './introspection.ts';
import { createInvitationService } from './invitations.ts';
import { createLastUse } from './last-use.ts';
import { createLeakService } from './leaks.ts';
import { createMemberService } from './members.ts';
import { createMessageService } from './messages.ts';
import { createRetention } from './retention.ts';
import { createSessionService } from './sessions.ts';
import { createSignInThrottle } from './sign-in-throttle.ts';
import { createStreams } from './streams.ts';
import { createTokenEditing } from './token-changes.ts';
import { createTokenCreation } from './token-creation.ts';
import { createTokenReading } from './token-reading.ts';
import { createTokenRegeneration } from './token-regeneration.ts';
import type { Transact } from './transactions.ts';
import { createWorkspaceService } from './workspaces.ts';

/** What the services are made from. */
export interface ServiceDependencies {
  readonly db: Kysely<Tables>;
  readonly transact: Transact;
  readonly autocommit: DatabaseHandle['autocommit'];
  readonly version: DataVersion | null;
  readonly changedElsewhere: ForeignChanges;
  readonly hints: ChangeHints;
  readonly streamSlots: StreamSlots;
  readonly clock: Clock;
  readonly ids: IdSource;
  readonly secrets: SecretSource;
  readonly passwords: PasswordHasher;
  readonly limits: Limits;
  readonly newAccounts: NewAccounts;
  readonly logger: Logger;
}

export type Services = ReturnType<typeof createServices>;

/** Every use-case of Postern over one database. */
export function createServices(deps: ServiceDependencies) {
  const {
    db,
    transact,
    version,
    changedElsewhere,
    hints,
    clock,
    ids,
    secrets,
    passwords,
    limits,
    newAccounts,
    logger,
  } = deps;
  const announcements = createAnnouncements();
  announcements.on('authority', hints.tell);
  announcements.on('message', hints.tell);
  const authentication = createAuthentication({ db, transact, version, clock, announcements });
  const anonymousWork = createAnonymousWork();
  const changes = createChanges({ transact, clock, ids, authentication, announcements, anonymousWork });
  const lastUse = createLastUse({ transact, logger });
  const throttle = createSignInThrottle({ db, autocommit: deps.autocommit, clock });
  return {
    db,
    clock,
    ids,
    limits,
    passwords,
    secrets,
    changes,
    anonymousWork,
    throttle,
    authentication,
    lastUse,
    retention: createRetention({ transact, clock, limits, logger }),
    sessions: createSessionService({
      db,
      changes,
      passwords,
      secrets,
      throttle,
      anonymousWork,
      limits,
      clock,
      lastUse,
    }),
    tokenCreation: createTokenCreation({ secrets, limits }),
    tokenEditing: createTokenEditing({ limits }),
    tokenReading: createTokenReading({ db, clock, lastUse }),
    tokenRegeneration: createTokenRegeneration({ secrets, limits }),
    workspaces: createWorkspaceService({ db, secrets, limits }),
    members: createMemberService({ db }),
    invitations: createInvitationService({ db, clock, changes, secrets, passwords, limits, newAccounts }),
    auditReading: createAuditReading({ db, clock }),
    channels: createChannelService({ db, clock, limits }),
    messages: createMessageService({ db, clock, limits, announcements }),
    streams: createStreams({
      db,
      changedElsewhere,
      hints,
      slots: deps.streamSlots,
      clock,
      logger,
      limits,
      authentication,
      announcements,
      lastUse,
    }),
    introspection: createIntrospection({ db, clock, authentication }),
    leaks: createLeakService({ db, clock, changes, anonymousWork }),
    entityTypes: createEntityTypeService({ db, limits }),
  };
}
