import { setTimeout as pause } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import { toGlobalId } from '../../domain/global-id.ts';
import { highestRole } from '../../domain/roles.ts';
import type { Token } from '../../domain/token.ts';
import type { Executor } from '../../storage/database.ts';
import { type Cascade, findCascade, insertCascade } from '../../storage/repositories/ends/token-cascades.ts';
import {
  deleteGivenRoles,
  findGivenMembers,
  type RemainingRole,
} from '../../storage/repositories/member-grants.ts';
import { deleteMember, restoreMemberRole } from '../../storage/repositories/members.ts';
import { CHUNK, PAUSE_MS } from '../transactions/chunk.ts';
import type { Lock } from '../transactions/locks.ts';
import type { UnitOfWork, UnitOfWorkRunner } from '../transactions/unit-of-work.ts';
import { endSharesWith, holderOfToken } from '../workspaces/grant-ends.ts';
import { auditMember } from '../workspaces/members.ts';
import { applyChunk } from './descendants.ts';
import { revokeToken } from './lifecycle.ts';

type Detail = Readonly<Record<string, unknown>>;

/**
 * Revokes a token and takes back what it and its descendants gave, even if it is revoked already. Deletes their shares
 * and open invitations, and reduces each member to the role that a user or another token gave. Does not affect Owners
 * or a role that a user has confirmed since. Adds `detail` to each audit event. `token` must be the current row.
 *
 * Of many members, it reduces those with the highest roles, and the others follow in chunks. They keep their roles until then, so
 * the call must wait for `finishTakeBack` after the commit.
 */
export async function revokeAndTakeBack(uow: UnitOfWork, token: Token, detail: Detail = {}): Promise<Token> {
  const revoked = await revokeToken(uow, token, { deletesGrants: true, detail });
  if (await reduceMembers(uow, token.id, detail)) {
    const { actor, now: at } = uow;
    const end = { tokenId: token.id, holder: holderOfToken(token), at, actor, detail };
    await insertCascade(uow.tx, { ...end, deletesGrants: true, takesBack: true });
  }
  return revoked;
}

/** Takes back what a token and its descendants gave up to `CHUNK` members; returns whether there are more. */
async function reduceMembers(uow: UnitOfWork, tokenId: string, detail: Detail): Promise<boolean> {
  const given = await findGivenMembers(uow.tx, tokenId, CHUNK);
  if (!given) return false;
  const auditDetail = { takenBackFrom: toGlobalId('Token', tokenId), ...detail };
  for (const remaining of await deleteGivenRoles(uow.tx, given)) {
    await reduceMember(uow, remaining, auditDetail);
  }
  return given.hasMore;
}

/** Sets the member to the remaining direct role; removes the member if groups give none either. */
async function reduceMember(
  uow: UnitOfWork,
  { member, directRole, groupRole }: RemainingRole,
  detail: Detail,
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

/** Returns what a chunk of a cascade locks: the user or workspace of its tokens, and others in which these share. */
export function locksOfCascade({ tokenId, holder, deletesGrants }: Cascade): Lock[] {
  return deletesGrants ? [holder, { on: 'sharesOfToken', tokenId }] : [holder];
}

/**
 * Applies the next chunk of a cascade, to members before descendants. Does nothing if the cascade is not as it was read, because
 * another server works on it, or a call replaced it.
 */
export async function applyCascadeChunk(uow: UnitOfWork, cascade: Cascade): Promise<void> {
  const { tokenId, takesBack, detail } = cascade;
  if (takesBack) {
    if (!isDeepStrictEqual(await findCascade(uow.tx, { tokenId }), cascade)) return;
    if (await reduceMembers(uow, tokenId, detail)) return;
  }
  await applyChunk(uow, cascade);
}

/** Resolves when no member has a role any more that is taken back from a token. */
export async function finishTakeBack(
  { db, changes }: { readonly db: Executor; readonly changes: UnitOfWorkRunner },
  tokenId: string,
): Promise<void> {
  for (; ; await pause(PAUSE_MS)) {
    const cascade = await findCascade(db, { tokenId });
    if (!cascade?.takesBack) return;
    await changes.resume(cascade.actor, locksOfCascade(cascade), (uow) => applyCascadeChunk(uow, cascade));
  }
}
