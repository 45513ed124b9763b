import { toGlobalId } from '../domain/global-id.ts';
import { findNewestAuditInstant } from '../storage/audit-events.ts';
import type { Executor } from '../storage/database.ts';
import { deleteInstallationId } from '../storage/installation.ts';
import { deleteInvitationsOf } from '../storage/invitations.ts';
import { deleteSessions } from '../storage/sessions.ts';
import { listUsers } from '../storage/users.ts';
import { listWorkspaceIds } from '../storage/workspaces.ts';
import type { Change, Changes } from './changes.ts';
import { revokeTokensOf } from './token-stops.ts';

/**
 * What is to become of the secrets in a restored database. The copy cannot know what was revoked, deleted or replaced
 * after it was made: `REISSUE` refuses all of them, `AS_IS` accepts those that it knows as working.
 */
export type RestoreChoice = 'REISSUE' | 'AS_IS';

/** What was done to a restored database. */
export interface Restoring {
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
export async function settleRestored(
  { db, changes }: { db: Executor; changes: Changes },
  choice: RestoreChoice,
): Promise<Restoring> {
  const knowsUntil = await findNewestAuditInstant(db);
  const detail = { choice, knowsUntil: knowsUntil === null ? null : new Date(knowsUntil).toISOString() };
  let [revokedTokens, endedSessions, deletedInvitations] = [0, 0, 0];

  async function settleUser(change: Change, userId: string): Promise<void> {
    if (choice === 'REISSUE') {
      revokedTokens += await revokeTokensOf(change, { ownerId: userId });
      endedSessions += await deleteSessions(change.tx, userId);
    }
    await change.audit({
      action: 'database.restored',
      userId,
      targetId: toGlobalId('User', userId),
      detail,
    });
  }

  async function settleWorkspace(change: Change, workspaceId: string): Promise<void> {
    if (choice === 'REISSUE') {
      revokedTokens += await revokeTokensOf(change, { workspaceId });
      deletedInvitations += await deleteInvitationsOf(change.tx, workspaceId);
    }
    const targetId = toGlobalId('Workspace', workspaceId);
    await change.audit({ action: 'database.restored', workspaceId, targetId, detail });
  }

  for (const { id } of await listUsers(db)) await changes.runAsOperator((change) => settleUser(change, id));
  for (const id of await listWorkspaceIds(db)) {
    await changes.runAsOperator((change) => settleWorkspace(change, id));
  }
  // No session outlives this, so the copy may as well have a cookie of its own: the original may still run on the same host.
  if (choice === 'REISSUE') await changes.runAsOperator(({ tx }) => deleteInstallationId(tx));
  return { knowsUntil, revokedTokens, endedSessions, deletedInvitations };
}
