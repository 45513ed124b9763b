import { setTimeout as pause } from 'node:timers/promises';
import type { AuditActor } from '../../domain/audit.ts';
import { DAY } from '../../domain/duration.ts';
import type { Clock } from '../../platform/clock.ts';
import type { Executor } from '../../storage/database.ts';
import { findExpiredFederated, findTokens } from '../../storage/repositories/tokens.ts';
import { deleteEach } from '../tokens/descendants.ts';
import { CHUNK, PAUSE_MS } from '../transactions/chunk.ts';
import type { UnitOfWorkRunner } from '../transactions/unit-of-work.ts';

/** How long expired tokens of federations are kept. */
const KEPT = DAY;

/** The server itself in the audit log. */
const SERVER: AuditActor = {
  actorKind: null,
  actorId: null,
  actorTokenId: null,
  ip: null,
  userAgent: null,
};

/**
 * Deletes the tokens of federations, and those that derive from them, that have expired a day ago; returns the count. Several
 * servers can do it at the same time.
 */
export async function deleteExpiredFederated(deps: {
  readonly db: Executor;
  readonly changes: UnitOfWorkRunner;
  readonly clock: Clock;
}): Promise<number> {
  const { db, changes, clock } = deps;
  for (let total = 0; ; await pause(PAUSE_MS)) {
    const expired = await findExpiredFederated(db, clock() - KEPT, CHUNK);
    const locks = [...new Set(expired.map(({ workspaceId }) => workspaceId))].map(
      (id) => ({ on: 'workspace', id }) as const,
    );
    if (expired.length > 0) {
      await changes.resume(SERVER, locks, async (uow) => {
        await deleteEach(
          uow,
          await findTokens(
            uow.tx,
            expired.map(({ id }) => id),
          ),
        );
      });
    }
    total += expired.length;
    if (expired.length < CHUNK) return total;
  }
}
