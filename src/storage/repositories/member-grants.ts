import { type Role, rankOf, roleOfRank } from '../../domain/roles.ts';
import type { Member } from '../../domain/workspace.ts';
import { roleFromRank } from '../codec.ts';
import type { Executor } from '../database.ts';

/** A workspace token that gives a role, with its ancestors at the time. */
export interface GrantingToken {
  readonly tokenId: string;
  readonly ancestorIds: readonly string[];
}

type MemberKey = Pick<Member, 'workspaceId' | 'userId'>;

function grantsOf(db: Executor, { workspaceId, userId }: MemberKey) {
  return db.deleteFrom('member_grants').where('workspace_id', '=', workspaceId).where('user_id', '=', userId);
}

/** Records that a token gave a member a role, and replaces what the same token gave before. */
export async function insertGrant(
  db: Executor,
  member: MemberKey,
  role: Role,
  { tokenId, ancestorIds }: GrantingToken,
): Promise<void> {
  await grantsOf(db, member).where('granter_id', '=', tokenId).execute();
  await db
    .insertInto('member_grants')
    .values(
      [tokenId, ...ancestorIds].map((id) => ({
        workspace_id: member.workspaceId,
        user_id: member.userId,
        granter_id: tokenId,
        token_id: id,
        role: rankOf(role),
      })),
    )
    .execute();
}

/** Deletes what tokens gave a member, because a person has given the role since. */
export async function deleteGrants(db: Executor, member: MemberKey): Promise<void> {
  await grantsOf(db, member).execute();
}

/** Lowers the roles that tokens gave a member to at most `role`. */
export async function limitGrants(db: Executor, member: MemberKey, role: Role): Promise<void> {
  await db
    .updateTable('member_grants')
    .set({ role: rankOf(role) })
    .where('workspace_id', '=', member.workspaceId)
    .where('user_id', '=', member.userId)
    .where('role', '>', rankOf(role))
    .execute();
}

/** Returns whether a token gave a member the current role or the membership, and no person has since. */
export async function hasGrants(db: Executor, member: MemberKey): Promise<boolean> {
  return (await findGrants(db, member)).length > 0;
}

function findGrants(db: Executor, { workspaceId, userId }: MemberKey) {
  return db
    .selectFrom('member_grants')
    .select(['granter_id', 'token_id', 'role'])
    .where('workspace_id', '=', workspaceId)
    .where('user_id', '=', userId)
    .execute();
}

/**
 * Returns the tokens from which a member has a role: what the member gives by that role counts as given by them. The list
 * is empty if a person or a group gave the member that role or a higher one. Returns `null` if the user is not a member or does not
 * have the role.
 */
export async function findGranters(
  db: Executor,
  member: MemberKey,
  role: Role,
): Promise<readonly GrantingToken[] | null> {
  const row = await db
    .selectFrom('members')
    .select(['given_role', 'group_role'])
    .where('workspace_id', '=', member.workspaceId)
    .where('user_id', '=', member.userId)
    .executeTakeFirst();
  if (!row) return null;
  if (Math.max(row.given_role ?? -1, row.group_role ?? -1) >= rankOf(role)) return [];
  const chains = new Map<string, string[]>();
  for (const grant of await findGrants(db, member)) {
    if (grant.role < rankOf(role)) continue;
    const ancestorIds = chains.get(grant.granter_id) ?? [];
    chains.set(grant.granter_id, ancestorIds);
    if (grant.token_id !== grant.granter_id) ancestorIds.push(grant.token_id);
  }
  return chains.size === 0 ? null : [...chains].map(([tokenId, ancestorIds]) => ({ tokenId, ancestorIds }));
}

/** A member, and the direct role that remains after a deletion; `null` if none does. */
export interface RemainingRole {
  readonly member: Member;
  readonly directRole: Role | null;
  /** The role of the member's groups. */
  readonly groupRole: Role | null;
}

/** Some of the members with roles from a token and its descendants. */
export interface GivenMembers {
  readonly tokenId: string;
  /** That of the token, which gives roles in no other. */
  readonly workspaceId: string;
  readonly userIds: readonly string[];
  /** Whether the token gave roles to others too. */
  readonly hasMore: boolean;
}

/** Returns up to `most` members with roles from a token and its descendants, the highest roles first; `null` if there are none. */
export async function findGivenMembers(
  db: Executor,
  tokenId: string,
  most: number,
): Promise<GivenMembers | null> {
  const given = await db
    .selectFrom('member_grants')
    .select(['workspace_id', 'user_id'])
    .where('token_id', '=', tokenId)
    .orderBy('role', 'desc')
    .limit(most + 1)
    .execute();
  const userIds = [...new Set(given.slice(0, most).map(({ user_id }) => user_id))];
  const [first] = given;
  return first ? { tokenId, workspaceId: first.workspace_id, userIds, hasMore: given.length > most } : null;
}

/** Selects the tokens in the subtree of a token that gave some members roles, including deleted ones. */
function granters(db: Executor, { tokenId, workspaceId, userIds }: GivenMembers) {
  return db
    .selectFrom('member_grants as g')
    .select('g.granter_id')
    .where('g.workspace_id', '=', workspaceId)
    .where('g.user_id', 'in', [...userIds])
    .where('g.token_id', '=', tokenId);
}

/**
 * Deletes the roles that a token and its descendants gave some members, and returns these with their remaining roles. It does not
 * change `members`; the caller does. Owners are never among them, because only persons make Owners.
 */
export async function deleteGivenRoles(db: Executor, given: GivenMembers): Promise<RemainingRole[]> {
  const userIds = [...given.userIds];
  const rows = await db
    .selectFrom('members as m')
    .selectAll('m')
    .select((eb) =>
      eb
        .selectFrom('member_grants as other')
        .whereRef('other.workspace_id', '=', 'm.workspace_id')
        .whereRef('other.user_id', '=', 'm.user_id')
        .where('other.granter_id', 'not in', granters(db, given))
        .select(({ fn }) => fn.max('other.role').as('role'))
        .as('granted_role'),
    )
    .where('m.workspace_id', '=', given.workspaceId)
    .where('m.user_id', 'in', userIds)
    .where('m.role', '<', rankOf('OWNER'))
    .orderBy('m.user_id')
    .execute();
  await db
    .deleteFrom('member_grants')
    .where('workspace_id', '=', given.workspaceId)
    .where('user_id', 'in', userIds)
    .where('granter_id', 'in', granters(db, given))
    .execute();
  return rows.map((row) => ({
    member: {
      workspaceId: row.workspace_id,
      userId: row.user_id,
      role: roleOfRank(row.role),
      directRole: roleFromRank(row.direct_role),
      joinedAt: row.joined_at,
    },
    directRole: highestOf(row.given_role, row.granted_role),
    groupRole: roleFromRank(row.group_role),
  }));
}

function highestOf(given: number | null, granted: number | null): Role | null {
  return roleFromRank(given === null || granted === null ? (given ?? granted) : Math.max(given, granted));
}
