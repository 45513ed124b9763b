import { setTimeout as pause } from 'node:timers/promises';
import { DEVICE_REQUEST_LIFETIME } from '../../domain/accounts/device.ts';
import type { Limits } from '../../domain/limits.ts';
import type { Clock } from '../../platform/clock.ts';
import type { Logger } from '../../platform/logger.ts';
import type { Executor } from '../../storage/database.ts';
import { deleteExpiredDeviceRequests } from '../../storage/repositories/accounts/device-requests.ts';
import { deleteExpiredProviderSignIns } from '../../storage/repositories/accounts/provider-sign-ins.ts';
import { deleteExpiredSessions } from '../../storage/repositories/accounts/sessions.ts';
import { deleteExpiredResetLinks } from '../../storage/repositories/accounts/users.ts';
import { deleteEndedWindows } from '../../storage/repositories/attempt-counters.ts';
import { deleteAuditEvents } from '../../storage/repositories/audit-events.ts';
import { deleteExpiredInvitations } from '../../storage/repositories/invitations.ts';
import { deleteExpiredJwts } from '../../storage/repositories/used-jwts.ts';
import { EVERYTHING, type Lock } from '../transactions/locks.ts';
import type { Transact } from '../transactions/transact.ts';

const PRUNE_INTERVAL_MS = 60_000;
/** The number of rows in a batch: small, so that other transactions wait only briefly for it. */
const BATCH_ROWS = 200;
/** The pause between batches, in which other transactions run. */
const PAUSE_MS = 20;

/**
 * Deletes expired rows: audit events, sessions, sign-ins at providers, requests of devices, invitations, reset links and attempt
 * counters, used JSON Web Tokens, and tokens of federations a day later. Revokes the personal tokens of users that were
 * deactivated more than 30 days ago.
 */
export interface Retention {
  /**
   * Deletes the rows that have expired by now, each batch in its own short transaction. Concurrent calls share one run.
   * Logs an error of the database and does not throw it; the next run deletes the remaining rows.
   */
  prune(): Promise<void>;
  /** Stops the timer and resolves when the current batch is finished. */
  close(): Promise<void>;
}

/**
 * Returns a retention that prunes every minute. Several servers of one database can prune concurrently, because each
 * deletes only rows that still exist.
 */
export function createRetention(deps: {
  transact: Transact;
  clock: Clock;
  limits: Limits;
  logger: Logger;
  /** Revokes the tokens of users that have been deactivated for too long; returns the number of users. */
  endSuspensions: () => Promise<number>;
  /** Deletes the tokens of federations that have expired long ago; returns their number. */
  deleteFederated: () => Promise<number>;
}): Retention {
  const { transact, clock, limits, logger, endSuspensions, deleteFederated } = deps;
  let closed = false;
  let pruning: Promise<void> | null = null;

  /** Deletes batches until one is not full; returns the number of deleted rows. */
  async function pruneTable(
    locks: readonly Lock[],
    batch: (tx: Executor) => Promise<number>,
  ): Promise<number> {
    for (let total = 0; ; await pause(PAUSE_MS)) {
      const deleted = closed ? 0 : await transact(locks, batch);
      total += deleted;
      if (deleted < BATCH_ROWS) return total;
    }
  }

  async function pruneAll(): Promise<void> {
    const now = clock();
    await pruneTable(EVERYTHING, (tx) => deleteExpiredSessions(tx, now, BATCH_ROWS));
    await pruneTable(EVERYTHING, (tx) => deleteExpiredInvitations(tx, now, BATCH_ROWS));
    await pruneTable(EVERYTHING, (tx) => deleteExpiredResetLinks(tx, now, BATCH_ROWS));
    await pruneTable([], (tx) => deleteExpiredProviderSignIns(tx, now, BATCH_ROWS));
    await pruneTable([], (tx) => deleteExpiredJwts(tx, now, BATCH_ROWS));
    // An expired request stays a while, so that its client learns that it has expired.
    const ended = now - DEVICE_REQUEST_LIFETIME;
    await pruneTable([], (tx) => deleteExpiredDeviceRequests(tx, ended, BATCH_ROWS));
    await pruneTable([], (tx) => deleteEndedWindows(tx, now, BATCH_ROWS));
    const users = closed ? 0 : await endSuspensions();
    if (users > 0) logger.info({ users }, 'revoked the tokens of deactivated users');
    const federated = closed ? 0 : await deleteFederated();
    if (federated > 0) logger.info({ tokens: federated }, 'deleted expired tokens of federations');
    if (limits.auditRetention === null) return;
    const before = now - limits.auditRetention;
    const rows = await pruneTable([], (tx) => deleteAuditEvents(tx, before, BATCH_ROWS));
    if (rows > 0) logger.info({ rows, before: new Date(before) }, 'deleted expired audit events');
  }

  async function tryToPrune(): Promise<void> {
    try {
      await pruneAll();
    } catch (error) {
      logger.warn({ err: error }, 'could not delete expired rows');
    } finally {
      pruning = null;
    }
  }

  function prune(): Promise<void> {
    pruning ??= tryToPrune();
    return pruning;
  }

  const timer = setInterval(prune, PRUNE_INTERVAL_MS);
  timer.unref();

  return {
    prune,
    async close() {
      closed = true;
      clearInterval(timer);
      await pruning;
    },
  };
}
