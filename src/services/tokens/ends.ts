import { isDeepStrictEqual } from 'node:util';
import { toGlobalId } from '../../domain/global-id.ts';
import type { Token } from '../../domain/token.ts';
import { countKeptTokens } from '../../storage/query/token-amounts.ts';
import { countSharesOf } from '../../storage/repositories/ends/grant-ends.ts';
import {
  advanceEnd,
  countLiveTokens,
  deleteEnd,
  findEnd,
  findTokensOfSet,
  insertEnd,
  type PendingEnd,
  START,
  type TokenSet,
} from '../../storage/repositories/ends/token-ends.ts';
import { CHUNK } from '../transactions/chunk.ts';
import type { UnitOfWork } from '../transactions/unit-of-work.ts';
import { endGrantsOfTokens } from '../workspaces/grant-ends.ts';
import { applyToDescendants, deleteEach, type EndOptions, revokeEach } from './descendants.ts';

/** How the tokens of a set end. */
type SetEnd = Pick<PendingEnd, 'deletes' | 'deletesGrants' | 'at' | 'detail'> & { readonly set: TokenSet };

/** Stores the end of a set in the rows of some of its tokens. */
async function applyTo(uow: UnitOfWork, end: SetEnd, tokens: readonly Token[]): Promise<void> {
  const { subject, createdBy, issuedBy } = end.set;
  if (end.deletes) {
    await deleteEach(uow, tokens);
    return;
  }
  await revokeEach(uow, tokens, end.at, end.detail);
  if (end.deletesGrants) await endGrantsOfTokens(uow, tokens);
  // All tokens of a user or a workspace include what derives from them.
  if (subject == null && createdBy == null && issuedBy == null) return;
  const live = tokens.filter(({ revokedAt }) => revokedAt === null);
  for (const token of live) await applyToDescendants(uow, token, { detail: end.detail });
}

/** Writes the audit event of a call whose tokens get theirs later. */
async function auditCall(
  uow: UnitOfWork,
  { set, deletes, detail }: Omit<SetEnd, 'at'>,
  count: number,
): Promise<void> {
  const { holder, subject, createdBy, issuedBy } = set;
  await uow.audit({
    action: deletes ? 'token.many_deleted' : 'token.many_revoked',
    userId: holder.on === 'user' ? holder.id : null,
    workspaceId: holder.on === 'workspace' ? holder.id : null,
    detail: {
      tokens: count,
      ...(subject != null && { subject }),
      ...(createdBy != null && { createdBy: toGlobalId('User', createdBy) }),
      ...(issuedBy != null && { issuedBy: toGlobalId('Token', issuedBy) }),
      ...detail,
    },
  });
}

/**
 * Ends the tokens of a set, of which `count` have not ended, and all that derive from them. If there are more than `CHUNK`, it
 * stores that their end is pending, and their rows follow in chunks; they are refused from the next request on either way. The
 * user or workspace must be locked.
 */
async function endSet(uow: UnitOfWork, end: Omit<SetEnd, 'at'>, count: number): Promise<void> {
  const { actor, now: at } = uow;
  const isLive = !end.deletes && !end.deletesGrants;
  const tokens = await findTokensOfSet(uow.tx, end.set, START, CHUNK + 1, { isLive });
  if (tokens.length <= CHUNK) {
    await applyTo(uow, { ...end, at }, tokens);
    return;
  }
  await insertEnd(uow.tx, { ...end, id: uow.newId(), at, actor });
  if (count > 0) await auditCall(uow, end, count);
  uow.startCascade();
}

/** Revokes the tokens of a set and all that derive from them; returns how many of the set were not revoked before. */
export async function revokeSet(
  uow: UnitOfWork,
  set: TokenSet,
  { deletesGrants = false, detail = {} }: EndOptions = {},
): Promise<number> {
  const { count } = await countLiveTokens(uow.tx, set);
  if (count > 0 || deletesGrants) await endSet(uow, { set, deletes: false, deletesGrants, detail }, count);
  return count;
}

/**
 * Revokes every personal token of a user and deletes the shares that they gave, so that no regeneration restores them.
 */
export async function endTokensOf(
  uow: UnitOfWork,
  userId: string,
): Promise<{ revokedTokens: number; deletedShares: number }> {
  const deletedShares = await countSharesOf(uow.tx, userId, { onlyByTokens: true });
  const set = { holder: { on: 'user', id: userId } } as const;
  const revokedTokens = await revokeSet(uow, set, { deletesGrants: true });
  return { revokedTokens, deletedShares };
}

/** Deletes all tokens of a user or a workspace; returns the count. */
export async function deleteAll(uow: UnitOfWork, holder: TokenSet['holder']): Promise<number> {
  const owner = holder.on === 'user' ? { ownerId: holder.id } : { workspaceId: holder.id };
  const count = await countKeptTokens(uow.tx, owner);
  if (count > 0)
    await endSet(uow, { set: { holder }, deletes: true, deletesGrants: true, detail: {} }, count);
  return count;
}

/**
 * Applies the next chunk of a pending end. Does nothing if the end is not as it was read, because another server works on it.
 */
export async function applyEndChunk(uow: UnitOfWork, end: PendingEnd): Promise<void> {
  const { id, set, after, number } = end;
  if (!isDeepStrictEqual(await findEnd(uow.tx, { id }), end)) return;
  const chunk = await findTokensOfSet(uow.tx, set, after, CHUNK, { number });
  await applyTo(uow, end, chunk);
  const last = chunk.at(-1);
  if (last && chunk.length === CHUNK) await advanceEnd(uow.tx, id, { at: last.createdAt, id: last.id });
  else await deleteEnd(uow.tx, id);
}
