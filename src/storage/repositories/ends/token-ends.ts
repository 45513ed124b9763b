import { type Expression, expressionBuilder, type SqlBool, sql } from 'kysely';
import type { AuditActor } from '../../../domain/audit.ts';
import { type Role, roleOfRank } from '../../../domain/roles.ts';
import type { Token } from '../../../domain/token.ts';
import type { Executor } from '../../database.ts';
import { write } from '../../deferred.ts';
import { endedAt } from '../../query/pending-ends.ts';
import type { Tables } from '../../tables.ts';
import { tokenQuery, toToken } from '../token-rows.ts';
import { type EndHolder, toHolder, toHolderColumns } from './holder.ts';

/** The tokens of a user or a workspace: all or, in a workspace, some of them. */
export interface TokenSet {
  readonly holder: EndHolder;
  /** Only tokens of this subject. */
  readonly subject?: string | null;
  /** Only tokens that this user created. */
  readonly createdBy?: string | null;
  /** Only tokens that this token or one of its descendants issued for subjects. */
  readonly issuedBy?: string | null;
  /** Only tokens that were issued at this instant or later. */
  readonly since?: number | null;
}

/** The end of a set of tokens that has yet to be stored in the rows of some of them. */
export interface PendingEnd {
  readonly id: string;
  readonly set: Required<TokenSet>;
  /** It concerns the tokens that have survived only ends with lower numbers. */
  readonly number: number;
  /** Whether the tokens are deleted; otherwise they are revoked. */
  readonly deletes: boolean;
  /** Whether the shares and invitations that the tokens gave are deleted too. */
  readonly deletesGrants: boolean;
  /** When the tokens ended, in milliseconds. */
  readonly at: number;
  /** The tokens up to this place are done. */
  readonly after: Place;
  /** The caller that ended the tokens. */
  readonly actor: AuditActor;
  /** What the audit event of each token contains. */
  readonly detail: Readonly<Record<string, unknown>>;
}

/** The place of a token in the order in which the tokens of a set are read. */
export interface Place {
  readonly at: number;
  readonly id: string;
}

/** The place before all tokens. */
export const START: Place = { at: 0, id: '' };

/**
 * Stores the end of a set of tokens: they are refused from the commit on, and later tokens are not concerned. The user or
 * workspace must be locked.
 */
export async function insertEnd(
  db: Executor,
  { set, ...end }: Omit<PendingEnd, 'number' | 'after' | 'set'> & { set: TokenSet },
): Promise<void> {
  await db
    .insertInto('pending_ends')
    .values({
      id: end.id,
      number: sql`1 + coalesce((select max(given.number) from (
        select e.number from pending_ends as e
        union all select max(t.ends_survived) from tokens as t where t.ends_survived is not null) as given), 0)`,
      ...toHolderColumns(set.holder),
      subject: set.subject ?? null,
      created_by: set.createdBy ?? null,
      issued_by: set.issuedBy ?? null,
      since: set.since ?? null,
      deletes: Number(end.deletes),
      deletes_grants: Number(end.deletesGrants),
      at: end.at,
      after_at: START.at,
      after_id: START.id,
      actor: JSON.stringify(end.actor),
      detail: JSON.stringify(end.detail),
    })
    .execute();
}

/** Returns a pending end by id or the oldest one, without those in `except`. */
export async function findEnd(
  db: Executor,
  { id, except = [] }: { readonly id?: string; readonly except?: readonly string[] },
): Promise<PendingEnd | null> {
  let query = db.selectFrom('pending_ends').selectAll();
  if (id !== undefined) query = query.where('id', '=', id);
  if (except.length > 0) query = query.where('id', 'not in', [...except]);
  const row = await query.orderBy('at').orderBy('id').limit(1).executeTakeFirst();
  if (!row) return null;
  return {
    id: row.id,
    set: {
      holder: toHolder(row),
      subject: row.subject,
      createdBy: row.created_by,
      issuedBy: row.issued_by,
      since: row.since,
    },
    number: row.number,
    deletes: row.deletes === 1,
    deletesGrants: row.deletes_grants === 1,
    at: row.at,
    after: { at: row.after_at, id: row.after_id },
    actor: JSON.parse(row.actor),
    detail: JSON.parse(row.detail),
  };
}

/** Counts the pending ends. */
export async function countEnds(db: Executor): Promise<number> {
  const count = db.selectFrom('pending_ends').select((eb) => eb.fn.countAll<number>().as('count'));
  return Number((await count.executeTakeFirstOrThrow()).count);
}

/** Records that the tokens up to a place are done. */
export async function advanceEnd(db: Executor, id: string, { at, id: tokenId }: Place): Promise<void> {
  const update = db.updateTable('pending_ends').set({ after_at: at, after_id: tokenId });
  await write(db, update.where('id', '=', id));
}

/** Deletes a pending end, because every token is done. */
export async function deleteEnd(db: Executor, id: string): Promise<void> {
  await write(db, db.deleteFrom('pending_ends').where('id', '=', id));
}

/** Returns whether a pending end concerns a token or one of its ancestors. */
export async function isEnding(db: Executor, tokenId: string): Promise<boolean> {
  const query = db.selectFrom('tokens').select(endedAt().as('at')).where('id', '=', tokenId);
  return typeof (await query.executeTakeFirst())?.at === 'number';
}

/** Returns the condition that a token belongs to a set. */
function inSet({ holder, subject, createdBy, issuedBy, since }: TokenSet): Expression<SqlBool> {
  const eb = expressionBuilder<Tables, 'tokens'>();
  const column = holder.on === 'user' ? 'tokens.owner_id' : 'tokens.workspace_id';
  const conditions = [eb(column, '=', holder.id)];
  if (subject != null) conditions.push(eb('tokens.subject', '=', subject));
  if (createdBy != null) conditions.push(eb('tokens.created_by', '=', createdBy));
  if (issuedBy != null) {
    const issued = eb.selectFrom('token_issuers').select('token_id').where('issuer_id', '=', issuedBy);
    conditions.push(eb('tokens.id', 'in', issued));
  }
  if (since != null) conditions.push(eb('tokens.created_at', '>=', since));
  return eb.and(conditions);
}

/** Orders the tokens of a set after a place as the index has them by which the set is found. */
function inOrder<Q extends ReturnType<typeof tokenQuery>>(
  query: Q,
  { issuedBy }: TokenSet,
  { at, id }: Place,
): Q {
  const ordered =
    issuedBy == null
      ? query
          .where(sql<boolean>`(tokens.created_at, tokens.id) > (${at}, ${id})`)
          .orderBy('tokens.created_at')
          .orderBy('tokens.id')
      : query
          .innerJoin('token_issuers as by', 'by.token_id', 'tokens.id')
          .where('by.issuer_id', '=', issuedBy)
          .where('by.token_id', '>', id)
          .orderBy('by.token_id');
  return ordered as unknown as Q;
}

/**
 * Returns tokens of a set after a place, in the order of their places, at most `most` of them and with what their own rows say,
 * although the end of the set or of an ancestor can be pending. With `isLive`, only those that are not revoked; with `number`,
 * only those that the end with it concerns.
 */
export async function findTokensOfSet(
  db: Executor,
  set: TokenSet,
  after: Place,
  most: number,
  { isLive = false, number }: { readonly isLive?: boolean; readonly number?: number } = {},
): Promise<Token[]> {
  let query = inOrder(tokenQuery(db).where(inSet(set)), set, after).limit(most);
  if (isLive) query = query.where('tokens.revoked_at', 'is', null);
  if (number !== undefined) query = query.where(sql<boolean>`coalesce(tokens.ends_survived, 0) < ${number}`);
  const rows = await query.execute();
  return rows.map((row) => ({ ...toToken(row), revokedAt: row.revoked_at }));
}

/** The tokens of a set that are not revoked: how many there are, and the highest of their roles. */
export interface LiveTokens {
  readonly count: number;
  /** `null` for personal tokens and an empty set. */
  readonly role: Role | null;
}

/** Counts the tokens of a set that are neither revoked nor ended by a pending end. */
export async function countLiveTokens(db: Executor, set: TokenSet): Promise<LiveTokens> {
  const row = await db
    .selectFrom('tokens')
    .where(inSet(set))
    .where('tokens.revoked_at', 'is', null)
    .where(sql<boolean>`(${endedAt()}) is null`)
    .select((eb) => [eb.fn.countAll<number>().as('count'), eb.fn.max('tokens.role').as('role')])
    .executeTakeFirstOrThrow();
  return { count: Number(row.count), role: row.role === null ? null : roleOfRank(row.role) };
}
