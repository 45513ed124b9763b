import { type RawBuilder, sql } from 'kysely';
import type { Executor } from '../../database.ts';
import { INVITATION_COUNTS } from '../../query/ended-grants.ts';
import type { Tables } from '../../tables.ts';
import { deleteUsesOf } from '../credential-uses.ts';

/** A workspace that is deleted, and whose rows are still being deleted. */
export interface DeletedWorkspace {
  readonly id: string;
  /** When it was deleted, in milliseconds. */
  readonly at: number;
}

type Table = keyof Tables;

/** The tables with many rows for each workspace beside its tokens, in the order in which they are deleted, with their keys. */
const PARTS: readonly (readonly [table: Table, key: string])[] = [
  ['messages', 'id'],
  ['channel_shares', 'channel_id, user_id, granter_id, operation'],
  ['channels', 'id'],
  ['invitations', 'id'],
  ['members', 'workspace_id, user_id'],
  ['member_exclusions', 'workspace_id, user_id'],
  ['group_roles', 'workspace_id, provider, group_name'],
  ['entity_types', 'workspace_id, name'],
];

/** Returns the condition that a row of a table belongs to a workspace. */
function belongsTo(table: Table, id: string): RawBuilder<unknown> {
  if (table !== 'messages' && table !== 'channel_shares') return sql`workspace_id = ${id}`;
  return sql`channel_id in (select c.id from channels as c where c.workspace_id = ${id})`;
}

/**
 * Returns whether a workspace has no more than `most` rows in any of its tables, and no invitation that ended and has yet to get its
 * audit event.
 */
export async function isSmall(db: Executor, id: string, most: number): Promise<boolean> {
  for (const table of ['tokens', ...PARTS.map(([part]) => part)] as const) {
    const query = sql`select 1 from ${sql.table(table)} where ${belongsTo(table, id)} limit 1 offset ${most}`;
    if ((await query.execute(db)).rows.length > 0) return false;
  }
  const ended = db.selectFrom('invitations').select('id').where('workspace_id', '=', id);
  return !(await ended.where(sql<boolean>`not ${INVITATION_COUNTS}`).limit(1).executeTakeFirst());
}

/** Marks a workspace as deleted: from the commit on, it counts as absent, its federations end, and its slug is free. */
export async function markDeleted(db: Executor, { id, at }: DeletedWorkspace): Promise<void> {
  await db.updateTable('workspaces').set({ deleted_at: at, slug: id }).where('id', '=', id).execute();
  await db.deleteFrom('federations').where('workspace_id', '=', id).execute();
}

/**
 * Returns the workspace that was deleted first, without those in `except` and those with tokens or ended invitations that have yet
 * to get their audit events.
 */
export async function findDeletedWorkspace(
  db: Executor,
  { except = [] }: { readonly except?: readonly string[] },
): Promise<DeletedWorkspace | null> {
  let query = db
    .selectFrom('workspaces as w')
    .select(['w.id', 'w.deleted_at'])
    .where('w.deleted_at', 'is not', null)
    .where(({ not, exists, selectFrom }) =>
      not(exists(selectFrom('pending_ends as e').select('e.id').whereRef('e.workspace_id', '=', 'w.id'))),
    )
    .where(({ not, exists, selectFrom }) =>
      not(
        exists(
          selectFrom('invitations')
            .select('invitations.id')
            .whereRef('invitations.workspace_id', '=', 'w.id')
            .where(sql<boolean>`not ${INVITATION_COUNTS}`),
        ),
      ),
    );
  if (except.length > 0) query = query.where('w.id', 'not in', [...except]);
  const row = await query.orderBy('w.deleted_at').orderBy('w.id').limit(1).executeTakeFirst();
  return row ? { id: row.id, at: row.deleted_at as number } : null;
}

/** Counts the deleted workspaces whose rows are still being deleted. */
export async function countDeletedWorkspaces(db: Executor): Promise<number> {
  const query = db.selectFrom('workspaces').select((eb) => eb.fn.countAll<number>().as('count'));
  return Number((await query.where('deleted_at', 'is not', null).executeTakeFirstOrThrow()).count);
}

/**
 * Deletes up to `most` rows of a workspace of one table, and the workspace with its last rows. Its tokens must be deleted before.
 */
export async function deleteWorkspaceRows(db: Executor, id: string, most: number): Promise<void> {
  for (const [table, key] of PARTS) {
    const [name, columns] = [sql.table(table), sql.raw(key)];
    const { numAffectedRows = 0n } = await sql`delete from ${name} where (${columns}) in (
      select ${columns} from ${name} where ${belongsTo(table, id)} limit ${most})`.execute(db);
    if (numAffectedRows > 0n) return;
  }
  await deleteWorkspace(db, id);
}

/** Deletes a workspace with everything in it. */
export async function deleteWorkspace(db: Executor, id: string): Promise<void> {
  await deleteUsesOf(db, id);
  await db.deleteFrom('workspaces').where('id', '=', id).execute();
}
