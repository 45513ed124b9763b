import { toGlobalId } from '../../domain/global-id.ts';
import type { Executor } from '../../storage/database.ts';
import { deleteAllScimCredentials } from '../../storage/repositories/accounts/scim-credentials.ts';
import { endSessions } from '../../storage/repositories/accounts/sessions.ts';
import { deleteResetLink, listUsers } from '../../storage/repositories/accounts/users.ts';
import { findNewestAuditInstant } from '../../storage/repositories/audit-events.ts';
import { deleteInstallationId } from '../../storage/repositories/installation.ts';
import { deleteInvitationsOf } from '../../storage/repositories/invitations.ts';
import { listWorkspaceIds } from '../../storage/repositories/workspaces.ts';
import { revokeSet } from '../tokens/ends.ts';
import { auditUser } from '../transactions/audit-user.ts';
import type { UnitOfWork, UnitOfWorkRunner } from '../transactions/unit-of-work.ts';

/**
 * The treatment of existing secrets in a restored database. A backup does not contain later revocations, deletions and
 * replacements. `REISSUE` invalidates all secrets; `AS_IS` accepts those that were valid at the time of the backup.
 */
export type RestoreChoice = 'REISSUE' | 'AS_IS';

/** The result of finishing a restore. */
export interface PostRestore {
  /** The instant of the newest audit event in the backup, in milliseconds since the epoch; `null` if there is none. */
  readonly knowsUntil: number | null;
  readonly revokedTokens: number;
  readonly endedSessions: number;
  readonly deletedInvitations: number;
}

/**
 * Prepares a restored database before a server opens it. With `REISSUE`, revokes every token, ends every session and
 * deletes every invitation, reset link and SCIM credential. Writes an audit event about the restore into the log of each account
 * and workspace.
 */
export async function finishRestore(
  { db, changes }: { db: Executor; changes: UnitOfWorkRunner },
  choice: RestoreChoice,
): Promise<PostRestore> {
  const knowsUntil = await findNewestAuditInstant(db);
  const detail = { choice, knowsUntil: knowsUntil === null ? null : new Date(knowsUntil).toISOString() };
  let [revokedTokens, endedSessions, deletedInvitations] = [0, 0, 0];

  async function finishUser(uow: UnitOfWork, userId: string): Promise<void> {
    if (choice === 'REISSUE') {
      revokedTokens += await revokeSet(uow, { holder: { on: 'user', id: userId } });
      endedSessions += await endSessions(uow.tx, userId, uow.now);
      await deleteResetLink(uow.tx, userId);
    }
    await auditUser(uow, 'database.restored', userId, detail);
  }

  async function finishWorkspace(uow: UnitOfWork, workspaceId: string): Promise<void> {
    if (choice === 'REISSUE') {
      revokedTokens += await revokeSet(uow, { holder: { on: 'workspace', id: workspaceId } });
      deletedInvitations += await deleteInvitationsOf(uow.tx, workspaceId);
    }
    const targetId = toGlobalId('Workspace', workspaceId);
    await uow.audit({ action: 'database.restored', workspaceId, targetId, detail });
  }

  for (const { id } of await listUsers(db)) await changes.runAsOperator((uow) => finishUser(uow, id));
  for (const id of await listWorkspaceIds(db)) {
    await changes.runAsOperator((uow) => finishWorkspace(uow, id));
  }
  // Deleting the id gives the copy a new one and its own cookie name, because the original may run on the same host.
  // Existing cookies stop working, but no session is left.
  if (choice === 'REISSUE') {
    await changes.runAsOperator(async ({ tx }) => {
      await deleteAllScimCredentials(tx);
      await deleteInstallationId(tx);
    });
  }
  return { knowsUntil, revokedTokens, endedSessions, deletedInvitations };
}
