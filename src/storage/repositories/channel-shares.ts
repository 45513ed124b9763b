import { type RawBuilder, type SqlBool, sql } from 'kysely';
import type { ChannelShare, Granter } from '../../domain/channel.ts';
import { normaliseOperations, type Operation } from '../../domain/scopes.ts';
import type { Executor } from '../database.ts';
import { ENDS_SURVIVED, SHARE_COUNTS } from '../query/ended-grants.ts';
import type { Condition } from '../query/granters.ts';
import { heldShares, type ShareQuery } from '../query/held-shares.ts';
import { prepareQuery, prepareQueryByShape, prepareQueryOne } from '../query/prepared.ts';

/** Returns the condition that a user holds an operation by a share on the channel that a column names. */
export function isSharedFor(
  operation: Operation,
  channelId: string,
  query: ShareQuery & { userId: string },
): Condition {
  return sql`${sql.ref(channelId)} in (
    select shared.channel_id from ${heldShares(query)} as shared where shared.operation = ${operation})`;
}

/** Selects the operations that a user holds on a channel by shares, separated by spaces; `null` if there are none. */
export function sharedOperations(userId: string, channelId: string, now: number): RawBuilder<string | null> {
  const held = heldShares({ userId, channelId, now });
  return sql<string | null>`(select string_agg(shared.operation, ' ') from ${held} as shared)`;
}

/** Selects an operation of a stored share of a channel with a user, in effect or not; `null` if there is none. */
export function storedOperation(userId: string, channelId: string): RawBuilder<string | null> {
  return sql<string | null>`(select stored.operation from channel_shares as stored
    where stored.channel_id = ${channelId} and stored.user_id = ${userId} limit 1)`;
}

const storedShare = prepareQueryOne((db: Executor, userId: string) =>
  db.selectFrom('channel_shares').select('channel_id').where('user_id', '=', userId).limit(1),
);

/**
 * Returns whether shares with a user are stored, in effect or not. Few users have any, and this index lookup costs a fraction
 * of evaluating them.
 */
export async function hasStoredShares(db: Executor, userId: string): Promise<boolean> {
  return (await storedShare(db, userId)) !== undefined;
}

/** Returns the operations that `sharedOperations` selected, in canonical order. */
export function splitOperations(text: string | null): Operation[] {
  return text === null ? [] : normaliseOperations(text.split(' ') as Operation[]);
}

/** Stores a share of a channel by a granter. */
export async function insertShare(db: Executor, share: ChannelShare, granter: Granter): Promise<void> {
  const { userId: grantedBy, tokenId } = granter;
  const granterId = tokenId ?? grantedBy;
  if (granterId === null) throw new Error('a share has a granter');
  await db
    .insertInto('channel_shares')
    .values(
      share.operations.map((operation) => ({
        channel_id: share.channelId,
        user_id: share.userId,
        granter_id: granterId,
        granted_by: grantedBy,
        granted_by_token: tokenId,
        operation,
        ends_survived: ENDS_SURVIVED,
      })),
    )
    .execute();
}

/**
 * Deletes a user's shares of a channel, of every granter or of one user. Returns whether there were any that had not ended.
 */
export async function deleteShares(
  db: Executor,
  { channelId, userId }: Pick<ChannelShare, 'channelId' | 'userId'>,
  granters: 'ALL' | { readonly grantedBy: string },
): Promise<boolean> {
  let query = db
    .deleteFrom('channel_shares')
    .where('channel_id', '=', channelId)
    .where('user_id', '=', userId);
  if (granters !== 'ALL') query = query.where('granted_by', '=', granters.grantedBy);
  const deleted = await query.returning(SHARE_COUNTS.as('counted')).execute();
  return deleted.some(({ counted }) => Boolean(counted));
}

const heldRows = prepareQueryByShape((db: Executor, query: ShareQuery) =>
  db.selectFrom(heldShares(query).as('shared')).selectAll().orderBy('channel_id').orderBy('user_id'),
);

/** Returns the ids of the users with shares of a channel that have not ended, in effect or not, in order. */
export async function findRecipients(db: Executor, channelId: string): Promise<string[]> {
  const rows = await db
    .selectFrom('channel_shares')
    .select('user_id')
    .distinct()
    .where('channel_id', '=', channelId)
    .where(SHARE_COUNTS)
    .orderBy('user_id')
    .execute();
  return rows.map((row) => row.user_id);
}

/** Returns the shares in effect, merged for each channel and user, ordered by channel and user. */
export async function findShares(
  db: Executor,
  query: { readonly now: number } & (
    | { readonly userId: string }
    | { readonly channelId: string; readonly recipients: NonNullable<ShareQuery['recipients']> }
  ),
): Promise<ChannelShare[]> {
  if ('userId' in query && !(await hasStoredShares(db, query.userId))) return [];
  const rows = await heldRows(db, query);
  const shares = new Map<string, ChannelShare & { readonly operations: Operation[] }>();
  for (const { channel_id: channelId, user_id: userId, operation } of rows) {
    const key = `${channelId} ${userId}`;
    const share = shares.get(key);
    if (share) share.operations.push(operation as Operation);
    else shares.set(key, { channelId, userId, operations: [operation as Operation] });
  }
  return [...shares.values()].map((share) => ({
    ...share,
    operations: normaliseOperations(share.operations),
  }));
}

const expiredGrantingToken = prepareQueryOne((db: Executor, after: number, until: number) =>
  db
    .selectFrom('tokens as t')
    .select('t.id')
    .where('t.expires_at', '>', after)
    .where('t.expires_at', '<=', until)
    .where((eb) => {
      const given = eb.selectFrom('channel_shares as s').select('s.operation');
      const byDescendant = given
        .innerJoin('token_ancestors as a', 'a.token_id', 's.granted_by_token')
        .whereRef('a.ancestor_id', '=', 't.id');
      return eb.or([eb.exists(given.whereRef('s.granted_by_token', '=', 't.id')), eb.exists(byDescendant)]);
    })
    .limit(1),
);

/** Returns whether a token on which shares depend expired after `after` and not after `until`. */
export async function hasGrantingTokenExpired(db: Executor, after: number, until: number): Promise<boolean> {
  return (await expiredGrantingToken(db, after, until)) !== undefined;
}

/** Counts the pairs of recipient and granter of a channel whose shares have not ended, in effect or not. */
export async function countShares(db: Executor, channelId: string): Promise<number> {
  const pairs = db
    .selectFrom('channel_shares')
    .select(['user_id', 'granter_id'])
    .distinct()
    .where('channel_id', '=', channelId)
    .where(SHARE_COUNTS)
    .as('pairs');
  const { count } = await db
    .selectFrom(pairs)
    .select((eb) => eb.fn.countAll<number>().as('count'))
    .executeTakeFirstOrThrow();
  return Number(count);
}

/** Deletes the shares of a channel with users that have no share of it in effect. */
export async function deleteIneffectiveShares(db: Executor, channelId: string, now: number): Promise<void> {
  const held = heldShares({ channelId, now });
  await db
    .deleteFrom('channel_shares')
    .where('channel_id', '=', channelId)
    .where(sql<SqlBool>`user_id not in (select shared.user_id from ${held} as shared)`)
    .execute();
}

const operationsIn = prepareQuery((db: Executor, userId: string, workspaceId: string, now: number) =>
  db
    .selectFrom(heldShares({ userId, now }).as('shared'))
    .innerJoin('channels as c', 'c.id', 'shared.channel_id')
    .select('shared.operation')
    .distinct()
    .where('c.workspace_id', '=', workspaceId),
);

/** Returns the operations that a user holds by shares on any channel of a workspace. */
export async function findSharedOperations(
  db: Executor,
  userId: string,
  workspaceId: string,
  now: number,
): Promise<readonly Operation[]> {
  if (!(await hasStoredShares(db, userId))) return [];
  const rows = await operationsIn(db, userId, workspaceId, now);
  return normaliseOperations(rows.map((row) => row.operation as Operation));
}
