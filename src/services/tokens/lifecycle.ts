import { failure } from '../../domain/errors.ts';
import type { Token } from '../../domain/token.ts';
import { deleteOldSecrets } from '../../storage/repositories/token-secrets.ts';
import { findToken, updateToken } from '../../storage/repositories/tokens.ts';
import type { UnitOfWork } from '../transactions/unit-of-work.ts';
import { endGrantsOfTokens } from '../workspaces/grant-ends.ts';
import { applyToDescendants, auditToken, deleteEach, type EndOptions, revokeEach } from './descendants.ts';

/** Returns a token, read in the transaction. Throws `NOT_FOUND`. */
export async function loadToken(uow: UnitOfWork, tokenId: string): Promise<Token> {
  const token = await findToken(uow.tx, tokenId);
  if (!token) throw failure('NOT_FOUND');
  return token;
}

/**
 * Returns the token of the authorization, which read it in the same transaction. Throws an `Error` if the request was
 * authorized on another token or on none.
 */
export function authorizedToken({ grant }: UnitOfWork, tokenId: string): Token {
  if (grant.token?.id !== tokenId) throw new Error(`the request was not authorized on token ${tokenId}`);
  return grant.token;
}

function requireNotRevoked(token: Token): void {
  if (token.revokedAt !== null) throw failure('CONFLICT', 'The token is revoked: regenerate it first.');
}

/**
 * Disables the authorized token and all that derive from it, until it is enabled. Idempotent. Throws `CONFLICT` if it
 * is revoked.
 */
export async function disableToken(uow: UnitOfWork, tokenId: string): Promise<Token> {
  const token = authorizedToken(uow, tokenId);
  requireNotRevoked(token);
  if (token.disabledAt !== null) return token;
  const disabled = await updateToken(uow.tx, token, { disabledAt: uow.now }, uow.now);
  await auditToken(uow, 'token.disabled', token);
  return disabled;
}

/** Enables the authorized token. Idempotent. Throws `CONFLICT` if it is revoked. */
export async function enableToken(uow: UnitOfWork, tokenId: string): Promise<Token> {
  const token = authorizedToken(uow, tokenId);
  requireNotRevoked(token);
  if (token.disabledAt === null) return token;
  const enabled = await updateToken(uow.tx, token, { disabledAt: null }, uow.now);
  await auditToken(uow, 'token.enabled', token);
  return enabled;
}

/** Invalidates the old secret of the authorized token. Idempotent. */
export async function endOverlap(uow: UnitOfWork, tokenId: string): Promise<Token> {
  const token = authorizedToken(uow, tokenId);
  if (await deleteOldSecrets(uow.tx, tokenId)) await auditToken(uow, 'token.overlap_ended', token);
  return token;
}

/**
 * Revokes a token and all that derive from it, and deletes the open invitations that they created. A regeneration of
 * the token does not restore the derived tokens or the invitations. Idempotent. `token` must be the current row.
 */
export async function revokeToken(uow: UnitOfWork, token: Token, options: EndOptions = {}): Promise<Token> {
  const { deletesGrants = false, detail = {} } = options;
  // What derives from a revoked token is revoked, or will be.
  if (token.revokedAt !== null && !deletesGrants) return token;
  await revokeEach(uow, [token], uow.now, detail);
  if (deletesGrants) await endGrantsOfTokens(uow, [token]);
  await applyToDescendants(uow, token, { deletesGrants, detail });
  return token.revokedAt === null ? { ...token, revokedAt: uow.now, updatedAt: uow.now } : token;
}

/** Deletes the authorized token and all that derive from it. The audit log keeps their names. */
export async function deleteToken(uow: UnitOfWork, tokenId: string): Promise<void> {
  const token = authorizedToken(uow, tokenId);
  await deleteEach(uow, [token]);
  await applyToDescendants(uow, token, { deletesGrants: true });
}
