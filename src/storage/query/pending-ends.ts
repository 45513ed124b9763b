import { type RawBuilder, sql } from 'kysely';

/** Whether the end of some set of tokens is pending. */
export const HAS_ENDS = sql<boolean>`exists (select 1 from pending_ends)`;

/** Returns the condition that the pending end `e` concerns a token itself, by the alias of its row. */
function concerns(token: string): string {
  return `e.number > coalesce(${token}.ends_survived, 0)
    and (e.user_id = ${token}.owner_id or e.workspace_id = ${token}.workspace_id)
    and (e.subject is null or e.subject = ${token}.subject)
    and (e.created_by is null or e.created_by = ${token}.created_by)
    and (e.issued_by is null or ((e.since is null or ${token}.created_at >= e.since) and exists (
      select 1 from token_issuers as i where i.token_id = ${token}.id and i.issuer_id = e.issued_by)))`;
}

/**
 * Returns SQL text that selects the least or greatest value of a column of the pending ends that concern a token, by the alias of
 * its row, or one of its ancestors; null if none does. The ends are read for each row and not joined, so that no plan reads all
 * tokens for one of them, whichever statistics the planner has.
 */
function fromEnds(token: string, aggregate: 'min' | 'max', column: 'at' | 'deletes'): string {
  const endsOf = (row: string) =>
    `(select ${aggregate}(e.${column}) from pending_ends as e where ${concerns(row)})`;
  return `select ${aggregate}(found.value) from (
    select ${endsOf(token)} as value
    union all
    select ${endsOf('above')} from token_ancestors as up inner join tokens as above on above.id = up.ancestor_id
      where up.token_id = ${token}.id) as found`;
}

/** Returns SQL text that selects something only while an end is pending; null otherwise, which costs one read a statement. */
function whilePending(selection: string): string {
  return `case when exists (select 1 from pending_ends) then (${selection}) end`;
}

/** Returns SQL text that selects when a token ended, while its own row does not have that yet; null if it did not. */
export function endedAtText(token: string): string {
  return whilePending(fromEnds(token, 'min', 'at'));
}

/** Selects when a token ended, while its own row does not have that yet; null if it did not. */
export function endedAt(): RawBuilder<number | null> {
  return sql.raw(endedAtText('tokens'));
}

/** Selects 1 if a token is about to be deleted, 0 if it is about to be revoked, and null otherwise. */
export function isBeingDeleted(tokenId = 'tokens.id'): RawBuilder<number | null> {
  const end = fromEnds('own', 'max', 'deletes');
  return sql.raw(whilePending(`select (${end}) from tokens as own where own.id = ${tokenId}`));
}
