import { toGlobalId } from '../../domain/global-id.ts';
import { highestRole } from '../../domain/roles.ts';
import type { Token } from '../../domain/token.ts';
import { deleteMemberGrantsOfToken, type RemainingRole } from '../../storage/repositories/member-grants.ts';
import { deleteMember, restoreMemberRole } from '../../storage/repositories/members.ts';
import type { UnitOfWork } from '../transactions/unit-of-work.ts';
import { endSharesWith } from '../workspaces/grant-ends.ts';
import { auditMember } from '../workspaces/members.ts';
import { revokeToken } from './lifecycle.ts';

/**
 * Revokes a token and takes back what it and its descendants gave, even if it is revoked already. Deletes their shares
 * and open invitations, and reduces each member to the role that a user or another token gave. Does not affect Owners
 * or a role that a user has confirmed since. Adds `detail` to each audit event. `token` must be the current row.
 */
export async function revokeAndTakeBack(
  uow: UnitOfWork,
  token: Token,
  detail: Record<string, unknown> = {},
): Promise<Token> {
  const revoked = await revokeToken(uow, token, { deletesGrants: true, detail });
  const auditDetail = { takenBackFrom: toGlobalId('Token', token.id), ...detail };
  for (const remaining of await deleteMemberGrantsOfToken(uow.tx, token.id)) {
    await reduceMember(uow, remaining, auditDetail);
  }
  return revoked;
}

/** Sets the member to the remaining direct role; removes the member if groups give none either. */
async function reduceMember(
  uow: UnitOfWork,
  { member, directRole, groupRole }: RemainingRole,
  detail: Record<string, unknown>,
) {
  if (directRole === member.directRole) return;
  const role = directRole && groupRole ? highestRole(directRole, groupRole) : (directRole ?? groupRole);
  if (role !== member.role) await endSharesWith(uow, member.workspaceId, member.userId);
  if (role === null) {
    await deleteMember(uow.tx, member.workspaceId, member.userId);
    await auditMember(uow, 'member.removed', member, { role: member.role, ...detail });
    return;
  }
  await restoreMemberRole(uow.tx, member, directRole);
  if (role === member.role) return;
  await auditMember(uow, 'member.role_changed', member, { role, before: member.role, ...detail });
}
