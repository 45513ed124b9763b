import { type RawBuilder, type SqlBool, sql } from 'kysely';
import type { AuditActor } from '../../../domain/audit.ts';
import type { Invitation } from '../../../domain/workspace.ts';
import type { Executor } from '../../database.ts';
import { type GrantKind, INVITATION_COUNTS, SHARE_COUNTS } from '../../query/ended-grants.ts';
import { type InvitationRow, toInvitation } from '../invitations.ts';
import { type EndHolder, toHolder, toHolderColumns } from './holder.ts';

/** Shares or invitations that end together. */
export interface GrantSet {
  readonly kind: GrantKind;
  /** The user who gave them, the owner or workspace of the token that did, or the workspace of the recipient. */
  readonly holder: EndHolder;
  /** Only what this token gave. */
  readonly tokenId?: string | null;
  /** Only what this user was given in the workspace, by anyone. */
  readonly recipientId?: string | null;
}

/** The end of a set of shares or invitations, of which some have yet to be deleted. They do not count from the commit on. */
export interface PendingGrantEnd {
  readonly id: string;
  readonly set: Required<GrantSet>;
  /** It concerns those that have survived only ends with lower numbers. */
  readonly number: number;
  /** When they ended, in milliseconds. */
  readonly at: number;
  /** The caller that the audit events of the invitations name; `null` if none are written. */
  readonly actor: AuditActor | null;
}

type Condition = RawBuilder<SqlBool>;

const TABLES = {
  SHARES: {
    name: 'channel_shares',
    key: sql.raw('channel_id, user_id, granter_id, operation'),
    counts: SHARE_COUNTS,
    giver: 'granted_by',
    token: 'granted_by_token',
    workspaceId: sql.raw('(select c.workspace_id from channels as c where c.id = channel_shares.channel_id)'),
  },
  INVITATIONS: {
    name: 'invitations',
    key: sql.raw('id'),
    counts: INVITATION_COUNTS,
    giver: 'invited_by',
    token: 'invited_by_token',
    workspaceId: sql.raw('invitations.workspace_id'),
  },
} as const;

/** Returns the condition that a row belongs to a set. */
function inSet({ kind, holder, tokenId = null, recipientId = null }: GrantSet): Condition {
  const { giver, token, workspaceId } = TABLES[kind];
  if (recipientId !== null) {
    return sql`user_id = ${recipientId} and ${workspaceId} = ${holder.id}`;
  }
  return tokenId === null ? sql`${sql.ref(giver)} = ${holder.id}` : sql`${sql.ref(token)} = ${tokenId}`;
}

/** Returns the condition that a pending end concerns a row. */
function concernedBy({ set, number }: PendingGrantEnd): Condition {
  return sql`${inSet(set)} and coalesce(ends_survived, 0) < ${number}`;
}

async function remove(db: Executor, kind: GrantKind, condition: Condition): Promise<number> {
  const { name } = TABLES[kind];
  const { numAffectedRows = 0n } = await sql`delete from ${sql.table(name)} where ${condition}`.execute(db);
  return Number(numAffectedRows);
}

/** Returns whether a set has more than `most` rows that have not ended. Reads no more of these. */
export async function hasMoreGrants(db: Executor, set: GrantSet, most: number): Promise<boolean> {
  const { name, counts } = TABLES[set.kind];
  const { rows } = await sql`select 1 from ${sql.table(name)}
    where ${inSet(set)} and ${counts} limit 1 offset ${most}`.execute(db);
  return rows.length > 0;
}

/** Deletes the rows of a set that have not ended; returns the count. */
export async function deleteGrants(db: Executor, set: GrantSet): Promise<number> {
  return remove(db, set.kind, sql`${inSet(set)} and ${TABLES[set.kind].counts}`);
}

/**
 * Returns how many rows that have not ended each of some existing tokens gave, counted up to `most`. Reads no more of these of a
 * token, and leaves out tokens that gave none.
 */
export async function countGrantsOfTokens(
  db: Executor,
  kind: GrantKind,
  ids: readonly string[],
  most: number,
): Promise<ReadonlyMap<string, number>> {
  if (ids.length === 0) return new Map();
  const { name, token, counts } = TABLES[kind];
  const { rows } = await sql<{ id: string; count: number }>`select t.id, (
      select count(*) from (
        select 1 as one from ${sql.table(name)} where ${sql.ref(token)} = t.id and ${counts} limit ${most}) as given) as count
    from tokens as t where t.id in (${sql.join(ids)})`.execute(db);
  return new Map(rows.filter(({ count }) => Number(count) > 0).map(({ id, count }) => [id, Number(count)]));
}

/** Deletes the rows that some tokens gave and that have not ended. */
export async function deleteGrantsOfTokens(
  db: Executor,
  kind: GrantKind,
  ids: readonly string[],
): Promise<void> {
  const { token, counts } = TABLES[kind];
  await remove(db, kind, sql`${sql.ref(token)} in (${sql.join(ids)}) and ${counts}`);
}

/** Counts the shares that a user gave, all or only those by tokens. A share counts once for each channel and recipient. */
export async function countSharesOf(
  db: Executor,
  userId: string,
  { onlyByTokens = false }: { readonly onlyByTokens?: boolean } = {},
): Promise<number> {
  let shares = db
    .selectFrom('channel_shares')
    .select(['channel_id', 'user_id'])
    .distinct()
    .where('granted_by', '=', userId)
    .where(SHARE_COUNTS);
  if (onlyByTokens) shares = shares.where('granted_by_token', 'is not', null);
  const count = db.selectFrom(shares.as('s')).select((eb) => eb.fn.countAll<number>().as('count'));
  return Number((await count.executeTakeFirstOrThrow()).count);
}

/** Counts the invitations that a user created and that have not ended, void or not. */
export async function countInvitationsOf(db: Executor, userId: string): Promise<number> {
  const count = db.selectFrom('invitations').select((eb) => eb.fn.countAll<number>().as('count'));
  const row = await count.where('invited_by', '=', userId).where(INVITATION_COUNTS).executeTakeFirstOrThrow();
  return Number(row.count);
}

/**
 * Stores the end of a set: its rows do not count from the commit on, and those that are inserted later do. What orders the end
 * and the insertion of such rows must be locked: the user or workspace of the set.
 */
export async function insertGrantEnd(
  db: Executor,
  { set, actor, ...end }: Omit<PendingGrantEnd, 'number' | 'set'> & { readonly set: GrantSet },
): Promise<void> {
  await db
    .insertInto('pending_grant_ends')
    .values({
      ...end,
      number: sql`1 + coalesce((select max(given.number) from (
        select e.number from pending_grant_ends as e
        union all select max(s.ends_survived) from channel_shares as s where s.ends_survived is not null
        union all select max(i.ends_survived) from invitations as i where i.ends_survived is not null) as given), 0)`,
      kind: set.kind,
      ...toHolderColumns(set.holder),
      token_id: set.tokenId ?? null,
      recipient_id: set.recipientId ?? null,
      actor: actor && JSON.stringify(actor),
    })
    .execute();
}

/** Returns a pending end by id or the oldest one, without those in `except`. */
export async function findGrantEnd(
  db: Executor,
  { id, except = [] }: { readonly id?: string; readonly except?: readonly string[] },
): Promise<PendingGrantEnd | null> {
  let query = db.selectFrom('pending_grant_ends').selectAll();
  if (id !== undefined) query = query.where('id', '=', id);
  if (except.length > 0) query = query.where('id', 'not in', [...except]);
  const row = await query.orderBy('at').orderBy('id').limit(1).executeTakeFirst();
  if (!row) return null;
  return {
    id: row.id,
    set: { kind: row.kind, holder: toHolder(row), tokenId: row.token_id, recipientId: row.recipient_id },
    number: row.number,
    at: row.at,
    actor: row.actor === null ? null : JSON.parse(row.actor),
  };
}

/** Counts the pending ends. */
export async function countGrantEnds(db: Executor): Promise<number> {
  const count = db.selectFrom('pending_grant_ends').select((eb) => eb.fn.countAll<number>().as('count'));
  return Number((await count.executeTakeFirstOrThrow()).count);
}

/** Returns the workspaces of the next rows of an end, up to `most` rows. */
export async function findWorkspacesOfEnd(
  db: Executor,
  end: PendingGrantEnd,
  most: number,
): Promise<string[]> {
  const { name, workspaceId } = TABLES[end.set.kind];
  const { rows } = await sql<{ id: string }>`select distinct next.id from (
    select ${workspaceId} as id from ${sql.table(name)} where ${concernedBy(end)} limit ${most}) as next`.execute(
    db,
  );
  return rows.map(({ id }) => id);
}

/** Selects the keys of the next rows of an end in some workspaces. */
function nextRows(end: PendingGrantEnd, workspaceIds: readonly string[], most: number) {
  const { name, key, workspaceId } = TABLES[end.set.kind];
  return sql`select ${key} from ${sql.table(name)}
    where ${concernedBy(end)} and ${workspaceId} in (${sql.join(workspaceIds)}) limit ${most}`;
}

/** Returns the invitations of an end in some workspaces that are deleted next, at most `most`. */
export async function findEndedInvitations(
  db: Executor,
  end: PendingGrantEnd,
  workspaceIds: readonly string[],
  most: number,
): Promise<Invitation[]> {
  const { rows } = await sql<InvitationRow>`select * from invitations
    where id in (${nextRows(end, workspaceIds, most)})`.execute(db);
  return rows.map(toInvitation);
}

/** Deletes the shares or invitations of an end in some workspaces, at most `most`. The workspaces must be locked. */
export async function deleteEndedGrants(
  db: Executor,
  end: PendingGrantEnd,
  workspaceIds: readonly string[],
  most: number,
): Promise<void> {
  const { key } = TABLES[end.set.kind];
  await remove(db, end.set.kind, sql`(${key}) in (${nextRows(end, workspaceIds, most)})`);
}

/** Deletes an end if none of its rows is left. */
export async function deleteGrantEndIfDone(db: Executor, end: PendingGrantEnd): Promise<void> {
  const { name } = TABLES[end.set.kind];
  const { rows } = await sql`select 1 from ${sql.table(name)} where ${concernedBy(end)} limit 1`.execute(db);
  if (rows.length === 0) await db.deleteFrom('pending_grant_ends').where('id', '=', end.id).execute();
}

/** Returns the ended invitation of an address to a workspace, with its end; `null` if there is none. */
export async function findEndedInvitationOf(
  db: Executor,
  workspaceId: string,
  email: string,
): Promise<{ readonly invitation: Invitation; readonly end: PendingGrantEnd } | null> {
  const { rows } = await sql<InvitationRow & { end_id: string }>`
    select i.*, e.id as end_id from invitations as i
    inner join pending_grant_ends as e on e.kind = 'INVITATIONS' and e.number > coalesce(i.ends_survived, 0)
      and case when e.token_id is not null then e.token_id = i.invited_by_token else e.user_id = i.invited_by end
    where i.workspace_id = ${workspaceId} and i.email = ${email} order by e.number limit 1`.execute(db);
  const [row] = rows;
  const end = row ? await findGrantEnd(db, { id: row.end_id }) : null;
  return row && end ? { invitation: toInvitation(row), end } : null;
}
