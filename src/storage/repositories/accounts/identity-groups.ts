import type { GroupSource } from '../../../domain/accounts/groups.ts';
import type { Executor } from '../../database.ts';

/** The groups of an identity, and who stated them and when, in milliseconds since the epoch; `null` if nothing did. */
export interface StatedGroups {
  readonly names: readonly string[];
  readonly source: GroupSource | null;
  readonly at: number | null;
}

const NAMES_PER_STATEMENT = 500;

/** Returns the groups of an identity; `null` if the identity does not exist. */
export async function findStatedGroups(db: Executor, identityId: string): Promise<StatedGroups | null> {
  const identity = await db
    .selectFrom('identities')
    .select(['groups_source', 'groups_at'])
    .where('id', '=', identityId)
    .executeTakeFirst();
  if (!identity) return null;
  const rows = await db
    .selectFrom('identity_groups')
    .select('name')
    .where('identity_id', '=', identityId)
    .orderBy('name')
    .execute();
  return {
    names: rows.map(({ name }) => name),
    source: identity.groups_source as GroupSource | null,
    at: identity.groups_at,
  };
}

/** Stores the groups of an identity in place of those before. */
export async function storeGroups(
  db: Executor,
  identityId: string,
  groups: { readonly names: readonly string[]; readonly source: GroupSource; readonly at: number },
): Promise<void> {
  await db
    .updateTable('identities')
    .set({ groups_source: groups.source, groups_at: groups.at })
    .where('id', '=', identityId)
    .execute();
  await db.deleteFrom('identity_groups').where('identity_id', '=', identityId).execute();
  const rows = [...new Set(groups.names)].map((name) => ({ identity_id: identityId, name }));
  for (let start = 0; start < rows.length; start += NAMES_PER_STATEMENT) {
    await db
      .insertInto('identity_groups')
      .values(rows.slice(start, start + NAMES_PER_STATEMENT))
      .execute();
  }
}
