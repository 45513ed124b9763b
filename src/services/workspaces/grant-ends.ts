import type { AuditActor } from '../../domain/audit.ts';
import { toGlobalId } from '../../domain/global-id.ts';
import type { Token } from '../../domain/token.ts';
import type { Invitation, InvitationVoidReason } from '../../domain/workspace.ts';
import type { GrantKind } from '../../storage/query/ended-grants.ts';
import {
  countGrantsOfTokens,
  countInvitationsOf,
  countSharesOf,
  deleteEndedGrants,
  deleteGrantEndIfDone,
  deleteGrants,
  deleteGrantsOfTokens,
  findEndedInvitationOf,
  findEndedInvitations,
  findGrantEnd,
  type GrantSet,
  hasMoreGrants,
  insertGrantEnd,
  type PendingGrantEnd,
} from '../../storage/repositories/ends/grant-ends.ts';
import type { EndHolder } from '../../storage/repositories/ends/holder.ts';
import {
  type InvitationCreator,
  listInvitationsOf,
  voidInvitations,
} from '../../storage/repositories/invitations.ts';
import { CHUNK } from '../transactions/chunk.ts';
import type { UnitOfWork } from '../transactions/unit-of-work.ts';

/** The numbers of ended shares and invitations. A share counts once for each channel and recipient. */
export interface EndedGrants {
  readonly shares: number;
  readonly invitations: number;
}

/** Writes an audit event about an invitation into the log of its workspace, in the name of the caller or of `actor`. */
export async function auditInvitation(
  uow: UnitOfWork,
  action: 'member.invited' | 'member.invitation_revoked' | 'member.invitation_voided',
  { id, workspaceId, email, role, voidReason }: Invitation,
  actor?: AuditActor,
): Promise<void> {
  await uow.audit({
    action,
    workspaceId,
    targetId: toGlobalId('Invitation', id),
    detail: { email, role, ...(voidReason && { reason: voidReason }) },
    ...(actor && { actor }),
  });
}

/**
 * Voids up to `CHUNK` open invitations of an email address, and writes an audit event for each. Returns whether there can be more.
 */
export async function voidInvitationsTo(
  uow: UnitOfWork,
  email: string,
  reason: InvitationVoidReason,
): Promise<boolean> {
  const invitations = await voidInvitations(uow.tx, email, reason, { now: uow.now, most: CHUNK });
  for (const invitation of invitations) await auditInvitation(uow, 'member.invitation_voided', invitation);
  return invitations.length === CHUNK;
}

/** Writes the audit event of an invitation that is deleted because its creator lost the authority to invite. */
function auditLost(uow: UnitOfWork, invitation: Invitation, actor?: AuditActor): Promise<void> {
  const lost = { ...invitation, voidReason: 'INVITER_LOST_AUTHORITY' } as const;
  return auditInvitation(uow, 'member.invitation_voided', lost, actor);
}

async function auditLostOf(uow: UnitOfWork, creator: InvitationCreator): Promise<void> {
  for (const invitation of await listInvitationsOf(uow.tx, creator, uow.now))
    await auditLost(uow, invitation);
}

/** Returns the user or workspace that a token belongs to. */
export function holderOfToken({ ownerId, workspaceId }: Token): EndHolder {
  return ownerId === null ? { on: 'workspace', id: workspaceId as string } : { on: 'user', id: ownerId };
}

/** Stores that a set has ended: its rows do not count from the next request on, and follow in chunks. */
async function leaveToChunks(uow: UnitOfWork, set: GrantSet, actor: AuditActor | null): Promise<void> {
  await insertGrantEnd(uow.tx, { id: uow.newId(), set, at: uow.now, actor });
  uow.startCascade();
}

/** Ends the shares of a set. If there are more than `CHUNK` rows, they follow in chunks. */
async function endShares(uow: UnitOfWork, holder: EndHolder, recipientId?: string): Promise<void> {
  const set = { kind: 'SHARES', holder, recipientId: recipientId ?? null } as const;
  if (await hasMoreGrants(uow.tx, set, CHUNK)) await leaveToChunks(uow, set, null);
  else await deleteGrants(uow.tx, set);
}

/** Ends all shares with a user in a workspace, which must be locked. The rows of many follow in chunks. */
export function endSharesWith(uow: UnitOfWork, workspaceId: string, userId: string): Promise<void> {
  return endShares(uow, { on: 'workspace', id: workspaceId }, userId);
}

/**
 * Ends the invitations that a user created, and writes an audit event for each that was open; returns how many there were, void
 * ones included. The user must be locked. Those of many follow in chunks, with their audit events.
 */
export async function endInvitationsOf(uow: UnitOfWork, userId: string): Promise<number> {
  const count = await countInvitationsOf(uow.tx, userId);
  const set = { kind: 'INVITATIONS', holder: { on: 'user', id: userId } } as const;
  if (count > CHUNK) {
    await leaveToChunks(uow, set, uow.actor);
  } else if (count > 0) {
    await auditLostOf(uow, { userId });
    await deleteGrants(uow.tx, set);
  }
  return count;
}

/**
 * Ends the shares that a user gave, in a session or by tokens, and the invitations that the user created. The user must be
 * locked. The rows of many follow in chunks.
 */
export async function endGrantsOf(uow: UnitOfWork, userId: string): Promise<EndedGrants> {
  const shares = await countSharesOf(uow.tx, userId);
  if (shares > 0) await endShares(uow, { on: 'user', id: userId });
  return { shares, invitations: await endInvitationsOf(uow, userId) };
}

/** Ends what up to `CHUNK` tokens gave. The rows of a token with more than `CHUNK` follow in chunks. */
async function endOfTokens(
  uow: UnitOfWork,
  kind: GrantKind,
  tokens: readonly Token[],
  { isAudited = false } = {},
): Promise<void> {
  const ids = tokens.map(({ id }) => id);
  const counts = await countGrantsOfTokens(uow.tx, kind, ids, CHUNK + 1);
  const has = (isMany: boolean) => (token: Token) => {
    const count = counts.get(token.id) ?? 0;
    return count > 0 && count > CHUNK === isMany;
  };
  const tokenIds = tokens.filter(has(false)).map(({ id }) => id);
  if (tokenIds.length > 0) {
    if (isAudited) await auditLostOf(uow, { tokenIds });
    await deleteGrantsOfTokens(uow.tx, kind, tokenIds);
  }
  for (const token of tokens.filter(has(true))) {
    const set = { kind, holder: holderOfToken(token), tokenId: token.id };
    await leaveToChunks(uow, set, isAudited ? uow.actor : null);
  }
}

/** Only workspace tokens invite. */
const canHaveInvited = ({ workspaceId }: Token) => workspaceId !== null;

/** Ends the invitations that up to `CHUNK` tokens created, and writes an audit event for each that was open. */
export function endInvitationsOfTokens(uow: UnitOfWork, tokens: readonly Token[]): Promise<void> {
  return endOfTokens(uow, 'INVITATIONS', tokens.filter(canHaveInvited), { isAudited: true });
}

/** Ends the shares and invitations that up to `CHUNK` tokens gave. Their user or workspace must be locked. */
export async function endGrantsOfTokens(uow: UnitOfWork, tokens: readonly Token[]): Promise<void> {
  await endOfTokens(uow, 'SHARES', tokens);
  await endOfTokens(uow, 'INVITATIONS', tokens.filter(canHaveInvited));
}

/** Returns whether an invitation was open when an end came. */
const wasOpen = ({ voidReason, expiresAt }: Invitation, { at }: PendingGrantEnd) =>
  voidReason === null && expiresAt > at;

/**
 * Writes the audit event of an invitation that ended and is still there, because another takes its place. The workspace must be
 * locked.
 */
export async function auditReplaced(uow: UnitOfWork, workspaceId: string, email: string): Promise<void> {
  const ended = await findEndedInvitationOf(uow.tx, workspaceId, email);
  if (!ended) return;
  const { invitation, end } = ended;
  if (end.actor && wasOpen(invitation, end)) await auditLost(uow, invitation, end.actor);
}

/**
 * Deletes the next rows of an end, which are in some workspaces. Does nothing if another server has finished the end. The user or
 * workspace of the end and these workspaces must be locked.
 */
export async function applyGrantChunk(
  uow: UnitOfWork,
  { id }: PendingGrantEnd,
  workspaceIds: readonly string[],
): Promise<void> {
  const end = await findGrantEnd(uow.tx, { id });
  if (!end) return;
  if (workspaceIds.length > 0) {
    if (end.actor && end.set.kind === 'INVITATIONS') {
      const invitations = await findEndedInvitations(uow.tx, end, workspaceIds, CHUNK);
      for (const invitation of invitations) if (wasOpen(invitation, end)) await auditLost(uow, invitation);
    }
    await deleteEndedGrants(uow.tx, end, workspaceIds, CHUNK);
  }
  await deleteGrantEndIfDone(uow.tx, end);
}
