import { sql } from 'kysely';
import type { AccessContext } from '../../domain/decision.ts';
import type { Page, PageWindow } from '../../domain/paging.ts';
import type { PolicySubject, TokenPolicy } from '../../domain/policy.ts';
import { type Role, rankOf } from '../../domain/roles.ts';
import type { VisibilityFilter } from '../../domain/visibility.ts';
import type { Workspace } from '../../domain/workspace.ts';
import {
  POLICY_COLUMNS,
  type PolicyColumns,
  policyFromColumns,
  policyToColumns,
  roleFromRank,
} from '../codec.ts';
import type { Executor } from '../database.ts';
import { prepareLookup } from '../query/batched-lookup.ts';
import { countRows, fetchPage, hasMoreRows } from '../query/paging.ts';
import { prepareQueryByIds } from '../query/prepared.ts';
import { visibleTo } from '../query/visibility.ts';

/** The order of every list of workspaces: oldest first. */
export const WORKSPACE_ORDER = { name: 'CREATED_AT', keyType: 'number' } as const;

function toWorkspace(
  row: { id: string; name: string; slug: string; created_at: number } & PolicyColumns,
): Workspace {
  return {
    id: row.id,
    name: row.name,
    slug: row.slug,
    createdAt: row.created_at,
    policy: policyFromColumns(row),
  };
}

function visibleQuery(db: Executor, filter: VisibilityFilter) {
  return db
    .selectFrom('workspaces')
    .where(visibleTo(filter, { workspaceId: 'workspaces.id', entityId: 'workspaces.id' }));
}

/** Stores a workspace, which counts against the limit of the user `createdBy`. Throws a unique violation if the slug is taken. */
export async function insertWorkspace(
  db: Executor,
  workspace: Workspace,
  createdBy: string | null = null,
): Promise<void> {
  const { id, name, slug, createdAt, policy } = workspace;
  await db
    .insertInto('workspaces')
    .values({ id, name, slug, created_at: createdAt, created_by: createdBy, ...policyToColumns(policy) })
    .execute();
}

/** Returns whether more than `most` existing workspaces were created by a user; reads no more rows than that. */
export async function createdMoreWorkspaces(db: Executor, userId: string, most: number): Promise<boolean> {
  const created = db.selectFrom('workspaces').select('id').where('created_by', '=', userId);
  const query = created.where('deleted_at', 'is', null);
  return hasMoreRows(query.orderBy('created_by'), most);
}

/** Returns whether a slug is taken. */
export async function isSlugTaken(db: Executor, slug: string): Promise<boolean> {
  return (
    (await db.selectFrom('workspaces').select('id').where('slug', '=', slug).executeTakeFirst()) !== undefined
  );
}

/** Returns a workspace if it is visible to the caller. */
export async function findWorkspaceWithin(
  db: Executor,
  filter: VisibilityFilter,
  id: string,
): Promise<Workspace | null> {
  const row = await visibleQuery(db, filter).selectAll().where('workspaces.id', '=', id).executeTakeFirst();
  return row ? toWorkspace(row) : null;
}

const openMembership = prepareLookup(
  ['text', 'bigint', 'bigint', 'bigint', 'bigint'],
  (db, userId, rank, isPersonalToken, lifetime, unseenFor) =>
    db
      .selectFrom('members as m')
      .innerJoin('workspaces as w', 'w.id', 'm.workspace_id')
      .select('w.owner_seen_within')
      .where('w.deleted_at', 'is', null)
      .where('m.user_id', '=', userId)
      .where('m.role', '>=', rank)
      .where(sql<boolean>`(${isPersonalToken} = 0 or w.personal_tokens = 'ALLOWED')`)
      .where(sql<boolean>`(w.max_lifetime is null or w.max_lifetime >= ${lifetime})`)
      .where(sql<boolean>`(w.owner_seen_within is null or w.owner_seen_within > ${unseenFor})`)
      .limit(1),
);

/**
 * Returns the part of the policy that depends on time of a workspace in which a user has at least a role, and whose policy
 * allows a token, or any policy if `subject` is `null`; `null` if there is no such workspace.
 */
export async function findMembership(
  db: Executor,
  userId: string,
  role: Role,
  subject: PolicySubject | null,
): Promise<Pick<TokenPolicy, 'ownerSeenWithin'> | null> {
  const isPersonalToken = subject?.kind === 'PERSONAL' ? 1 : 0;
  const lifetime = subject === null ? 0 : (subject.lifetime ?? Number.MAX_SAFE_INTEGER);
  const unseenFor = subject?.unseenFor ?? 0;
  const row = await openMembership(db, userId, rankOf(role), isPersonalToken, lifetime, unseenFor);
  return row ? { ownerSeenWithin: row.owner_seen_within } : null;
}

/** Returns whether a workspace is visible to the caller. */
export async function hasWorkspaceWithin(db: Executor, filter: VisibilityFilter): Promise<boolean> {
  const query = visibleQuery(db, filter).select('workspaces.id').limit(1);
  return (await query.executeTakeFirst()) !== undefined;
}

/** Returns a page of the workspaces visible to the caller, oldest first. */
export async function pageWorkspaces(
  db: Executor,
  filter: VisibilityFilter,
  window: PageWindow,
): Promise<Page<Workspace>> {
  return fetchPage(visibleQuery(db, filter).selectAll(), toWorkspace, window, {
    ...WORKSPACE_ORDER,
    key: sql.ref('workspaces.created_at'),
    id: sql.ref('workspaces.id'),
    direction: 'asc',
    positionOf: (row) => ({ key: row.created_at, id: row.id }),
  });
}

/** Counts the workspaces visible to the caller, as `countRows` does. */
export async function countWorkspaces(db: Executor, filter: VisibilityFilter): Promise<number> {
  return countRows(db, visibleQuery(db, filter));
}

/** Returns the ids of all workspaces, for the operator's commands. */
export async function listWorkspaceIds(db: Executor): Promise<string[]> {
  const query = db.selectFrom('workspaces').select('id').where('deleted_at', 'is', null);
  return (await query.execute()).map((row) => row.id);
}

const workspacesById = prepareQueryByIds((db: Executor, ids) =>
  db
    .selectFrom('workspaces')
    .selectAll()
    .where('deleted_at', 'is', null)
    .where('id', 'in', [...ids]),
);

/** Returns the workspaces with these ids, in no order, without a check of visibility. */
export async function findWorkspaces(db: Executor, ids: readonly string[]): Promise<Workspace[]> {
  return (await workspacesById(db, ids)).map(toWorkspace);
}

const workspacesBySlug = prepareQueryByIds((db: Executor, slugs) =>
  db
    .selectFrom('workspaces')
    .selectAll()
    .where('deleted_at', 'is', null)
    .where('slug', 'in', [...slugs]),
);

/** Returns the workspaces with these slugs, in no order, without a check of visibility. */
export async function findWorkspacesBySlugs(db: Executor, slugs: readonly string[]): Promise<Workspace[]> {
  return (await workspacesBySlug(db, slugs)).map(toWorkspace);
}

const userAccess = prepareLookup(['text', 'text'], (db, userId, workspaceId) =>
  db
    .selectFrom('workspaces as w')
    .leftJoin('members as m', (join) =>
      join.onRef('m.workspace_id', '=', 'w.id').on('m.user_id', '=', userId),
    )
    .select(['m.role', ...POLICY_COLUMNS])
    .where('w.deleted_at', 'is', null)
    .where('w.id', '=', workspaceId),
);

/** Returns a user's access to a workspace, with a role of `null` for a non-member; `null` if the workspace does not exist. */
export async function findUserAccess(
  db: Executor,
  userId: string,
  workspaceId: string,
): Promise<AccessContext | null> {
  const row = await userAccess(db, userId, workspaceId);
  return row
    ? { workspaceId, role: roleFromRank(row.role), shared: [], policy: policyFromColumns(row) }
    : null;
}

/** Returns the token policy of a workspace. */
export async function findPolicy(db: Executor, workspaceId: string): Promise<TokenPolicy | null> {
  const [workspace] = await findWorkspaces(db, [workspaceId]);
  return workspace?.policy ?? null;
}

/** Renames a workspace. */
export async function renameWorkspace(db: Executor, id: string, name: string): Promise<void> {
  await db.updateTable('workspaces').set({ name }).where('id', '=', id).execute();
}

/** Replaces a workspace's token policy. */
export async function setPolicy(db: Executor, id: string, policy: TokenPolicy): Promise<void> {
  await db.updateTable('workspaces').set(policyToColumns(policy)).where('id', '=', id).execute();
}
