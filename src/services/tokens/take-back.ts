import { toGlobalId } from '../../domain/global-id.ts';
import type { Token } from '../../domain/token.ts';
import { deleteGrantsOfToken } from '../../storage/query/granters.ts';
import { deleteSharesIn } from '../../storage/repositories/channel-shares.ts';
import { deleteMemberGrantsOfToken, type RemainingRole } from '../../storage/repositories/member-grants.ts';
import { deleteMember, restoreMemberRole } from '../../storage/repositories/members.ts';
import type { UnitOfWork } from '../transactions/unit-of-work.ts';
import { auditMember } from '../workspaces/members.ts';
import { revokeToken } from './lifecycle.ts';

/**
 * Revokes a token and takes back all that it and its descendants gave, also if it is revoked already: shares and open
 * invitations are deleted, and each member falls back to the role that a person, or another token, gave. An Owner is
 * never affected, nor a role that a person confirmed since. `detail` goes into each audit row. Throws `NOT_FOUND`.
 */
export async function revokeAndTakeBack(
  uow: UnitOfWork,
  tokenId: string,
  detail: Record<string, unknown> = {},
): Promise<Token> {
  const token = await revokeToken(uow, tokenId, detail);
  await deleteGrantsOfToken(uow.tx, tokenId);
  const why = { takenBackFrom: toGlobalId('Token', tokenId), ...detail };
  for (const remaining of await deleteMemberGrantsOfToken(uow.tx, tokenId)) {
    await reduce(uow, remaining, why);
  }
  return token;
}

async function reduce(uow: UnitOfWork, { member, role }: RemainingRole, why: Record<string, unknown>) {
  if (role === member.role) return;
  await deleteSharesIn(uow.tx, member.workspaceId, member.userId);
  if (role === null) {
    await deleteMember(uow.tx, member.workspaceId, member.userId);
    await auditMember(uow, 'member.removed', member, { role: member.role, ...why });
  } else {
    await restoreMemberRole(uow.tx, member, role);
    await auditMember(uow, 'member.role_changed', member, { role, before: member.role, ...why });
  }
}
