import type { Config } from './config.ts';
import { createContext } from './graphql/context.ts';
import { schema } from './graphql/schema.ts';
import { type Console, loadConsole, withFeedback } from './http/endpoints/console.ts';
import { createHttpHandler, type HttpHandler } from './http/handler.ts';
import { createMetrics, type Metrics } from './http/metrics.ts';
import { type Clock, monotonicNow, systemClock } from './platform/clock.ts';
import { requestIds, systemIds } from './platform/ids.ts';
import { createLogger, type Logger } from './platform/logger.ts';
import { createPasswordHasher, type PasswordHasher } from './platform/passwords.ts';
import { createSecretSource } from './platform/secrets.ts';
import {
  createFirstOwner,
  type FirstOwner,
  hasAccount,
  identifyInstallation,
} from './services/accounts/bootstrap.ts';
import type { OpenIssuers } from './services/federation/issuers.ts';
import type { OpenProviders } from './services/identity/open-providers.ts';
import { createServices, type Services } from './services/services.ts';
import type { DatabaseHandle } from './storage/database.ts';
import { migrateToLatest, pendingMigrations } from './storage/migrations.ts';
import { isPostgres, openDatabase } from './storage/open.ts';
import { takeRestoredUnchangedMark } from './storage/restore.ts';
import { startSqliteClock } from './storage/sqlite/clock.ts';
import { acquireServerLock } from './storage/sqlite/server-lock.ts';

const DEFAULT_OWNER = 'owner@localhost';

/** The assembled server. */
export interface App extends HttpHandler {
  readonly logger: Logger;
  readonly services: Services;
  /** `null` if no metrics port is configured. */
  readonly metrics: Metrics | null;
  /** The account that was created because there were no users. Its password is returned only here. */
  readonly firstOwner: FirstOwner | null;
  /** Writes what is in memory and closes the database. Call it when no request is pending. */
  close(): Promise<void>;
}

/** Replacements for the real dependencies, mainly for tests. */
export interface AppOverrides {
  readonly clock?: Clock;
  readonly logger?: Logger;
  readonly passwords?: PasswordHasher;
  /** An open database of the newest schema. Default: the configured database, opened and migrated. */
  readonly database?: DatabaseHandle;
  /** The built console. Default: read from its folder. */
  readonly pages?: Console | null;
}

/** Returns a function that logs a change of the system clock. `createSteadyClock` explains the consequences. */
function warnOfStep(logger: Logger): (milliseconds: number) => void {
  return (milliseconds) =>
    logger.warn(
      { seconds: Math.round(milliseconds / 1000) },
      'the system clock was changed: the time does not go back until a restart',
    );
}

async function openConfigured(config: Config, logger: Logger): Promise<DatabaseHandle> {
  const handle = await openDatabase(config.databaseUrl);
  try {
    const lock = acquireServerLock(handle.file);
    const close = handle.close;
    try {
      await migrateToLatest(handle);
      const sources = { system: systemClock, monotonic: monotonicNow, onStep: warnOfStep(logger) };
      const sqliteClock = isPostgres(config.databaseUrl) ? null : await startSqliteClock(handle, sources);
      return {
        ...handle,
        clock: sqliteClock?.now ?? handle.clock,
        close: async () => {
          await sqliteClock?.stop();
          await close();
          lock.release();
        },
      };
    } catch (error) {
      lock.release();
      throw error;
    }
  } catch (error) {
    await handle.close();
    throw error;
  }
}

/** Loads the client library of providers, which takes a fifth of a second, only if there is a provider. */
async function loadProviders(
  { providers, publicUrl }: Config,
  clock: Clock,
  logger: Logger,
): Promise<OpenProviders | null> {
  if (providers.length === 0 || publicUrl === null) return null;
  const { openProviders } = await import('./services/identity/open-providers.ts');
  return openProviders(providers, { clock, logger, publicUrl });
}

/** Loads the verification of JSON Web Tokens only if there is an issuer of federations. */
async function loadIssuers(
  { federation, publicUrl }: Config,
  clock: Clock,
  logger: Logger,
): Promise<OpenIssuers | null> {
  if (federation.issuers.length === 0 || publicUrl === null) return null;
  const { openIssuers } = await import('./services/federation/issuers.ts');
  return openIssuers(federation.issuers, { clock, logger });
}

/** Opens the database, creates the first owner if there are no users, and assembles the server. */
export async function createApp(config: Config, overrides: AppOverrides = {}): Promise<App> {
  const logger = overrides.logger ?? createLogger(config.logLevel);
  const database = overrides.database ?? (await openConfigured(config, logger));
  const clock = overrides.clock ?? database.clock;
  if (await takeRestoredUnchangedMark(database)) {
    logger.warn(
      'the database was restored with --as-is: secrets that were revoked after the backup work again',
    );
  }
  const { db } = database;
  const secrets = createSecretSource(config.secretPrefix);
  const passwords = overrides.passwords ?? createPasswordHasher();
  const providers = await loadProviders(config, clock, logger);
  const issuers = await loadIssuers(config, clock, logger);
  const services = createServices({
    db,
    transact: database.transact,
    autocommit: database.autocommit,
    version: database.version,
    changedElsewhere: database.changedElsewhere,
    notifier: database.notifier,
    streamSlots: database.streamSlots,
    clock,
    ids: systemIds,
    secrets,
    passwords,
    limits: config.limits,
    newAccounts: config.newAccounts,
    passwordSignIn: config.passwordSignIn,
    foreignShapes: config.foreignShapes,
    providers: providers?.clients ?? [],
    jwtVerifier: providers?.verifier ?? null,
    federation: config.federation,
    subjectTokens: issuers?.subjectTokens ?? null,
    publicUrl: config.publicUrl,
    logger,
  });
  await services.secretReader.start();
  await services.groupRefresh.start();
  const firstOwner = await createFirstOwner(
    { db, changes: services.changes, passwords, secrets },
    {
      email: config.ownerEmail ?? DEFAULT_OWNER,
      password: config.ownerPassword,
      passwordSignIn: config.passwordSignIn,
    },
  );
  if (!firstOwner && config.ownerEmail !== null && !(await hasAccount(db, config.ownerEmail))) {
    logger.warn(
      'POSTERN_OWNER_EMAIL is ignored, because the database already has users: run "postern user create" to add one',
    );
  }
  const installationId = await identifyInstallation({ db }, requestIds);
  const metrics = config.metricsPort === null ? null : createMetrics({ services, database, logger });
  const handler = createHttpHandler({
    config,
    schema,
    logger,
    clock,
    ids: requestIds,
    installationId,
    pages: withFeedback(overrides.pages ?? loadConsole(), config.feedbackUrl),
    services,
    metrics,
    authenticate: services.authentication.authenticate,
    readSecret: services.secretReader.read,
    readJwt: services.jwtSessions?.read ?? null,
    createContext: (server, certain) => createContext(services, server, certain),
    probe: async () => {
      const pending = await pendingMigrations(database);
      if (pending.length > 0) throw new Error(`pending migrations: ${pending.join(', ')}`);
    },
  });
  return {
    ...handler,
    logger,
    services,
    metrics,
    firstOwner,
    async close() {
      services.streams.close();
      await services.secretReader.close();
      await services.retention.close();
      await services.cascades.close();
      await services.groupRefresh.close();
      await services.lastUse.close();
      await providers?.close();
      await issuers?.close();
      await database.close();
    },
  };
}
