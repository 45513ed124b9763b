import { toGlobalId } from '../../domain/global-id.ts';
import type { Invitation, InvitationVoidReason } from '../../domain/workspace.ts';
import {
  type InvitationCreator,
  listInvitationsOf,
  voidInvitations,
} from '../../storage/repositories/invitations.ts';
import type { UnitOfWork } from '../transactions/unit-of-work.ts';

/** Writes an audit event about an invitation into the log of its workspace. */
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

/** Voids the open invitations of an email address and writes an audit event for each. */
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
 * Writes an audit event for each open invitation that a user or token created. Call it before these invitations are
 * deleted because their creator lost the authority to invite.
 */
export async function auditLostInvitations(uow: UnitOfWork, creator: InvitationCreator): Promise<void> {
  for (const invitation of await listInvitationsOf(uow.tx, creator, uow.now)) {
    const voided = {
      ...invitation,
      voidReason: invitation.voidReason ?? ('INVITER_LOST_AUTHORITY' as const),
    };
    await auditInvitation(uow, 'member.invitation_voided', voided);
  }
}
