import { type RawBuilder, sql } from 'kysely';
import type { ScimFilter } from '../../../domain/scim/filter.ts';
import type { DirectoryGroup, GroupAttribute } from '../../../domain/scim/group.ts';
import type { Executor } from '../../database.ts';
import type { Condition } from '../../query/granters.ts';
import { scimCondition } from '../../query/scim-filter.ts';

const COLUMNS: Readonly<Record<GroupAttribute, RawBuilder<string>>> = {
  id: sql.ref('g.id'),
  displayName: sql`lower(g.name)`,
  externalId: sql.ref('g.external_id'),
};
const IS_EXACT: readonly GroupAttribute[] = ['id', 'externalId'];

function toCondition(filter: ScimFilter<GroupAttribute> | null): Condition {
  return filter ? scimCondition(filter, { columns: COLUMNS, isExact: IS_EXACT }) : sql`1 = 1`;
}

/** Stores a group. Throws a unique violation if the provider has one of this name. */
export async function insertDirectoryGroup(
  db: Executor,
  provider: string,
  group: DirectoryGroup,
): Promise<void> {
  const { id, name, externalId, renamedTo, createdAt } = group;
  await db
    .insertInto('directory_groups')
    .values({
      id,
      provider,
      name,
      external_id: externalId,
      renamed_to: renamedTo,
      created_at: createdAt,
    })
    .execute();
}

function query(db: Executor, provider: string) {
  return db.selectFrom('directory_groups as g').where('g.provider', '=', provider);
}

function toGroup(row: {
  id: string;
  name: string;
  external_id: string | null;
  renamed_to: string | null;
  created_at: number;
}): DirectoryGroup {
  return {
    id: row.id,
    name: row.name,
    externalId: row.external_id,
    renamedTo: row.renamed_to,
    createdAt: row.created_at,
  };
}

/** Returns a group of a provider by id. */
export async function findDirectoryGroup(
  db: Executor,
  provider: string,
  id: string,
): Promise<DirectoryGroup | null> {
  const row = await query(db, provider).selectAll('g').where('g.id', '=', id).executeTakeFirst();
  return row ? toGroup(row) : null;
}

/** Returns whether a provider has a group that has a name or is about to get it. */
export async function hasDirectoryGroup(db: Executor, provider: string, name: string): Promise<boolean> {
  const row = await query(db, provider)
    .select('g.id')
    .where((eb) => eb.or([eb('g.name', '=', name), eb('g.renamed_to', '=', name)]))
    .executeTakeFirst();
  return row !== undefined;
}

/** Returns the groups of a provider that match a filter, in the order of their ids. */
export async function listDirectoryGroups(
  db: Executor,
  provider: string,
  filter: ScimFilter<GroupAttribute> | null,
  { offset, limit }: { readonly offset: number; readonly limit: number },
): Promise<DirectoryGroup[]> {
  const rows = await query(db, provider)
    .selectAll('g')
    .where(toCondition(filter))
    .orderBy('g.id')
    .limit(limit)
    .offset(offset)
    .execute();
  return rows.map(toGroup);
}

/** Counts the groups that `listDirectoryGroups` returns without a limit. */
export async function countDirectoryGroups(
  db: Executor,
  provider: string,
  filter: ScimFilter<GroupAttribute> | null,
): Promise<number> {
  const { count } = await query(db, provider)
    .where(toCondition(filter))
    .select((eb) => eb.fn.countAll<number>().as('count'))
    .executeTakeFirstOrThrow();
  return Number(count);
}

/** Stores the names and the external id of a group. Throws a unique violation if the provider has another one of a name. */
export async function updateDirectoryGroup(
  db: Executor,
  { id, name, externalId, renamedTo }: Omit<DirectoryGroup, 'createdAt'>,
): Promise<void> {
  const values = { name, external_id: externalId, renamed_to: renamedTo };
  await db.updateTable('directory_groups').set(values).where('id', '=', id).execute();
}

/** Deletes a group. */
export async function deleteDirectoryGroup(db: Executor, id: string): Promise<void> {
  await db.deleteFrom('directory_groups').where('id', '=', id).execute();
}

/**
 * Returns the ids of the people of a directory that are in a group of one of some names, in their order. No directory has a
 * person with a local account.
 */
export async function findGroupMembers(
  db: Executor,
  provider: string,
  names: readonly string[],
): Promise<string[]> {
  const rows = await db
    .selectFrom('identity_groups as m')
    .innerJoin('identities as i', 'i.id', 'm.identity_id')
    .innerJoin('users as u', 'u.id', 'i.user_id')
    .select('i.id')
    .distinct()
    .where('m.name', 'in', [...names])
    .where('i.provider', '=', provider)
    .where('i.removed_at', 'is', null)
    .where('u.is_local', '=', 0)
    .orderBy('i.id')
    .execute();
  return rows.map(({ id }) => id);
}
