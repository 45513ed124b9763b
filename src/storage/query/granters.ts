import { type RawBuilder, type SqlBool, sql } from 'kysely';
import type { Executor } from '../database.ts';
import { endedAtText } from './pending-ends.ts';

/** A boolean SQL expression. */
export type Condition = RawBuilder<SqlBool>;

/** The SQL texts, without parameters, that decide whether a token can give something. */
export interface GrantingTokenSql {
  /** The token's id. */
  readonly tokenId: string;
  /** The longest lifetime that the policy of the workspace concerned allows. */
  readonly maxLifetime: string;
  /** The instant of the decision, in milliseconds. */
  readonly now: string;
  /** Whether the token, by its alias, belongs to the recorded granter. */
  readonly belongsToGranter: (token: string) => string;
  /** Whether a token of the chain, by its alias, could give the thing as far as its own access goes. */
  readonly covers: (token: string) => string;
}

/**
 * Returns the condition, as SQL text, that a token could give something now: the token and all its ancestors are active, the
 * federation that it comes from has not changed, their access covers it, and the policy of the workspace allows their lifetimes.
 * One statement reads the whole chain, so it never sees part of a change. The condition is false for a token that does not exist.
 */
export function tokenCanGive(parts: GrantingTokenSql): string {
  const { tokenId, maxLifetime, now, belongsToGranter, covers } = parts;
  const isLive = (token: string) => `(
    ${token}.revoked_at is null and ${token}.disabled_at is null
    and (${token}.expires_at is null or ${token}.expires_at > ${now})
    and (${maxLifetime} is null or ${token}.expires_at - ${token}.issued_at <= ${maxLifetime})
    and ${covers(token)})`;
  return `exists (
    select 1 from tokens as giver
    where giver.id = ${tokenId} and ${belongsToGranter('giver')} and ${isLive('giver')}
      and (${endedAtText('giver')}) is null
      and not exists (
        select 1 from token_ancestors as chain left join tokens as ancestor on ancestor.id = chain.ancestor_id
        where chain.token_id = giver.id and (ancestor.id is not null and ${isLive('ancestor')}) is not true
          and not exists (select 1 from federations as source where source.grant_id = chain.ancestor_id)))`;
}

/** Returns a table of one row with the column `now`, so that conditions in SQL text can refer to an instant. */
export function clockAt(now: number): RawBuilder<{ now: number }> {
  return sql<{ now: number }>`(select cast(${now} as bigint) as now)`;
}

/** The numbers of deleted shares and invitations. A share counts once for each channel and recipient. */
export interface DeletedGrants {
  readonly shares: number;
  readonly invitations: number;
}

async function deleteGrants(db: Executor, shares: Condition, invitations: Condition): Promise<DeletedGrants> {
  const deleted = await db
    .deleteFrom('channel_shares')
    .where(shares)
    .returning(['channel_id', 'user_id'])
    .execute();
  const result = await db.deleteFrom('invitations').where(invitations).executeTakeFirst();
  return {
    shares: new Set(deleted.map((row) => `${row.channel_id} ${row.user_id}`)).size,
    invitations: Number(result.numDeletedRows),
  };
}

/** Deletes the shares and invitations that some tokens gave. */
export function deleteGrantsOfTokens(db: Executor, ids: readonly string[]): Promise<DeletedGrants> {
  const list = sql`(${sql.join(ids)})`;
  return deleteGrants(db, sql`granted_by_token in ${list}`, sql`invited_by_token in ${list}`);
}

/** Deletes the shares that a user gave, in a session or by tokens, and the invitations that the user created. */
export function deleteGrantsOfUser(db: Executor, userId: string): Promise<DeletedGrants> {
  return deleteGrants(db, sql`granted_by = ${userId}`, sql`invited_by = ${userId}`);
}

/** Counts the shares that a user gave, all or only those by tokens. */
export async function countSharesOf(
  db: Executor,
  userId: string,
  { onlyByTokens = false }: { readonly onlyByTokens?: boolean } = {},
): Promise<number> {
  let shares = db
    .selectFrom('channel_shares')
    .select(['channel_id', 'user_id'])
    .distinct()
    .where('granted_by', '=', userId);
  if (onlyByTokens) shares = shares.where('granted_by_token', 'is not', null);
  const count = db.selectFrom(shares.as('s')).select((eb) => eb.fn.countAll<number>().as('count'));
  return Number((await count.executeTakeFirstOrThrow()).count);
}

/** Deletes the invitations that a user created; returns the count. */
export async function deleteInvitationsOfUser(db: Executor, userId: string): Promise<number> {
  const result = await db.deleteFrom('invitations').where('invited_by', '=', userId).executeTakeFirst();
  return Number(result.numDeletedRows);
}
