import { toGlobalId } from '../domain/global-id.ts';
import type { Token } from '../domain/token.ts';
import { deleteSharesIn } from '../storage/channel-shares.ts';
import { deleteGrantsOfToken } from '../storage/granters.ts';
import { deleteMemberGrantsOfToken, type RemainingRole } from '../storage/member-grants.ts';
import { deleteMember, restoreMemberRole } from '../storage/members.ts';
import type { Change } from './changes.ts';
import { auditMember } from './members.ts';
import { revokeToken } from './token-stops.ts';

/**
 * Revokes a token and takes back all that it and its descendants gave, also if it is revoked already: shares and open
 * invitations are deleted, and each member falls back to the role that a person, or another token, gave. An Owner is
 * never affected, nor a role that a person confirmed since. `detail` goes into each audit row. Throws `NOT_FOUND`.
 */
export async function revokeAndTakeBack(
  change: Change,
  tokenId: string,
  detail: Record<string, unknown> = {},
): Promise<Token> {
  const token = await revokeToken(change, tokenId, detail);
  await deleteGrantsOfToken(change.tx, tokenId);
  const why = { takenBackFrom: toGlobalId('Token', tokenId), ...detail };
  for (const remaining of await deleteMemberGrantsOfToken(change.tx, tokenId)) {
    await reduce(change, remaining, why);
  }
  return token;
}

async function reduce(change: Change, { member, role }: RemainingRole, why: Record<string, unknown>) {
  if (role === member.role) return;
  await deleteSharesIn(change.tx, member.workspaceId, member.userId);
  if (role === null) {
    await deleteMember(change.tx, member.workspaceId, member.userId);
    await auditMember(change, 'member.removed', member, { role: member.role, ...why });
  } else {
    await restoreMemberRole(change.tx, member, role);
    await auditMember(change, 'member.role_changed', member, { role, before: member.role, ...why });
  }
}
