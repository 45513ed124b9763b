import type { Kysely } from 'kysely';
import type { PasswordSignIn } from '../domain/accounts/passwords.ts';
import type { FederationSettings } from '../domain/federation/federation.ts';
import type { ForeignShape } from '../domain/import/foreign-shapes.ts';
import type { Limits } from '../domain/limits.ts';
import type { NewAccounts } from '../domain/user.ts';
import type { Clock } from '../platform/clock.ts';
import type { IdSource } from '../platform/ids.ts';
import type { Logger } from '../platform/logger.ts';
import type { PasswordHasher } from '../platform/passwords.ts';
import type { SecretSource } from '../platform/secrets.ts';
import type { DatabaseHandle, DataVersion } from '../storage/database.ts';
import type { ExternalCommits } from '../storage/external-commits.ts';
import type { Notifier } from '../storage/notifier.ts';
import type { StreamSlots } from '../storage/stream-slots.ts';
import type { Tables } from '../storage/tables.ts';
import { createAccessService } from './access/access-checks.ts';
import { createAnonymousWork } from './access/anonymous-work.ts';
import { createAuthentication } from './access/authentication.ts';
import { createIntrospection } from './access/introspection.ts';
import { createLastUse } from './access/last-use.ts';
import { createSecretReader } from './access/secret-reader.ts';
import { createTokenUses } from './access/token-uses.ts';
import { endSuspensions } from './accounts/deactivation.ts';
import { createOperatorService } from './accounts/operator.ts';
import { createPasswordResetService } from './accounts/password-reset.ts';
import { createSessionService } from './accounts/sessions.ts';
import { createSignInLinkService } from './accounts/sign-in-links.ts';
import { createSignInThrottle } from './accounts/sign-in-throttle.ts';
import { createChannelService } from './channels/channels.ts';
import { createMessageService } from './channels/messages.ts';
import { createStreams } from './channels/streams.ts';
import { createDeviceApprovalService } from './device/approvals.ts';
import { createDeviceAttempts } from './device/attempts.ts';
import { createDeviceRequestService } from './device/requests.ts';
import { createDirectoryCredentialService } from './directory/credentials.ts';
import { createDirectoryGroupService } from './directory/groups.ts';
import { undoDeactivations } from './directory/undo.ts';
import { createDirectoryUserService } from './directory/users.ts';
import { createTokenExchange } from './federation/exchange.ts';
import { deleteExpiredFederated } from './federation/expired-tokens.ts';
import { createFederationService } from './federation/federations.ts';
import type { SubjectTokens } from './federation/subject-tokens.ts';
import { createGroupRefresh } from './identity/group-refresh.ts';
import { createGroupService, groupSettingsOf } from './identity/groups.ts';
import { createIdentityService } from './identity/identities.ts';
import { createJwtSessions } from './identity/jwt-sessions.ts';
import type { JwtVerifier } from './identity/jwt-verifier.ts';
import type { ProviderClient } from './identity/provider-client.ts';
import { createProviderLogoutService } from './identity/provider-logout.ts';
import { createProviderSignInService } from './identity/provider-sign-ins.ts';
import { createLookups } from './lookups.ts';
import { createCascades } from './maintenance/cascades.ts';
import { createRetention } from './maintenance/retention.ts';
import { createTokenImport } from './tokens/import.ts';
import { createLeakService } from './tokens/leaks.ts';
import { createTokenService } from './tokens/tokens.ts';
import { createEvents } from './transactions/events.ts';
import type { Transact } from './transactions/transact.ts';
import { createUnitOfWorkRunner } from './transactions/unit-of-work.ts';
import { createAuditLogService } from './workspaces/audit-log.ts';
import { createEntityTypeService } from './workspaces/entity-types.ts';
import { createGroupRoleService } from './workspaces/group-roles.ts';
import { createInvitationService } from './workspaces/invitations.ts';
import { createMemberService } from './workspaces/members.ts';
import { setOwner } from './workspaces/set-owner.ts';
import { createWorkspaceService } from './workspaces/workspaces.ts';

/** The dependencies of the services. */
export interface ServiceDependencies {
  readonly db: Kysely<Tables>;
  readonly transact: Transact;
  readonly autocommit: DatabaseHandle['autocommit'];
  readonly version: DataVersion | null;
  readonly changedElsewhere: ExternalCommits;
  readonly notifier: Notifier;
  readonly streamSlots: StreamSlots;
  readonly clock: Clock;
  readonly ids: IdSource;
  readonly secrets: SecretSource;
  readonly passwords: PasswordHasher;
  readonly limits: Limits;
  readonly newAccounts: NewAccounts;
  readonly passwordSignIn: PasswordSignIn;
  readonly foreignShapes: readonly ForeignShape[];
  readonly providers: readonly ProviderClient[];
  /** `null` if the JSON Web Tokens of no provider count as sessions. */
  readonly jwtVerifier: JwtVerifier | null;
  readonly federation: FederationSettings;
  /** `null` if the operator lists no issuer. */
  readonly subjectTokens: SubjectTokens | null;
  readonly publicUrl: string | null;
  readonly logger: Logger;
}

export type Services = ReturnType<typeof createServices>;

/** Returns the services of one database. */
export function createServices(deps: ServiceDependencies) {
  const {
    db,
    transact,
    version,
    changedElsewhere,
    notifier,
    clock,
    ids,
    secrets,
    passwords,
    limits,
    newAccounts,
    passwordSignIn,
    foreignShapes,
    federation: settings,
    publicUrl,
    logger,
  } = deps;
  const providers = deps.providers.map(({ provider }) => provider);
  const groupSettings = groupSettingsOf(providers);
  const events = createEvents();
  events.on('authority', notifier.notify);
  events.on('message', notifier.notify);
  const uses = createTokenUses({ db, autocommit: deps.autocommit });
  const lastUse = createLastUse({ transact, logger });
  const authentication = createAuthentication({
    db,
    transact,
    version,
    clock,
    events,
    uses,
    limits,
    passwordSignIn,
    lastUse,
  });
  const anonymousWork = createAnonymousWork();
  const changes = createUnitOfWorkRunner({
    transact,
    clock,
    ids,
    authentication,
    events,
    anonymousWork,
  });
  const groups = createGroupService({ db, changes, groupSettings });
  const { jwtVerifier: verifier } = deps;
  const jwtSessions = verifier && createJwtSessions({ db, changes, groups, verifier, clock, logger });
  const secretReader = createSecretReader({ db, shapes: foreignShapes, logger });
  const access = createAccessService({ db, clock });
  const attempts = createDeviceAttempts({ db, autocommit: deps.autocommit, clock });
  const tokens = createTokenService({
    db,
    version,
    clock,
    secrets,
    limits,
    lastUse,
    changes,
    access,
    authentication,
  });
  const throttle = createSignInThrottle({ db, autocommit: deps.autocommit, clock, ids });
  return {
    clock,
    limits,
    changes,
    anonymousWork,
    throttle,
    authentication,
    secretReader,
    access,
    lookups: createLookups(db),
    lastUse,
    uses,
    cascades: createCascades({ db, changes, events, logger }),
    retention: createRetention({
      transact,
      clock,
      limits,
      logger,
      endSuspensions: () => endSuspensions(changes),
      deleteFederated: () => deleteExpiredFederated({ db, changes, clock }),
    }),
    operator: createOperatorService({ db, changes, passwords, passwordSignIn, throttle }),
    passwordSignIn,
    passwordResets: createPasswordResetService({
      changes,
      passwords,
      passwordSignIn,
      secrets,
      throttle,
      limits,
    }),
    signInLinks: createSignInLinkService({ changes, secrets, limits }),
    sessions: createSessionService({
      db,
      changes,
      passwords,
      passwordSignIn,
      secrets,
      throttle,
      anonymousWork,
      limits,
      clock,
      lastUse,
    }),
    providers: deps.providers,
    providerSignIns: createProviderSignInService({
      db,
      transact,
      changes,
      secrets,
      anonymousWork,
      limits,
      clock,
      providers,
      groups,
    }),
    groups,
    groupRefresh: createGroupRefresh({ db, changes, groupSettings, logger }),
    jwtSessions,
    groupRoles: createGroupRoleService({ db, changes, groupSettings }),
    identities: createIdentityService({ db, providers, passwordSignIn }),
    providerLogouts: createProviderLogoutService({ db, changes, anonymousWork, clock }),
    setOwner: (slug: string, email: string) => setOwner(changes, slug, email),
    undoDeactivations: (since: number) => undoDeactivations(changes, since),
    directoryCredentials: createDirectoryCredentialService({ db, clock, changes, secrets, providers }),
    directoryUsers: createDirectoryUserService({ db, changes, logger }),
    directoryGroups: createDirectoryGroupService({ db, changes, groups }),
    tokens,
    deviceRequests: createDeviceRequestService({
      db,
      transact,
      changes,
      anonymousWork,
      attempts,
      tokens,
      secrets,
      limits,
      clock,
    }),
    deviceApprovals: createDeviceApprovalService({ db, changes, authentication, attempts, tokens, clock }),
    workspaces: createWorkspaceService({ db, clock, secrets, limits }),
    members: createMemberService({ db }),
    invitations: createInvitationService({
      db,
      clock,
      changes,
      secrets,
      passwords,
      limits,
      newAccounts,
      passwordSignIn,
      groupSettings,
    }),
    auditLog: createAuditLogService({ db, clock }),
    channels: createChannelService({ db, clock, limits }),
    messages: createMessageService({ db, clock, limits, events }),
    streams: createStreams({
      db,
      changedElsewhere,
      notifier,
      slots: deps.streamSlots,
      clock,
      logger,
      limits,
      authentication,
      events,
      lastUse,
    }),
    introspection: createIntrospection({ db, clock, authentication, secretReader }),
    tokenImport: createTokenImport({ db, clock, changes, secrets, limits, shapes: foreignShapes }),
    leaks: createLeakService({ db, clock, changes, anonymousWork, secretReader }),
    entityTypes: createEntityTypeService({ db, limits }),
    federations: createFederationService({ db, clock, limits, settings, publicUrl }),
    tokenExchange: createTokenExchange({
      db,
      changes,
      anonymousWork,
      subjectTokens: deps.subjectTokens,
      settings,
      publicUrl,
      secrets,
      limits,
      logger,
    }),
  };
}
