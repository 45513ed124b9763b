import type { AuditAction } from '../domain/audit.ts';
import { failure } from '../domain/errors.ts';
import { toGlobalId } from '../domain/global-id.ts';
import type { Token } from '../domain/token.ts';
import { deleteSharesOfTokensOf } from '../storage/granters.ts';
import { deleteInvitationsByToken } from '../storage/invitations.ts';
import { deleteTokens, findDescendants, findToken, findTokensOf, updateToken } from '../storage/tokens.ts';
import { type Change, sessionOf } from './changes.ts';
import { auditLostInvitations } from './invitation-ends.ts';

/** A token as it stands in the transaction of a change. Throws `NOT_FOUND`. */
export async function tokenOf(change: Change, tokenId: string): Promise<Token> {
  const token = await findToken(change.tx, tokenId);
  if (!token) throw failure('NOT_FOUND');
  return token;
}

/** Writes an audit row about a token into its owner's account log, or its workspace's. */
export async function auditToken(
  change: Change,
  action: AuditAction,
  token: Token,
  detail: Record<string, unknown> = {},
): Promise<void> {
  await change.audit({
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
export async function disableToken(change: Change, tokenId: string): Promise<Token> {
  const token = await tokenOf(change, tokenId);
  refuseRevoked(token);
  if (token.disabledAt !== null) return token;
  await updateToken(change.tx, token, { disabledAt: change.now }, change.now);
  await auditToken(change, 'token.disabled', token);
  return tokenOf(change, tokenId);
}

/** Ends a stop; again, it changes nothing. Throws `CONFLICT` on a revoked one. */
export async function enableToken(change: Change, tokenId: string): Promise<Token> {
  const token = await tokenOf(change, tokenId);
  refuseRevoked(token);
  if (token.disabledAt === null) return token;
  await updateToken(change.tx, token, { disabledAt: null }, change.now);
  await auditToken(change, 'token.enabled', token);
  return tokenOf(change, tokenId);
}

/**
 * Kills the secrets of a token, and of all that derives from it, for good: a later regeneration of the token does not
 * bring back what somebody derived from its old secret, nor the invitations that it made. Again, it changes nothing.
 * `detail` goes into each audit row.
 */
export async function revokeToken(
  change: Change,
  tokenId: string,
  detail: Record<string, unknown> = {},
): Promise<Token> {
  const token = await tokenOf(change, tokenId);
  await revokeEach(change, [token, ...(await findDescendants(change.tx, tokenId))], detail);
  return tokenOf(change, tokenId);
}

async function revokeEach(
  change: Change,
  tokens: readonly Token[],
  detail: Record<string, unknown> = {},
): Promise<number> {
  const live = tokens.filter((token) => token.revokedAt === null);
  for (const token of live) {
    await updateToken(change.tx, token, { revokedAt: change.now }, change.now);
    await auditLostInvitations(change, { tokenId: token.id });
    await deleteInvitationsByToken(change.tx, token.id);
    await auditToken(change, 'token.revoked', token, detail);
  }
  return live.length;
}

/** Revokes every token of a user or a workspace; tells how many were not revoked before. */
export async function revokeTokensOf(
  change: Change,
  holder: { ownerId: string } | { workspaceId: string },
): Promise<number> {
  return revokeEach(change, await findTokensOf(change.tx, holder));
}

/** Revokes every personal token of a user for good: what they shared is deleted, so that no regeneration brings it back. */
export async function endTokensOf(
  change: Change,
  ownerId: string,
): Promise<{ revokedTokens: number; deletedShares: number }> {
  const revokedTokens = await revokeTokensOf(change, { ownerId });
  const { shares } = await deleteSharesOfTokensOf(change.tx, ownerId);
  return { revokedTokens, deletedShares: shares };
}

/** Deletes a token and all that derives from it; the audit log keeps their names. */
export async function deleteToken(change: Change, tokenId: string): Promise<void> {
  const token = await tokenOf(change, tokenId);
  await deleteEach(change, [token, ...(await findDescendants(change.tx, tokenId))]);
}

async function deleteEach(change: Change, tokens: readonly Token[]): Promise<void> {
  for (const token of tokens) await auditToken(change, 'token.deleted', token);
  await deleteTokens(
    change.tx,
    tokens.map((token) => token.id),
  );
}

/** Deletes every token of a user or a workspace; tells how many. */
export async function deleteTokensOf(
  change: Change,
  holder: { ownerId: string } | { workspaceId: string },
): Promise<number> {
  const tokens = await findTokensOf(change.tx, holder);
  await deleteEach(change, tokens);
  return tokens.length;
}

/** Deletes all personal tokens of the signed-in person; tells how many. */
export async function deleteAllTokens(change: Change): Promise<number> {
  return deleteTokensOf(change, { ownerId: sessionOf(change).userId });
}
