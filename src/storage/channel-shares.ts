import { type RawBuilder, type SqlBool, sql } from 'kysely';
import type { ChannelShare, Granter } from '../domain/channel.ts';
import { rankOf } from '../domain/roles.ts';
import { normaliseOperations, OPERATIONS, type Operation, operationsToBits } from '../domain/scopes.ts';
import type { Executor } from './database.ts';
import { type Condition, tokenCanGive } from './granters.ts';
import { precompileOne } from './precompiled.ts';

/** Which shares a query asks for. What is left out is not limited. */
export interface ShareQuery {
  /** The recipient. */
  readonly userId?: string | undefined;
  readonly channelId?: string | RawBuilder<string> | undefined;
  /** The instant at which granters are judged, in milliseconds. */
  readonly now: number;
}

interface HeldShare {
  channel_id: string;
  user_id: string;
  operation: string;
}

const MEMBER_RANK = rankOf('TEAM_MEMBER');

const OPERATION_BIT = `case s.operation ${OPERATIONS.map(
  (name) => `when '${name}' then ${operationsToBits([name])}`,
).join(' ')} end`;

/** The condition that a token of a chain has a scope for an operation, given as a bit, on the shared channel. */
const hasScope = (token: string, bit: string) => `exists (
  select 1 from token_scopes as scope
  where scope.token_id = ${token}.id and scope.entity_type = 'channel' and (scope.operations & ${bit}) <> 0
    and (scope.entity_id is null or scope.entity_id = s.channel_id)
    and (scope.workspace_id is null or scope.workspace_id = w.id))`;

/** The condition that the token which gave the share `s` in the workspace `w` could give it now. */
const TOKEN_CAN_SHARE = tokenCanGive({
  tokenId: 's.granted_by_token',
  maxLifetime: 'w.max_lifetime',
  now: 'line.now',
  belongsToGranter: (token) => `case when s.granted_by is null
    then ${token}.kind = 'WORKSPACE' and ${token}.workspace_id = w.id
    else ${token}.owner_id = s.granted_by and w.personal_tokens = 'ALLOWED' end`,
  covers: (token) => `case ${token}.access
    when 'FULL' then 1 = 1
    when 'ROLE' then ${token}.role >= ${MEMBER_RANK}
    when 'SCOPED' then ${hasScope(token, `${operationsToBits(['SHARE'])}`)} and ${hasScope(token, OPERATION_BIT)}
    else 1 = 0 end`,
});

/**
 * From `line`, the recipients concerned, to `held`, the shares that hold.
 *
 * - `given`: the shares of these people whose granter's account and token are in order.
 * - `sharer`, `held`: from members downwards, who holds `SHARE`, and then who holds what. Shares that only support each
 *   other in a circle are never reached.
 *
 * SQLite joins in the order of `cross join`, and evaluates `given` once because it is materialized; left to itself it
 * scans all shares for each use. The text is constant: Kysely takes longer to compose it than SQLite to execute it.
 */
const JUDGED = sql.raw(`
  given (channel_id, user_id, operation, granted_by, by_member) as materialized (
    select s.channel_id, s.user_id, s.operation, s.granted_by,
      case when s.granted_by is null or m.role >= ${MEMBER_RANK} then 1 else 0 end
    from line cross join channel_shares as s cross join channels as c cross join workspaces as w
      left join users as g on g.id = s.granted_by
      left join members as m on m.workspace_id = w.id and m.user_id = s.granted_by
    where s.channel_id = line.channel_id and s.user_id = line.user_id
      and c.id = s.channel_id and w.id = c.workspace_id and g.deactivated_at is null
      and case when s.granted_by_token is null then g.id is not null else ${TOKEN_CAN_SHARE} end
  ), sharer (channel_id, user_id) as (
    select channel_id, user_id from given where by_member = 1 and operation = 'SHARE'
    union
    select given.channel_id, given.user_id
    from sharer inner join given
      on given.channel_id = sharer.channel_id and given.granted_by = sharer.user_id
    where given.operation = 'SHARE'
  ), held (channel_id, user_id, operation) as (
    select channel_id, user_id, operation from given where by_member = 1
    union
    select given.channel_id, given.user_id, given.operation
    from held
      inner join sharer on sharer.channel_id = held.channel_id and sharer.user_id = held.user_id
      inner join given on given.channel_id = held.channel_id and given.granted_by = held.user_id
        and given.operation = held.operation
  )`);

/**
 * Selects the shares that hold now: those whose granter could give them now. A granter is a member from Team Member up, a
 * workspace token of such a role, or another recipient who holds `SHARE` and the operation by shares that themselves hold.
 * Every reader of shares goes through this query.
 */
function heldShares({ userId, channelId, now }: ShareQuery): RawBuilder<HeldShare> {
  const limits = [
    ...(userId === undefined ? [] : [sql`first.user_id = ${userId}`]),
    ...(channelId === undefined ? [] : [sql`first.channel_id = ${channelId}`]),
  ];
  // The recipients asked for, and everybody whose shares theirs may depend on.
  return sql<HeldShare>`(
    with recursive line (channel_id, user_id, now) as (
      select first.channel_id, first.user_id, cast(${now} as bigint)
      from channel_shares as first where ${sql.join(limits, sql` and `)}
      union
      select above.channel_id, above.granted_by, line.now
      from line cross join channel_shares as above
      where above.channel_id = line.channel_id and above.user_id = line.user_id and above.granted_by is not null
    ), ${JUDGED}
    select channel_id, user_id, operation from held
    ${userId === undefined ? sql`` : sql`where user_id = ${userId}`})`;
}

/** The condition that a column names a channel of which a user holds an operation by a share. */
export function isSharedFor(
  operation: Operation,
  channelId: string,
  query: ShareQuery & { userId: string },
): Condition {
  return sql`${sql.ref(channelId)} in (
    select shared.channel_id from ${heldShares(query)} as shared where shared.operation = ${operation})`;
}

/** Selects the operations on a channel that a user holds by shares, separated by spaces; `null` if there are none. */
export function sharedOperations(userId: string, channelId: string, now: number): RawBuilder<string | null> {
  // Almost always nobody has shared anything, which one look into an index tells.
  return sql<string | null>`case when exists (
      select 1 from channel_shares as any_share
      where any_share.channel_id = ${channelId} and any_share.user_id = ${userId})
    then (select string_agg(shared.operation, ' ') from ${heldShares({ userId, channelId, now })} as shared) end`;
}

/** The operations that `sharedOperations` selected, in their usual order. */
export function splitOperations(text: string | null): Operation[] {
  return text === null ? [] : normaliseOperations(text.split(' ') as Operation[]);
}

/** Stores what a granter gives a user on a channel. */
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
      })),
    )
    .execute();
}

/** Deletes a user's shares of a channel: everybody's, or those that one person gave. Returns whether there were any. */
export async function deleteShares(
  db: Executor,
  { channelId, userId }: Pick<ChannelShare, 'channelId' | 'userId'>,
  whose: 'EVERYBODY' | { readonly grantedBy: string },
): Promise<boolean> {
  let query = db
    .deleteFrom('channel_shares')
    .where('channel_id', '=', channelId)
    .where('user_id', '=', userId);
  if (whose !== 'EVERYBODY') query = query.where('granted_by', '=', whose.grantedBy);
  return (await query.executeTakeFirst()).numDeletedRows > 0n;
}

/** Deletes all that was shared with a user in a workspace. */
export async function deleteSharesIn(db: Executor, workspaceId: string, userId: string): Promise<void> {
  await db
    .deleteFrom('channel_shares')
    .where('user_id', '=', userId)
    .where('channel_id', 'in', (eb) =>
      eb.selectFrom('channels').select('id').where('workspace_id', '=', workspaceId),
    )
    .execute();
}

/** The shares that hold now, those of one channel and user as one, in the order of channels and users. */
export async function findShares(db: Executor, query: ShareQuery): Promise<ChannelShare[]> {
  const rows = await db
    .selectFrom(heldShares(query).as('shared'))
    .selectAll()
    .orderBy('channel_id')
    .orderBy('user_id')
    .execute();
  const shares = new Map<string, ChannelShare>();
  for (const { channel_id: channelId, user_id: userId, operation } of rows) {
    const key = `${channelId} ${userId}`;
    const operations = [...(shares.get(key)?.operations ?? []), operation as Operation];
    shares.set(key, { channelId, userId, operations });
  }
  return [...shares.values()].map((share) => ({
    ...share,
    operations: normaliseOperations(share.operations),
  }));
}

const expiredGrantingToken = precompileOne((db: Executor, after: number, until: number) =>
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

/** Whether a token on which shares depend expired after one instant, and no later than another. */
export async function hasGrantingTokenExpired(db: Executor, after: number, until: number): Promise<boolean> {
  return (await expiredGrantingToken(db, after, until)) !== undefined;
}

/** How many pairs of recipient and granter are stored for a channel, whether they hold or not. */
export async function countShares(db: Executor, channelId: string): Promise<number> {
  const pairs = db
    .selectFrom('channel_shares')
    .select(['user_id', 'granter_id'])
    .distinct()
    .where('channel_id', '=', channelId)
    .as('pairs');
  const { count } = await db
    .selectFrom(pairs)
    .select((eb) => eb.fn.countAll<number>().as('count'))
    .executeTakeFirstOrThrow();
  return Number(count);
}

/** Deletes the shares of a channel with users who hold nothing by them now. */
export async function deleteVoidShares(db: Executor, channelId: string, now: number): Promise<void> {
  const held = heldShares({ channelId, now });
  await db
    .deleteFrom('channel_shares')
    .where('channel_id', '=', channelId)
    .where(sql<SqlBool>`user_id not in (select shared.user_id from ${held} as shared)`)
    .execute();
}

/** The operations that a user holds by shares on any channel of a workspace. */
export async function findSharedOperations(
  db: Executor,
  userId: string,
  workspaceId: string,
  now: number,
): Promise<readonly Operation[]> {
  const rows = await db
    .selectFrom(heldShares({ userId, now }).as('shared'))
    .innerJoin('channels as c', 'c.id', 'shared.channel_id')
    .select('shared.operation')
    .distinct()
    .where('c.workspace_id', '=', workspaceId)
    .execute();
  return normaliseOperations(rows.map((row) => row.operation as Operation));
}
