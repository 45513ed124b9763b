import type { GroupSettings } from '../../domain/accounts/groups.ts';
import { failure } from '../../domain/errors.ts';
import { highestRole } from '../../domain/roles.ts';
import type { Invitation, Member } from '../../domain/workspace.ts';
import { deleteExclusion } from '../../storage/repositories/accounts/mapped-members.ts';
import type { GrantingToken } from '../../storage/repositories/member-grants.ts';
import { findMember, insertMember, setMemberRole } from '../../storage/repositories/members.ts';
import type { UnitOfWork } from '../transactions/unit-of-work.ts';
import { applyMappedRoles } from './mapped-roles.ts';
import { auditMember } from './members.ts';

/** Gives a user the role of an invitation. Groups can have made the user a member since. Throws `CONFLICT`. */
async function giveRole(
  uow: UnitOfWork,
  { workspaceId, role }: Invitation,
  userId: string,
  granters: readonly GrantingToken[],
): Promise<void> {
  const present = await findMember(uow.tx, workspaceId, userId);
  if (!present) {
    await insertMember(uow.tx, { workspaceId, userId, role, joinedAt: uow.now }, granters);
    await auditMember(uow, 'member.joined', { workspaceId, userId }, { role }, userId);
    return;
  }
  if (present.directRole !== null) throw failure('CONFLICT', 'You are a member of this workspace already.');
  await setMemberRole(uow.tx, present, role, granters);
  const detail = { role: highestRole(role, present.role), directRole: role, before: present.role };
  await auditMember(uow, 'member.role_changed', present, detail, userId);
}

/**
 * Makes a user a member with the role of an invitation, and with that of their groups from now on. The user and the workspace
 * must be locked.
 */
export async function join(
  uow: UnitOfWork,
  invitation: Invitation,
  userId: string,
  granters: readonly GrantingToken[],
  settings: readonly GroupSettings[],
): Promise<Member> {
  const { workspaceId } = invitation;
  await giveRole(uow, invitation, userId, granters);
  if (await deleteExclusion(uow.tx, { workspaceId, userId })) {
    const filter = { userId, workspaceIds: [workspaceId] };
    await applyMappedRoles(uow, settings, filter, 1, { by: 'group' });
  }
  const member = await findMember(uow.tx, workspaceId, userId);
  if (!member) throw new Error('a member who joined is missing');
  return member;
}
