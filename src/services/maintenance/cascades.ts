import { setTimeout as pause } from 'node:timers/promises';
import type { AuditActor } from '../../domain/audit.ts';
import { SECOND } from '../../domain/duration.ts';
import { monotonicNow } from '../../platform/clock.ts';
import type { Logger } from '../../platform/logger.ts';
import type { Executor } from '../../storage/database.ts';
import {
  countGrantEnds,
  findGrantEnd,
  findWorkspacesOfEnd,
  type PendingGrantEnd,
} from '../../storage/repositories/ends/grant-ends.ts';
import { type Cascade, countCascades, findCascade } from '../../storage/repositories/ends/token-cascades.ts';
import { countEnds, findEnd, type PendingEnd } from '../../storage/repositories/ends/token-ends.ts';
import {
  countDeletedWorkspaces,
  type DeletedWorkspace,
  deleteWorkspaceRows,
  findDeletedWorkspace,
} from '../../storage/repositories/ends/workspace-ends.ts';
import { applyEndChunk } from '../tokens/ends.ts';
import { applyCascadeChunk, locksOfCascade } from '../tokens/take-back.ts';
import { CHUNK, PAUSE_MS } from '../transactions/chunk.ts';
import type { Events } from '../transactions/events.ts';
import type { Lock } from '../transactions/locks.ts';
import type { UnitOfWork, UnitOfWorkRunner } from '../transactions/unit-of-work.ts';
import { applyGrantChunk } from '../workspaces/grant-ends.ts';

/** How often the server looks for cascades of other processes, and for those that a crash interrupted. */
const LOOK_INTERVAL_MS = 5 * SECOND;
/** The wait before a cascade that failed is tried again. It doubles with each failure, up to the longest. */
const FIRST_WAIT_MS = 5 * SECOND;
const LONGEST_WAIT_MS = 600 * SECOND;

/** Stores ends in the rows that they concern: of descendants, members, sets of tokens, deleted workspaces, shares and invitations. */
export interface Cascades {
  /**
   * Works on pending cascades until none is left, each chunk in its own short transaction. Concurrent calls share one run. One
   * that fails is logged and waits before it is tried again, while the others go on. Does not throw.
   */
  run(): Promise<void>;
  /** Returns how many cascades are pending. */
  count(): Promise<number>;
  /** Returns how many pending cascades failed the last time this process tried them. */
  countFailed(): number;
  /** Stops and resolves when the current chunk is finished. */
  close(): Promise<void>;
}

const NO_ONE: AuditActor = { actorKind: null, actorId: null, actorTokenId: null, ip: null, userAgent: null };

/** A pending cascade. */
interface Work {
  readonly id: string;
  readonly at: number;
  readonly actor: AuditActor;
  readonly locks: readonly Lock[];
  /** Applies the next chunk. */
  readonly apply: (uow: UnitOfWork) => Promise<void>;
}

/** A chunk changes the tokens of one user or workspace, or its members. Shares of the tokens can be in other workspaces. */
function cascadeWork(cascade: Cascade): Work {
  const { tokenId, at, actor } = cascade;
  const locks = locksOfCascade(cascade);
  return { id: tokenId, at, actor, locks, apply: (uow) => applyCascadeChunk(uow, cascade) };
}

function endWork(end: PendingEnd): Work {
  const { id, set, at, actor, deletesGrants } = end;
  const { holder } = set;
  const isShared = deletesGrants && holder.on === 'user';
  const locks: Lock[] = isShared ? [holder, { on: 'grantsOfUser', userId: holder.id }] : [holder];
  return { id, at, actor, locks, apply: (uow) => applyEndChunk(uow, end) };
}

/** Deletes what is left of a deleted workspace without its tokens. It writes no audit events. */
function workspaceWork({ id, at }: DeletedWorkspace): Work {
  const locks = [{ on: 'workspace', id }] as const;
  return { id, at, actor: NO_ONE, locks, apply: ({ tx }) => deleteWorkspaceRows(tx, id, CHUNK) };
}

/** A chunk deletes shares or invitations in a few workspaces. No row is added to an end. */
async function grantWork(db: Executor, end: PendingGrantEnd): Promise<Work> {
  const { id, set, at, actor } = end;
  const workspaceIds = await findWorkspacesOfEnd(db, end, CHUNK);
  const locks = [set.holder, ...workspaceIds.map((id) => ({ on: 'workspace', id }) as const)];
  return { id, at, actor: actor ?? NO_ONE, locks, apply: (uow) => applyGrantChunk(uow, end, workspaceIds) };
}

/** Returns the oldest pending cascade that is not in `except`. */
async function findWork(db: Executor, except: readonly string[]): Promise<Work | null> {
  const cascade = await findCascade(db, { except });
  const end = await findEnd(db, { except });
  const workspace = await findDeletedWorkspace(db, { except });
  const grants = await findGrantEnd(db, { except });
  const found = [
    cascade && cascadeWork(cascade),
    end && endWork(end),
    workspace && workspaceWork(workspace),
    grants && (await grantWork(db, grants)),
  ];
  const [oldest = null] = found.filter((work) => work !== null).sort((one, other) => one.at - other.at);
  return oldest;
}

/** Remembers which cascades failed, and until when each of them waits. */
function createFailures(now: () => number) {
  const failures = new Map<string, { readonly count: number; readonly until: number }>();
  return {
    add(id: string): number {
      const count = (failures.get(id)?.count ?? 0) + 1;
      failures.set(id, { count, until: now() + Math.min(FIRST_WAIT_MS * 2 ** (count - 1), LONGEST_WAIT_MS) });
      return count;
    },
    remove: (id: string) => failures.delete(id),
    waiting: () => [...failures].filter(([, { until }]) => now() < until).map(([id]) => id),
    count: () => failures.size,
    /** Forgets those that do not wait, because they are no longer pending. */
    forget(): void {
      for (const [id, { until }] of failures) if (now() >= until) failures.delete(id);
    },
  };
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
  monotonic?: () => number;
}): Cascades {
  const { db, changes, events, logger, monotonic = monotonicNow } = deps;
  const failures = createFailures(monotonic);
  let closed = false;
  let running: Promise<void> | null = null;

  async function apply({ id, actor, locks, apply: applyNext }: Work): Promise<void> {
    try {
      await changes.resume(actor, locks, applyNext);
      failures.remove(id);
    } catch (error) {
      const attempts = failures.add(id);
      logger.warn({ err: error, cascade: id, attempts }, 'could not store the end of tokens in their rows');
    }
  }

  async function applyAll(): Promise<void> {
    while (!closed) {
      const next = await findWork(db, failures.waiting());
      if (!next) {
        failures.forget();
        return;
      }
      await apply(next);
      await pause(PAUSE_MS);
    }
  }

  async function tryToApply(): Promise<void> {
    try {
      await applyAll();
    } catch (error) {
      logger.warn({ err: error }, 'could not look for pending ends of tokens');
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
    async count() {
      const counts = [countCascades, countEnds, countDeletedWorkspaces, countGrantEnds];
      return (await Promise.all(counts.map((of) => of(db)))).reduce((sum, each) => sum + each, 0);
    },
    countFailed: failures.count,
    async close() {
      closed = true;
      clearInterval(timer);
      await running;
    },
  };
}
