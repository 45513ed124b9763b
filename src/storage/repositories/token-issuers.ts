import { sql } from 'kysely';
import type { Executor } from '../database.ts';
import { countRows } from '../query/paging.ts';
import { endedAt } from '../query/pending-ends.ts';
import { tokenQuery } from './token-rows.ts';

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

/** Counts the tokens that a token or one of its descendants issued and that are not revoked, as `countRows` does. */
export function countLiveIssuedTokens(db: Executor, issuerId: string): Promise<number> {
  const query = tokenQuery(db)
    .innerJoin('token_issuers as i', 'i.token_id', 'tokens.id')
    .where('i.issuer_id', '=', issuerId)
    .where('tokens.revoked_at', 'is', null)
    .where(sql<boolean>`(${endedAt()}) is null`);
  return countRows(db, query);
}
