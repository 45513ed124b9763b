import { sql } from 'kysely';
import type { GroupRole, GroupSettings } from '../../../domain/accounts/groups.ts';
import { type Role, rankOf, roleOfRank } from '../../../domain/roles.ts';
import { groupBy } from '../../../platform/group-by.ts';
import { roleFromRank } from '../../codec.ts';
import type { Executor } from '../../database.ts';
import { isInExistingWorkspace } from '../../query/deleted-workspaces.ts';
import type { Condition } from '../../query/granters.ts';

/** The members that are concerned, or would be; without a property, those of all workspaces or all users. */
export interface MemberFilter {
  readonly userId?: string;
  readonly workspaceIds?: readonly string[];
  /** Only members whose role is to end or to become lower. */
  readonly onlyLosses?: boolean;
}

/** A user in a workspace, with the role that their groups give now; `null` for none. */
export interface MappedRole {
  readonly workspaceId: string;
  readonly userId: string;
  readonly role: Role | null;
}

/** Stores the role of a group in a workspace in place of the one before. */
export async function saveGroupRole(
  db: Executor,
  workspaceId: string,
  { provider, group, role }: GroupRole<Role>,
): Promise<void> {
  await db
    .insertInto('group_roles')
    .values({ workspace_id: workspaceId, provider, group_name: group, role: rankOf(role) })
    .onConflict((conflict) =>
      conflict.columns(['workspace_id', 'provider', 'group_name']).doUpdateSet({ role: rankOf(role) }),
    )
    .execute();
}

/** Deletes the role of a group; returns whether it had one. */
export async function deleteGroupRole(
  db: Executor,
  workspaceId: string,
  { provider, group }: Pick<GroupRole<Role>, 'provider' | 'group'>,
): Promise<boolean> {
  const result = await db
    .deleteFrom('group_roles')
    .where('workspace_id', '=', workspaceId)
    .where('provider', '=', provider)
    .where('group_name', '=', group)
    .executeTakeFirst();
  return result.numDeletedRows > 0n;
}

/** Returns the roles of groups in a workspace, by provider and name. */
export async function listGroupRoles(db: Executor, workspaceId: string): Promise<GroupRole<Role>[]> {
  const rows = await db
    .selectFrom('group_roles')
    .selectAll()
    .where('workspace_id', '=', workspaceId)
    .orderBy('provider')
    .orderBy('group_name')
    .execute();
  return rows.map((row) => ({ provider: row.provider, group: row.group_name, role: roleOfRank(row.role) }));
}

/** Returns the ids of the workspaces in which one of these groups of a provider has a role, up to `most`. */
export async function findWorkspacesOfGroups(
  db: Executor,
  provider: string,
  groups: readonly string[],
  most: number,
): Promise<string[]> {
  if (groups.length === 0) return [];
  const rows = await db
    .selectFrom('group_roles')
    .select('workspace_id')
    .distinct()
    .where('provider', '=', provider)
    .where('group_name', 'in', [...groups])
    .orderBy('workspace_id')
    .limit(most)
    .execute();
  return rows.map((row) => row.workspace_id);
}

/** Returns the condition that the role of a group counts: the operator allows the group, and its source is the one in use. */
function counts(settings: readonly GroupSettings[]): Condition {
  const alternatives = settings.map(({ provider, source, allowed }): Condition => {
    const isAllowed = allowed === '*' ? sql`1 = 1` : sql`g.group_name in (${sql.join(['', ...allowed])})`;
    return sql`(g.provider = ${provider} and i.groups_source = ${source} and ${isAllowed})`;
  });
  return alternatives.length === 0 ? sql`1 = 0` : sql`(${sql.join(alternatives, sql` or `)})`;
}

/** Selects the roles that groups give, one row for each group of a user in a workspace. */
function rolesInEffect(db: Executor, settings: readonly GroupSettings[], filter: MemberFilter) {
  const { userId, workspaceIds } = filter;
  let query = db
    .selectFrom('group_roles as g')
    .innerJoin('identities as i', 'i.provider', 'g.provider')
    .innerJoin('identity_groups as n', (join) =>
      join.onRef('n.identity_id', '=', 'i.id').onRef('n.name', '=', 'g.group_name'),
    )
    .where(counts(settings))
    .where(isInExistingWorkspace('g.workspace_id'))
    .where(({ not, exists, selectFrom }) =>
      not(
        exists(
          selectFrom('member_exclusions as x')
            .select('x.user_id')
            .whereRef('x.workspace_id', '=', 'g.workspace_id')
            .whereRef('x.user_id', '=', 'i.user_id'),
        ),
      ),
    );
  if (userId !== undefined) query = query.where('i.user_id', '=', userId);
  if (workspaceIds !== undefined) query = query.where('g.workspace_id', 'in', ['', ...workspaceIds]);
  return query;
}

/**
 * Returns up to `most` users whose stored role by groups is not the one that their groups give now, with the latter. Losses
 * come first.
 */
export async function findOutdatedRoles(
  db: Executor,
  settings: readonly GroupSettings[],
  filter: MemberFilter,
  most: number,
): Promise<MappedRole[]> {
  const mapped = rolesInEffect(db, settings, filter)
    .select(['g.workspace_id', 'i.user_id'])
    .select(({ fn }) => fn.max('g.role').as('role'))
    .groupBy(['g.workspace_id', 'i.user_id']);
  let ended = db
    .selectFrom('members as m')
    .leftJoin(mapped.as('now'), (join) =>
      join.onRef('now.workspace_id', '=', 'm.workspace_id').onRef('now.user_id', '=', 'm.user_id'),
    )
    .select(['m.workspace_id', 'm.user_id'])
    .where('m.group_role', 'is not', null)
    .where(isInExistingWorkspace('m.workspace_id'))
    .where('now.role', 'is', null);
  if (filter.userId !== undefined) ended = ended.where('m.user_id', '=', filter.userId);
  if (filter.workspaceIds !== undefined)
    ended = ended.where('m.workspace_id', 'in', ['', ...filter.workspaceIds]);
  const losses = await ended.orderBy('m.workspace_id').orderBy('m.user_id').limit(most).execute();
  const differs = filter.onlyLosses
    ? sql<boolean>`m.group_role > now.role`
    : sql<boolean>`coalesce(m.group_role, -1) <> now.role`;
  const changed = await db
    .selectFrom(mapped.as('now'))
    .leftJoin('members as m', (join) =>
      join.onRef('m.workspace_id', '=', 'now.workspace_id').onRef('m.user_id', '=', 'now.user_id'),
    )
    .select(['now.workspace_id', 'now.user_id', 'now.role'])
    .where(differs)
    .orderBy(sql`case when m.group_role > now.role then 0 else 1 end`)
    .orderBy('now.workspace_id')
    .orderBy('now.user_id')
    .limit(most)
    .execute();
  return [...losses.map((row) => ({ ...row, role: null })), ...changed]
    .slice(0, most)
    .map((row) => ({ workspaceId: row.workspace_id, userId: row.user_id, role: roleFromRank(row.role) }));
}

/** Returns the roles that groups give to members of a workspace, by the ids of their users. */
export async function findGroupRolesOf(
  db: Executor,
  settings: readonly GroupSettings[],
  workspaceId: string,
  userIds: readonly string[],
): Promise<Map<string, GroupRole<Role>[]>> {
  const rows = await rolesInEffect(db, settings, { workspaceIds: [workspaceId] })
    .select(['i.user_id', 'g.provider', 'g.group_name', 'g.role'])
    .distinct()
    .where('i.user_id', 'in', ['', ...userIds])
    .orderBy('g.provider')
    .orderBy('g.group_name')
    .execute();
  const byUser = groupBy(rows, (row) => row.user_id);
  return new Map(
    [...byUser].map(([userId, ofUser]) => [
      userId,
      ofUser.map((row) => ({ provider: row.provider, group: row.group_name, role: roleOfRank(row.role) })),
    ]),
  );
}
