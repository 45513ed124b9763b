import { type RawBuilder, type SqlBool, sql } from 'kysely';

/** What users and tokens give to others, and what ends with their authority. */
export type GrantKind = 'SHARES' | 'INVITATIONS';

/** The number of the last pending end of grants, which a new share or invitation survives; null if none is pending. */
export const ENDS_SURVIVED = sql<number | null>`(select max(e.number) from pending_grant_ends as e)`;

/** Returns the condition that no pending end concerns a row, by its alias. It costs one read a statement while none is pending. */
function counts(row: string, kind: GrantKind, concerns: string): string {
  return `case when exists (select 1 from pending_grant_ends)
    then coalesce((select max(e.number) from pending_grant_ends as e where e.kind = '${kind}' and ${concerns}), 0)
      <= coalesce(${row}.ends_survived, 0)
    else true end`;
}

/**
 * Returns SQL text: the condition that a share, by the alias of its row, has not ended. The rows of shares that ended are still
 * there while they are deleted in chunks; every reader of shares has this condition.
 */
export function shareCounts(
  share: string,
  workspaceId = `(select c.workspace_id from channels as c where c.id = ${share}.channel_id)`,
): string {
  return counts(
    share,
    'SHARES',
    `case when e.token_id is not null then e.token_id = ${share}.granted_by_token
      when e.recipient_id is not null then e.recipient_id = ${share}.user_id and e.workspace_id = ${workspaceId}
      else e.user_id = ${share}.granted_by end`,
  );
}

/** As `shareCounts`, for an invitation. */
export function invitationCounts(invitation: string): string {
  return counts(
    invitation,
    'INVITATIONS',
    `case when e.token_id is not null then e.token_id = ${invitation}.invited_by_token
      else e.user_id = ${invitation}.invited_by end`,
  );
}

/** The condition that a row of `channel_shares` has not ended. */
export const SHARE_COUNTS: RawBuilder<SqlBool> = sql.raw(shareCounts('channel_shares'));

/** The condition that a row of `invitations` has not ended. */
export const INVITATION_COUNTS: RawBuilder<SqlBool> = sql.raw(invitationCounts('invitations'));
