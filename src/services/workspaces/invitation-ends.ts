import { toGlobalId } from '../../domain/global-id.ts';
import type { Invitation, InvitationVoidReason } from '../../domain/workspace.ts';
import {
  type InvitationCreator,
  listInvitationsOf,
  voidInvitations,
} from '../../storage/repositories/invitations.ts';
import type { UnitOfWork } from '../transactions/unit-of-work.ts';

/** Writes an audit row about an invitation into the log of its workspace. */
export async function auditInvitation(
  uow: UnitOfWork,
  action: 'member.invited' | 'member.invitation_revoked' | 'member.invitation_voided',
  { id, workspaceId, email, role, voidReason }: Invitation,
): Promise<void> {
  await uow.audit({
    action,
    workspaceId,
    targetId: toGlobalId('Invitation', id),
    detail: { email, role, ...(voidReason && { reason: voidReason }) },
  });
}

/** Makes the open invitations to an address void, with a row in the audit log of each workspace. */
export async function voidInvitationsTo(
  uow: UnitOfWork,
  email: string,
  reason: InvitationVoidReason,
): Promise<void> {
  for (const invitation of await voidInvitations(uow.tx, email, reason, uow.now)) {
    await auditInvitation(uow, 'member.invitation_voided', invitation);
  }
}

/**
 * Tells the workspaces, in their audit logs, of the open invitations of a person or token that are about to be deleted
 * because their maker lost the authority to give them.
 */
export async function auditLostInvitations(uow: UnitOfWork, maker: InvitationCreator): Promise<void> {
  for (const invitation of await listInvitationsOf(uow.tx, maker, uow.now)) {
    const lost = { ...invitation, voidReason: invitation.voidReason ?? ('INVITER_LOST_AUTHORITY' as const) };
    await auditInvitation(uow, 'member.invitation_voided', lost);
  }
}
