import type { WorkspaceAccess } from '../../domain/effective-scopes.ts';
import type { TokenPolicy } from '../../domain/policy.ts';
import { type Role, roleOfRank } from '../../domain/roles.ts';
import { groupBy } from '../../platform/group-by.ts';
import { POLICY_COLUMNS, policyFromColumns, roleFromRank } from '../codec.ts';
import type { Executor } from '../database.ts';
import { findShares } from './channel-shares.ts';

type Share = WorkspaceAccess['shares'][number];
type EntityType = WorkspaceAccess['entityTypes'][number];

async function findSharesByWorkspace(
  db: Executor,
  userId: string,
  workspaceIds: readonly string[] | null,
  now: number,
): Promise<Map<string, Share[]>> {
  const shares = await findShares(db, { userId, now });
  const workspaces = await findWorkspacesOfChannels(
    db,
    shares.map((share) => share.channelId),
  );
  const byWorkspace = new Map<string, Share[]>();
  for (const { channelId, operations } of shares) {
    const owner = workspaces.get(channelId);
    if (owner === undefined || (workspaceIds !== null && !workspaceIds.includes(owner))) continue;
    byWorkspace.set(owner, [...(byWorkspace.get(owner) ?? []), { channelId, operations }]);
  }
  return byWorkspace;
}

async function findEntityTypes(
  db: Executor,
  workspaceIds: readonly string[],
): Promise<Map<string, EntityType[]>> {
  const byWorkspace = new Map<string, EntityType[]>();
  if (workspaceIds.length === 0) return byWorkspace;
  const rows = await db
    .selectFrom('entity_operations')
    .select(['workspace_id', 'entity_type', 'name', 'role'])
    .where('workspace_id', 'in', [...workspaceIds])
    .orderBy('entity_type')
    .orderBy('name')
    .execute();
  for (const [workspaceId, ofWorkspace] of groupBy(rows, (row) => row.workspace_id)) {
    const byType = groupBy(ofWorkspace, (row) => row.entity_type);
    const types = [...byType].map(([name, operations]) => ({
      name,
      operations: operations.map((row) => ({ name: row.name, role: roleOfRank(row.role) })),
    }));
    byWorkspace.set(workspaceId, types);
  }
  return byWorkspace;
}

/** Returns a user's access to workspaces by membership and shares, to all or to some, the oldest workspace first. */
export async function findWorkspaceAccess(
  db: Executor,
  userId: string,
  workspaceIds: readonly string[] | null,
  now: number,
): Promise<WorkspaceAccess[]> {
  if (workspaceIds?.length === 0) return [];
  const shares = await findSharesByWorkspace(db, userId, workspaceIds, now);
  let query = db
    .selectFrom('workspaces as w')
    .leftJoin('members as m', (join) =>
      join.onRef('m.workspace_id', '=', 'w.id').on('m.user_id', '=', userId),
    )
    .select(['w.id', 'm.role', ...POLICY_COLUMNS])
    .where('w.deleted_at', 'is', null)
    .where((eb) => {
      const isMember = eb('m.role', 'is not', null);
      return shares.size === 0 ? isMember : eb.or([isMember, eb('w.id', 'in', [...shares.keys()])]);
    })
    .orderBy('w.created_at')
    .orderBy('w.id');
  if (workspaceIds !== null) query = query.where('w.id', 'in', [...workspaceIds]);
  const rows = await query.execute();
  const types = await findEntityTypes(
    db,
    rows.map((row) => row.id),
  );
  return rows.map((row) => ({
    workspaceId: row.id,
    role: roleFromRank(row.role),
    policy: policyFromColumns(row),
    shares: shares.get(row.id) ?? [],
    entityTypes: types.get(row.id) ?? [],
  }));
}

/** Returns the access of a role to a workspace; `null` if the workspace does not exist. */
export async function findRoleAccess(
  db: Executor,
  workspaceId: string,
  role: Role,
): Promise<WorkspaceAccess | null> {
  const row = await db
    .selectFrom('workspaces as w')
    .select(POLICY_COLUMNS)
    .where('w.id', '=', workspaceId)
    .where('w.deleted_at', 'is', null)
    .executeTakeFirst();
  if (!row) return null;
  const types = await findEntityTypes(db, [workspaceId]);
  return {
    workspaceId,
    role,
    policy: policyFromColumns(row),
    shares: [],
    entityTypes: types.get(workspaceId) ?? [],
  };
}

/** Returns the ids of the channels' workspaces, by channel. */
export async function findWorkspacesOfChannels(
  db: Executor,
  channelIds: readonly string[],
): Promise<Map<string, string>> {
  if (channelIds.length === 0) return new Map();
  const rows = await db
    .selectFrom('channels')
    .select(['id', 'workspace_id'])
    .where('id', 'in', [...channelIds])
    .execute();
  return new Map(rows.map((row) => [row.id, row.workspace_id]));
}

/** The number of workspaces of a user whose policies `findPolicies` returns. */
const POLICIES_MAX = 1000;

/** Returns the token policies of a user's workspaces, of at most 1,000 and the oldest first, or of one workspace. */
export async function findPolicies(
  db: Executor,
  holder: { readonly userId: string } | { readonly workspaceId: string },
): Promise<{ readonly workspaceId: string; readonly policy: TokenPolicy }[]> {
  const all = db.selectFrom('workspaces as w').select(['w.id', ...POLICY_COLUMNS]);
  const query = all.where('w.deleted_at', 'is', null);
  const held =
    'workspaceId' in holder
      ? query.where('w.id', '=', holder.workspaceId)
      : query.where('w.id', 'in', (eb) =>
          eb.selectFrom('members').select('workspace_id').where('user_id', '=', holder.userId),
        );
  const rows = await held.orderBy('w.created_at').orderBy('w.id').limit(POLICIES_MAX).execute();
  return rows.map((row) => ({ workspaceId: row.id, policy: policyFromColumns(row) }));
}
