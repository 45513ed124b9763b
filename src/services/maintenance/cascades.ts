import { setTimeout as pause } from 'node:timers/promises';
import type { Logger } from '../../platform/logger.ts';
import type { Executor } from '../../storage/database.ts';
import { type Cascade, findCascade } from '../../storage/repositories/token-cascades.ts';
import { applyChunk } from '../tokens/descendants.ts';
import type { Events } from '../transactions/events.ts';
import type { Lock } from '../transactions/locks.ts';
import type { UnitOfWorkRunner } from '../transactions/unit-of-work.ts';

/** How often the server looks for cascades of other processes, and for those that a crash interrupted. */
const LOOK_INTERVAL_MS = 5_000;
/** The pause between chunks, in which other transactions run. */
const PAUSE_MS = 10;

/** Stores the ends of tokens in the rows of their descendants. */
export interface Cascades {
  /**
   * Works on pending cascades until none is left, each chunk in its own short transaction. Concurrent calls share one run.
   * Logs an error of the database and does not throw it; the next run continues.
   */
  run(): Promise<void>;
  /** Stops and resolves when the current chunk is finished. */
  close(): Promise<void>;
}

/** A chunk changes the tokens of one user or workspace. Their shares can be in other workspaces. */
function locksOf({ holder, tokenId, deletesGrants }: Cascade): Lock[] {
  return deletesGrants ? [holder, { on: 'sharesOfToken', tokenId }] : [holder];
}

/**
 * Returns the cascades of a database, which run after a call that stored one, and every few seconds. Several servers can run
 * them: the lock of the holder lets one of them apply a chunk at a time.
 */
export function createCascades(deps: {
  db: Executor;
  changes: UnitOfWorkRunner;
  events: Events;
  logger: Logger;
}): Cascades {
  const { db, changes, events, logger } = deps;
  let closed = false;
  let running: Promise<void> | null = null;

  async function applyAll(): Promise<void> {
    for (let next = await findCascade(db, null); next && !closed; next = await findCascade(db, null)) {
      const cascade = next;
      await changes.resume(cascade.actor, locksOf(cascade), (uow) => applyChunk(uow, cascade));
      await pause(PAUSE_MS);
    }
  }

  async function tryToApply(): Promise<void> {
    try {
      await applyAll();
    } catch (error) {
      logger.warn({ err: error }, 'could not apply the end of a token to its descendants');
    } finally {
      running = null;
    }
  }

  function run(): Promise<void> {
    running ??= tryToApply();
    return running;
  }

  events.on('cascade', run);
  const timer = setInterval(run, LOOK_INTERVAL_MS);
  timer.unref();

  return {
    run,
    async close() {
      closed = true;
      clearInterval(timer);
      await running;
    },
  };
}
