import { setTimeout as pause } from 'node:timers/promises';
import type { Limits } from '../../domain/limits.ts';
import type { Clock } from '../../platform/clock.ts';
import type { Logger } from '../../platform/logger.ts';
import type { Executor } from '../../storage/database.ts';
import { deleteEndedWindows } from '../../storage/repositories/attempt-counters.ts';
import { deleteAuditEvents } from '../../storage/repositories/audit-events.ts';
import { deleteExpiredInvitations } from '../../storage/repositories/invitations.ts';
import { deleteExpiredSessions } from '../../storage/repositories/sessions.ts';
import type { Transact } from '../transactions/transact.ts';

const PRUNE_EVERY_MS = 60_000;
/** So many that others hardly notice that they wait for a batch to be gone, and that they come in between. */
const ROWS_AT_ONCE = 200;
const PAUSE_MS = 20;

/** Deletes expired rows: audit events, sessions, invitations and attempt counters. */
export interface Retention {
  /**
   * Forgets what is past its time by now, each batch in a short transaction of its own. Whoever asks while it is under
   * way waits for its end. What cannot be deleted now is left for the next time, and is no error.
   */
  prune(): Promise<void>;
  /** Stops after the batch under way. */
  close(): Promise<void>;
}

/**
 * Retention that prunes by itself every minute. Several servers of one database may do so at the same time: what one
 * has deleted, the others do not find.
 */
export function createRetention(deps: {
  transact: Transact;
  clock: Clock;
  limits: Limits;
  logger: Logger;
}): Retention {
  const { transact, clock, limits, logger } = deps;
  let closed = false;
  let pruning: Promise<void> | null = null;

  /** Deletes batches until one is not full; returns the number of rows. */
  async function pruneOne(batch: (tx: Executor) => Promise<number>): Promise<number> {
    for (let total = 0; ; await pause(PAUSE_MS)) {
      const deleted = closed ? 0 : await transact(batch);
      total += deleted;
      if (deleted < ROWS_AT_ONCE) return total;
    }
  }

  async function pruneAll(): Promise<void> {
    const now = clock();
    await pruneOne((tx) => deleteExpiredSessions(tx, now, ROWS_AT_ONCE));
    await pruneOne((tx) => deleteExpiredInvitations(tx, now, ROWS_AT_ONCE));
    await pruneOne((tx) => deleteEndedWindows(tx, now, ROWS_AT_ONCE));
    if (limits.auditRetention === null) return;
    const before = now - limits.auditRetention;
    const rows = await pruneOne((tx) => deleteAuditEvents(tx, before, ROWS_AT_ONCE));
    if (rows > 0) logger.info({ rows, before: new Date(before) }, 'audit rows past their time were deleted');
  }

  async function tryToPrune(): Promise<void> {
    try {
      await pruneAll();
    } catch (error) {
      logger.warn({ err: error }, 'what is past its time could not be deleted');
    } finally {
      pruning = null;
    }
  }

  function prune(): Promise<void> {
    pruning ??= tryToPrune();
    return pruning;
  }

  const timer = setInterval(prune, PRUNE_EVERY_MS);
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
