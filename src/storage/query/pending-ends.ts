import { type RawBuilder, sql } from 'kysely';
import type { Executor } from '../database.ts';
import { prepareQueryOne } from './prepared.ts';

/** Whether the end of some set of tokens is pending. */
export const HAS_ENDS = sql<boolean>`exists (select 1 from pending_ends)`;

/** The condition that the pending end `e` concerns the token `t` itself. */
const CONCERNS = `(e.number > coalesce(t.ends_survived, 0)
  and (e.user_id = t.owner_id or e.workspace_id = t.workspace_id)
  and (e.subject is null or e.subject = t.subject)
  and (e.created_by is null or e.created_by = t.created_by)
  and (e.issued_by is null or ((e.since is null or t.created_at >= e.since) and exists (
    select 1 from token_issuers as i where i.token_id = t.id and i.issuer_id = e.issued_by))))`;

/**
 * Returns SQL text that selects an aggregate of the pending ends `e` that concern a token or one of its ancestors; null if none
 * does. While none is pending, that costs one read a statement.
 */
function pendingEnds(tokenId: string, aggregate: string): string {
  return `case when exists (select 1 from pending_ends) then (
    select ${aggregate} from (
        select ${tokenId} as id
        union all select up.ancestor_id from token_ancestors as up where up.token_id = ${tokenId}) as c
      inner join tokens as t on t.id = c.id
      inner join pending_ends as e on ${CONCERNS}) end`;
}

/** Returns SQL text that selects when a token ended, while its own row does not have that yet; null if it did not. */
export function endedAtText(tokenId: string): string {
  return pendingEnds(tokenId, 'min(e.at)');
}

/** Selects when a token ended, while its own row does not have that yet; null if it did not. */
export function endedAt(tokenId = 'tokens.id'): RawBuilder<number | null> {
  return sql.raw(endedAtText(tokenId));
}

/** Selects 1 if a token is about to be deleted, 0 if it is about to be revoked, and null otherwise. */
export function isBeingDeleted(tokenId = 'tokens.id'): RawBuilder<number | null> {
  return sql.raw(pendingEnds(tokenId, 'max(e.deletes)'));
}

const endOfWorkspace = prepareQueryOne((db: Executor, workspaceId: string) =>
  db.selectFrom('pending_ends').select('id').where('workspace_id', '=', workspaceId).limit(1),
);

/** Returns whether an end of tokens of a workspace is pending. */
export async function hasEnds(db: Executor, workspaceId: string): Promise<boolean> {
  return (await endOfWorkspace(db, workspaceId)) !== undefined;
}
