import { existsSync } from 'node:fs';
import type { Config } from '../config.ts';
import { originOf } from '../config-origin.ts';
import { monotonicNow, systemClock } from '../platform/clock.ts';
import { systemIds } from '../platform/ids.ts';
import { createLogger } from '../platform/logger.ts';
import { OperatorError } from '../platform/operator-error.ts';
import { createPasswordHasher } from '../platform/passwords.ts';
import { createSecretSource } from '../platform/secrets.ts';
import type { OperatorService } from '../services/accounts/operator.ts';
import { createServices, type Services } from '../services/services.ts';
import type { DatabaseHandle } from '../storage/database.ts';
import { pendingMigrations } from '../storage/migrations.ts';
import { databaseFile, isPostgres, openDatabase } from '../storage/open.ts';
import { readSqliteClock } from '../storage/sqlite/clock.ts';

/** Returns the database file of a `DATABASE_URL`. Throws if it does not exist: no command creates one by mistake. */
export function existingFile(url: string): string {
  const file = databaseFile(url);
  if (!existsSync(file)) {
    throw new OperatorError(
      `There is no database at ${file}. Check DATABASE_URL, or start the server once to create it.`,
    );
  }
  return file;
}

/** Returns the origin of the console. Throws if the configuration does not say where it is. */
export function consoleOrigin(config: Config): string {
  if (config.publicUrl === null && config.port === 0) {
    throw new OperatorError('Set POSTERN_PUBLIC_URL, because PORT=0 does not say where the console is.');
  }
  return originOf(config, config.port);
}

/** Returns the services over an open database of the newest schema. They log nothing. */
export function servicesOver(handle: DatabaseHandle, config: Config): Services {
  return createServices({
    db: handle.db,
    transact: handle.transact,
    autocommit: handle.autocommit,
    version: handle.version,
    changedElsewhere: handle.changedElsewhere,
    notifier: handle.notifier,
    streamSlots: handle.streamSlots,
    clock: handle.clock,
    ids: systemIds,
    secrets: createSecretSource(config.secretPrefix),
    passwords: createPasswordHasher(),
    limits: config.limits,
    providers: [],
    jwtVerifier: null,
    federation: config.federation,
    subjectTokens: null,
    publicUrl: config.publicUrl,
    newAccounts: config.newAccounts,
    passwordSignIn: config.passwordSignIn,
    foreignShapes: config.foreignShapes,
    logger: createLogger('silent'),
  });
}

/** Throws an `OperatorError` if the database lacks a migration. */
export async function requireNewestSchema(handle: DatabaseHandle): Promise<void> {
  const pending = await pendingMigrations(handle);
  if (pending.length === 0) return;
  throw new OperatorError(
    `The database is missing migrations: ${pending.join(', ')}. Run "postern migrate", or start the server.`,
  );
}

/** Runs `work` with the operator service, and the others, on the configured database, whether a server is running or not. */
export async function asOperator<T>(
  config: Config,
  work: (operator: OperatorService, services: Services) => Promise<T>,
): Promise<T> {
  if (!isPostgres(config.databaseUrl)) existingFile(config.databaseUrl);
  const handle = await openDatabase(config.databaseUrl);
  try {
    await requireNewestSchema(handle);
    const sources = { system: systemClock, monotonic: monotonicNow, onStep: () => {} };
    const clock = isPostgres(config.databaseUrl) ? handle.clock : await readSqliteClock(handle, sources);
    const services = servicesOver({ ...handle, clock }, config);
    return await work(services.operator, services);
  } finally {
    await handle.close();
  }
}
