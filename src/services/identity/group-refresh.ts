import { setTimeout as pause } from 'node:timers/promises';
import type { GroupSettings } from '../../domain/accounts/groups.ts';
import { SECOND } from '../../domain/duration.ts';
import type { Logger } from '../../platform/logger.ts';
import type { Executor } from '../../storage/database.ts';
import type { UnitOfWorkRunner } from '../transactions/unit-of-work.ts';
import { type CatchUp, catchUpMappedRoles } from '../workspaces/mapped-roles.ts';

/** How long the server waits after an error of the database. */
const RETRY_MS = 5 * SECOND;

/** Brings all roles by groups up to date after the settings changed. */
export interface GroupRefresh {
  /** Resolves when no member has more by their groups than the settings allow. What they gain follows in the background. */
  start(): Promise<void>;
  /** Stops, and resolves when the current transaction is finished. */
  close(): Promise<void>;
}

/** Returns the refresh of a database. Several servers can run it. */
export function createGroupRefresh(deps: {
  db: Executor;
  changes: UnitOfWorkRunner;
  groupSettings: readonly GroupSettings[];
  logger: Logger;
}): GroupRefresh {
  const { db, changes, groupSettings, logger } = deps;
  const stop = new AbortController();
  const { signal } = stop;
  const parts: CatchUp = {
    ...{ db, groupSettings, signal },
    run: changes.runWithLocks,
    cause: { by: 'setting' },
  };
  let gains = Promise.resolve();

  async function applyGains(): Promise<void> {
    while (!signal.aborted) {
      try {
        return await catchUpMappedRoles(parts, {});
      } catch (error) {
        logger.warn({ err: error }, 'could not give all roles that groups have');
        await pause(RETRY_MS, undefined, { signal, ref: false }).catch(() => {});
      }
    }
  }

  return {
    async start() {
      await catchUpMappedRoles(parts, { onlyLosses: true });
      gains = applyGains();
    },
    async close() {
      stop.abort();
      await gains;
    },
  };
}
