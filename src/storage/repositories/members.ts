import { type RawBuilder, type Selectable, sql } from 'kysely';
import type { Page, PageWindow } from '../../domain/paging.ts';
import { type Role, rankOf, roleOfRank } from '../../domain/roles.ts';
import type { Member } from '../../domain/workspace.ts';
import { roleFromRank } from '../codec.ts';
import type { Executor } from '../database.ts';
import { countRows, fetchPage } from '../query/paging.ts';
import type { Tables } from '../tables.ts';
import { deleteGrants, type GrantingToken, insertGrant, limitGrants } from './member-grants.ts';

/** The order of every list of members: by the time of joining. */
export const MEMBER_ORDER = { name: 'JOINED_AT', keyType: 'number' } as const;

function toMember(row: Selectable<Tables['members']>): Member {
  return {
    workspaceId: row.workspace_id,
    userId: row.user_id,
    role: roleOfRank(row.role),
    directRole: roleFromRank(row.direct_role),
    joinedAt: row.joined_at,
  };
}

/** A member with a direct role, who has no other. */
export type DirectMember = Omit<Member, 'directRole'>;

function memberQuery(db: Executor, workspaceId: string) {
  return db.selectFrom('members').where('workspace_id', '=', workspaceId);
}

/** Stores a member whose role these workspace tokens gave, or a person if there are none. Throws if the user is already a member. */
export async function insertMember(
  db: Executor,
  member: DirectMember,
  granters: readonly GrantingToken[] = [],
): Promise<void> {
  const role = rankOf(member.role);
  await db
    .insertInto('members')
    .values({
      workspace_id: member.workspaceId,
      user_id: member.userId,
      role,
      direct_role: role,
      given_role: granters.length > 0 ? null : role,
      joined_at: member.joinedAt,
    })
    .execute();
  for (const granter of granters) await insertGrant(db, member, member.role, granter);
}

/** Returns the membership of a user in a workspace. */
export async function findMember(db: Executor, workspaceId: string, userId: string): Promise<Member | null> {
  const row = await memberQuery(db, workspaceId).selectAll().where('user_id', '=', userId).executeTakeFirst();
  return row ? toMember(row) : null;
}

/** Returns whether the user of an email address is a member. */
export async function isMemberByEmail(db: Executor, workspaceId: string, email: string): Promise<boolean> {
  const row = await db
    .selectFrom('members as m')
    .innerJoin('users as u', 'u.id', 'm.user_id')
    .select('m.user_id')
    .where('m.workspace_id', '=', workspaceId)
    .where('u.email', '=', email)
    .executeTakeFirst();
  return row !== undefined;
}

/** Returns the roles of a user by workspace, without the workspaces of which the user is not a member. */
export async function findRoles(
  db: Executor,
  userId: string,
  workspaceIds: readonly string[],
): Promise<Map<string, Role>> {
  if (workspaceIds.length === 0) return new Map();
  const rows = await db
    .selectFrom('members')
    .select(['workspace_id', 'role'])
    .where('user_id', '=', userId)
    .where('workspace_id', 'in', [...workspaceIds])
    .execute();
  return new Map(rows.map((row) => [row.workspace_id, roleOfRank(row.role)]));
}

/** Returns a page of the members of a workspace. */
export async function pageMembers(
  db: Executor,
  workspaceId: string,
  window: PageWindow,
): Promise<Page<Member>> {
  return fetchPage(memberQuery(db, workspaceId).selectAll(), toMember, window, {
    ...MEMBER_ORDER,
    key: sql.ref('joined_at'),
    id: sql.ref('user_id'),
    direction: 'asc',
    positionOf: (row) => ({ key: row.joined_at, id: row.user_id }),
  });
}

/** Counts the members of a workspace, as `countRows` does. */
export async function countMembers(db: Executor, workspaceId: string): Promise<number> {
  return countRows(db, memberQuery(db, workspaceId));
}

/** Returns whether a workspace has an Owner whose account is active. */
export async function hasActiveOwner(db: Executor, workspaceId: string): Promise<boolean> {
  const row = await db
    .selectFrom('members as m')
    .innerJoin('users as u', 'u.id', 'm.user_id')
    .select('m.user_id')
    .where('m.workspace_id', '=', workspaceId)
    .where('m.role', '=', rankOf('OWNER'))
    .where('u.deactivated_at', 'is', null)
    .executeTakeFirst();
  return row !== undefined;
}

/** Returns the higher of the rank in a column, which can be null, and another one, which becomes the value of the other column. */
function highestRank(column: 'direct_role' | 'group_role', rank: number): RawBuilder<number> {
  const other = sql.ref<number>(column);
  return sql<number>`case when ${other} > ${rank} then ${other} else ${rank} end`;
}

/**
 * Sets a member's direct role. Without `granters` a person gives it, which replaces what tokens gave. Otherwise it is recorded as
 * given by these tokens; a lower role limits what others gave.
 */
export async function setMemberRole(
  db: Executor,
  member: Member,
  role: Role,
  granters: readonly GrantingToken[],
): Promise<void> {
  const rank = rankOf(role);
  const isByPerson = granters.length === 0;
  await db
    .updateTable('members')
    .set((eb) => ({
      role: highestRank('group_role', rank),
      direct_role: rank,
      given_role: isByPerson
        ? rank
        : eb.case().when('given_role', '>', rank).then(rank).else(eb.ref('given_role')).end(),
    }))
    .where('workspace_id', '=', member.workspaceId)
    .where('user_id', '=', member.userId)
    .execute();
  if (isByPerson) await deleteGrants(db, member);
  else if (member.directRole !== null && rank < rankOf(member.directRole))
    await limitGrants(db, member, role);
  else for (const granter of granters) await insertGrant(db, member, role, granter);
}

/** Sets a member's direct role to one that others gave before, without recording a new grant. */
export async function restoreMemberRole(
  db: Executor,
  { workspaceId, userId }: Pick<Member, 'workspaceId' | 'userId'>,
  role: Role | null,
): Promise<void> {
  await db
    .updateTable('members')
    .set({
      direct_role: role && rankOf(role),
      role: role === null ? sql<number>`group_role` : highestRank('group_role', rankOf(role)),
    })
    .where('workspace_id', '=', workspaceId)
    .where('user_id', '=', userId)
    .execute();
}

/** Removes a member from a workspace. */
export async function deleteMember(db: Executor, workspaceId: string, userId: string): Promise<void> {
  await db
    .deleteFrom('members')
    .where('workspace_id', '=', workspaceId)
    .where('user_id', '=', userId)
    .execute();
}
