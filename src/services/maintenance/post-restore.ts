import { toGlobalId } from '../../domain/global-id.ts';
import type { Executor } from '../../storage/database.ts';
import { findNewestAuditInstant } from '../../storage/repositories/audit-events.ts';
import { deleteInstallationId } from '../../storage/repositories/installation.ts';
import { deleteInvitationsOf } from '../../storage/repositories/invitations.ts';
import { deleteSessions } from '../../storage/repositories/sessions.ts';
import { listUsers } from '../../storage/repositories/users.ts';
import { listWorkspaceIds } from '../../storage/repositories/workspaces.ts';
import { revokeTokensOf } from '../tokens/lifecycle.ts';
import type { UnitOfWork, UnitOfWorkRunner } from '../transactions/unit-of-work.ts';

/**
 * What is to become of the secrets in a restored database. The copy cannot know what was revoked, deleted or replaced
 * after it was made: `REISSUE` refuses all of them, `AS_IS` accepts those that it knows as working.
 */
export type RestoreChoice = 'REISSUE' | 'AS_IS';

/** What was done to a restored database. */
export interface PostRestore {
  /** The newest thing that the copy knows of, in milliseconds; `null` where it is empty. */
  readonly knowsUntil: number | null;
  readonly revokedTokens: number;
  readonly endedSessions: number;
  readonly deletedInvitations: number;
}

/**
 * Makes a restored database fit for use before any server opens it: with `REISSUE`, revokes every token, ends every
 * session and deletes every invitation. Every account and every workspace finds it in its audit log.
 */
export async function finishRestore(
  { db, changes }: { db: Executor; changes: UnitOfWorkRunner },
  choice: RestoreChoice,
): Promise<PostRestore> {
  const knowsUntil = await findNewestAuditInstant(db);
  const detail = { choice, knowsUntil: knowsUntil === null ? null : new Date(knowsUntil).toISOString() };
  let [revokedTokens, endedSessions, deletedInvitations] = [0, 0, 0];

  async function settleUser(uow: UnitOfWork, userId: string): Promise<void> {
    if (choice === 'REISSUE') {
      revokedTokens += await revokeTokensOf(uow, { ownerId: userId });
      endedSessions += await deleteSessions(uow.tx, userId);
    }
    await uow.audit({
      action: 'database.restored',
      userId,
      targetId: toGlobalId('User', userId),
      detail,
    });
  }

  async function settleWorkspace(uow: UnitOfWork, workspaceId: string): Promise<void> {
    if (choice === 'REISSUE') {
      revokedTokens += await revokeTokensOf(uow, { workspaceId });
      deletedInvitations += await deleteInvitationsOf(uow.tx, workspaceId);
    }
    const targetId = toGlobalId('Workspace', workspaceId);
    await uow.audit({ action: 'database.restored', workspaceId, targetId, detail });
  }

  for (const { id } of await listUsers(db)) await changes.runAsOperator((uow) => settleUser(uow, id));
  for (const id of await listWorkspaceIds(db)) {
    await changes.runAsOperator((uow) => settleWorkspace(uow, id));
  }
  // No session outlives this, so the copy may as well have a cookie of its own: the original may still run on the same host.
  if (choice === 'REISSUE') await changes.runAsOperator(({ tx }) => deleteInstallationId(tx));
  return { knowsUntil, revokedTokens, endedSessions, deletedInvitations };
}
