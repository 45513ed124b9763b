import type { AuditAction } from '../../domain/audit.ts';
import { failure } from '../../domain/errors.ts';
import { toGlobalId } from '../../domain/global-id.ts';
import type { Token } from '../../domain/token.ts';
import { deleteSharesOfTokensOf } from '../../storage/query/granters.ts';
import { deleteInvitationsByToken } from '../../storage/repositories/invitations.ts';
import {
  deleteTokens,
  findDescendants,
  findToken,
  findTokensOf,
  updateToken,
} from '../../storage/repositories/tokens.ts';
import { sessionOf, type UnitOfWork } from '../transactions/unit-of-work.ts';
import { auditLostInvitations } from '../workspaces/invitation-ends.ts';

/** A token as it stands in the transaction of a change. Throws `NOT_FOUND`. */
export async function loadToken(uow: UnitOfWork, tokenId: string): Promise<Token> {
  const token = await findToken(uow.tx, tokenId);
  if (!token) throw failure('NOT_FOUND');
  return token;
}

/** Writes an audit row about a token into its owner's account log, or its workspace's. */
export async function auditToken(
  uow: UnitOfWork,
  action: AuditAction,
  token: Token,
  detail: Record<string, unknown> = {},
): Promise<void> {
  await uow.audit({
    action,
    userId: token.ownerId,
    workspaceId: token.workspaceId,
    targetId: toGlobalId('Token', token.id),
    detail: { name: token.name, identifier: token.identifier, ...detail },
  });
}

function refuseRevoked(token: Token): void {
  if (token.revokedAt !== null) throw failure('CONFLICT', 'The token is revoked: regenerate it first.');
}

/** Stops a token and all that derives from it until it is enabled; again, it changes nothing. Throws `CONFLICT` on a revoked one. */
export async function disableToken(uow: UnitOfWork, tokenId: string): Promise<Token> {
  const token = await loadToken(uow, tokenId);
  refuseRevoked(token);
  if (token.disabledAt !== null) return token;
  await updateToken(uow.tx, token, { disabledAt: uow.now }, uow.now);
  await auditToken(uow, 'token.disabled', token);
  return loadToken(uow, tokenId);
}

/** Ends a stop; again, it changes nothing. Throws `CONFLICT` on a revoked one. */
export async function enableToken(uow: UnitOfWork, tokenId: string): Promise<Token> {
  const token = await loadToken(uow, tokenId);
  refuseRevoked(token);
  if (token.disabledAt === null) return token;
  await updateToken(uow.tx, token, { disabledAt: null }, uow.now);
  await auditToken(uow, 'token.enabled', token);
  return loadToken(uow, tokenId);
}

/**
 * Kills the secrets of a token, and of all that derives from it, for good: a later regeneration of the token does not
 * bring back what somebody derived from its old secret, nor the invitations that it made. Again, it changes nothing.
 * `detail` goes into each audit row.
 */
export async function revokeToken(
  uow: UnitOfWork,
  tokenId: string,
  detail: Record<string, unknown> = {},
): Promise<Token> {
  const token = await loadToken(uow, tokenId);
  await revokeEach(uow, [token, ...(await findDescendants(uow.tx, tokenId))], detail);
  return loadToken(uow, tokenId);
}

async function revokeEach(
  uow: UnitOfWork,
  tokens: readonly Token[],
  detail: Record<string, unknown> = {},
): Promise<number> {
  const live = tokens.filter((token) => token.revokedAt === null);
  for (const token of live) {
    await updateToken(uow.tx, token, { revokedAt: uow.now }, uow.now);
    await auditLostInvitations(uow, { tokenId: token.id });
    await deleteInvitationsByToken(uow.tx, token.id);
    await auditToken(uow, 'token.revoked', token, detail);
  }
  return live.length;
}

/** Revokes every token of a user or a workspace; tells how many were not revoked before. */
export async function revokeTokensOf(
  uow: UnitOfWork,
  holder: { ownerId: string } | { workspaceId: string },
): Promise<number> {
  return revokeEach(uow, await findTokensOf(uow.tx, holder));
}

/** Revokes every personal token of a user for good: what they shared is deleted, so that no regeneration brings it back. */
export async function endTokensOf(
  uow: UnitOfWork,
  ownerId: string,
): Promise<{ revokedTokens: number; deletedShares: number }> {
  const revokedTokens = await revokeTokensOf(uow, { ownerId });
  const { shares } = await deleteSharesOfTokensOf(uow.tx, ownerId);
  return { revokedTokens, deletedShares: shares };
}

/** Deletes a token and all that derives from it; the audit log keeps their names. */
export async function deleteToken(uow: UnitOfWork, tokenId: string): Promise<void> {
  const token = await loadToken(uow, tokenId);
  await deleteEach(uow, [token, ...(await findDescendants(uow.tx, tokenId))]);
}

async function deleteEach(uow: UnitOfWork, tokens: readonly Token[]): Promise<void> {
  for (const token of tokens) await auditToken(uow, 'token.deleted', token);
  await deleteTokens(
    uow.tx,
    tokens.map((token) => token.id),
  );
}

/** Deletes every token of a user or a workspace; tells how many. */
export async function deleteTokensOf(
  uow: UnitOfWork,
  holder: { ownerId: string } | { workspaceId: string },
): Promise<number> {
  const tokens = await findTokensOf(uow.tx, holder);
  await deleteEach(uow, tokens);
  return tokens.length;
}

/** Deletes all personal tokens of the signed-in person; tells how many. */
export async function deleteAllTokens(uow: UnitOfWork): Promise<number> {
  return deleteTokensOf(uow, { ownerId: sessionOf(uow).userId });
}
