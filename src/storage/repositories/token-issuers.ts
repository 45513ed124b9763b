import type { Token } from '../../domain/token.ts';
import type { Executor } from '../database.ts';
import { countRows } from '../query/paging.ts';
import { ancestorRevokedAt } from '../query/token-status.ts';
import { tokenQuery, toToken } from './token-rows.ts';

/** Records who issued a token for a subject: the issuing token and its ancestors. */
export async function insertIssuers(
  db: Executor,
  tokenId: string,
  issuerIds: readonly string[],
): Promise<void> {
  await db
    .insertInto('token_issuers')
    .values(issuerIds.map((issuerId) => ({ token_id: tokenId, issuer_id: issuerId })))
    .execute();
}

/** Selects the tokens that a token or one of its descendants issued and that are not revoked. */
function liveIssuedTokens(db: Executor, issuerId: string) {
  return tokenQuery(db)
    .innerJoin('token_issuers as i', 'i.token_id', 'tokens.id')
    .where('i.issuer_id', '=', issuerId)
    .where('tokens.revoked_at', 'is', null);
}

/** Counts the tokens that a token or one of its descendants issued and that are not revoked, as `countRows` does. */
export function countLiveIssuedTokens(db: Executor, issuerId: string): Promise<number> {
  return countRows(db, liveIssuedTokens(db, issuerId));
}

/**
 * Returns tokens that a token or one of its descendants issued from an instant on and that are not revoked, oldest first,
 * at most `most` of them.
 */
export async function findLiveIssuedTokens(
  db: Executor,
  issuerId: string,
  since: number | null,
  most: number,
): Promise<Token[]> {
  let query = liveIssuedTokens(db, issuerId);
  if (since !== null) query = query.where('tokens.created_at', '>=', since);
  return (await query.orderBy('i.token_id').limit(most).execute()).map(toToken);
}

/** Returns the tokens of a subject in a workspace that are not revoked, oldest first. */
export async function findLiveTokensOfSubject(
  db: Executor,
  workspaceId: string,
  subject: string,
): Promise<Token[]> {
  const rows = await tokenQuery(db)
    .where('tokens.workspace_id', '=', workspaceId)
    .where('tokens.subject', '=', subject)
    .where('tokens.revoked_at', 'is', null)
    .where((eb) => eb(ancestorRevokedAt(eb as never), 'is', null))
    .orderBy('tokens.created_at')
    .orderBy('tokens.id')
    .execute();
  return rows.map(toToken);
}
