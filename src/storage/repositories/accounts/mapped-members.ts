import { sql } from 'kysely';
import { type Role, rankOf } from '../../../domain/roles.ts';
import type { Member } from '../../../domain/workspace.ts';
import type { Executor } from '../../database.ts';

type MemberKey = Pick<Member, 'workspaceId' | 'userId'>;

/** Stores a member by groups alone. Throws if the user is already a member. */
export async function insertMappedMember(
  db: Executor,
  { workspaceId, userId }: MemberKey,
  role: Role,
  joinedAt: number,
): Promise<void> {
  const rank = rankOf(role);
  await db
    .insertInto('members')
    .values({
      ...{ workspace_id: workspaceId, user_id: userId, role: rank, direct_role: null, given_role: null },
      ...{ group_role: rank, joined_at: joinedAt },
    })
    .execute();
}

/** Stores the role that the groups of a member give; `null` for none, which a member without a direct role must not have. */
export async function setMappedRole(
  db: Executor,
  { workspaceId, userId }: MemberKey,
  role: Role | null,
): Promise<void> {
  const rank = role === null ? -1 : rankOf(role);
  await db
    .updateTable('members')
    .set({
      group_role: role && rank,
      role: sql<number>`case when direct_role > ${rank} then direct_role else ${rank} end`,
    })
    .where('workspace_id', '=', workspaceId)
    .where('user_id', '=', userId)
    .execute();
}

/** Makes groups give a user nothing in a workspace until the exclusion is deleted, if they give anything now. */
export async function excludeMappedMember(
  db: Executor,
  { workspaceId, userId }: MemberKey,
  now: number,
): Promise<void> {
  const mapped = await db
    .selectFrom('members')
    .select('user_id')
    .where('workspace_id', '=', workspaceId)
    .where('user_id', '=', userId)
    .where('group_role', 'is not', null)
    .executeTakeFirst();
  if (!mapped) return;
  await db
    .insertInto('member_exclusions')
    .values({ workspace_id: workspaceId, user_id: userId, excluded_at: now })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
}

/** Deletes the exclusion of a user; returns whether there was one. */
export async function deleteExclusion(db: Executor, { workspaceId, userId }: MemberKey): Promise<boolean> {
  const result = await db
    .deleteFrom('member_exclusions')
    .where('workspace_id', '=', workspaceId)
    .where('user_id', '=', userId)
    .executeTakeFirst();
  return result.numDeletedRows > 0n;
}
