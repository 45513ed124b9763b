import { type RawBuilder, sql } from 'kysely';

/** The memberships of a user that are read, highest roles first, so that a lookup takes as long for every user. */
const MEMBERSHIPS_READ = 4;

/**
 * Selects the rank of the highest role that a user, by the column of their id, has in a workspace whose policy refuses no
 * token; null if none of the first few memberships is such a one.
 */
export function openRoleOf(userId: string): RawBuilder<number | null> {
  return sql.raw(`(select m.role
    from (select role, workspace_id from members where user_id = ${userId}
      order by role desc limit ${MEMBERSHIPS_READ}) as m
    inner join workspaces as w on w.id = m.workspace_id
    where w.deleted_at is null and w.personal_tokens = 'ALLOWED'
      and w.max_lifetime is null and w.owner_seen_within is null
    order by m.role desc limit 1)`);
}
