import type { GroupSettings } from '../../domain/accounts/groups.ts';
import { highestRole, isAtLeast } from '../../domain/roles.ts';
import {
  findOutdatedRoles,
  type MappedRole,
  type MemberFilter,
} from '../../storage/repositories/accounts/group-roles.ts';
import { insertMappedMember, setMappedRole } from '../../storage/repositories/accounts/mapped-members.ts';
import { deleteSharesIn } from '../../storage/repositories/channel-shares.ts';
import { deleteMember, findMember } from '../../storage/repositories/members.ts';
import type { UnitOfWork } from '../transactions/unit-of-work.ts';
import { auditMember } from './members.ts';

/** What the audit log says about the cause of a change. */
export type Cause = Readonly<Record<string, unknown>>;

/** Stores the role that the groups of a user give in a workspace, and writes what it changes into the audit log. */
async function applyMappedRole(uow: UnitOfWork, mapped: MappedRole, cause: Cause): Promise<void> {
  const { workspaceId, userId, role: groupRole } = mapped;
  const member = await findMember(uow.tx, workspaceId, userId);
  if (!member) {
    if (groupRole === null) return;
    await insertMappedMember(uow.tx, mapped, groupRole, uow.now);
    await auditMember(uow, 'member.joined', mapped, { role: groupRole, ...cause });
    return;
  }
  const { directRole } = member;
  const role = directRole && groupRole ? highestRole(directRole, groupRole) : (directRole ?? groupRole);
  // Otherwise the person could keep access through shares that other members or tokens gave.
  if (role === null || !isAtLeast(role, member.role)) await deleteSharesIn(uow.tx, workspaceId, userId);
  if (role === null) {
    await deleteMember(uow.tx, workspaceId, userId);
    await auditMember(uow, 'member.removed', member, { role: member.role, ...cause });
    return;
  }
  await setMappedRole(uow.tx, member, groupRole);
  if (role === member.role) return;
  await auditMember(uow, 'member.role_changed', member, { role, before: member.role, ...cause });
}

/**
 * Brings the roles that groups give up to date for up to `most` members, losses first; returns how many were not. The
 * workspaces must be locked, and the users or the roles of groups.
 */
export async function applyMappedRoles(
  uow: UnitOfWork,
  settings: readonly GroupSettings[],
  filter: MemberFilter,
  most: number,
  cause: Cause,
): Promise<number> {
  const outdated = await findOutdatedRoles(uow.tx, settings, filter, most);
  for (const mapped of outdated) await applyMappedRole(uow, mapped, cause);
  return outdated.length;
}
