import { type RawBuilder, sql } from 'kysely';
import { rankOf } from '../../domain/roles.ts';
import { shareCounts } from './ended-grants.ts';
import { tokenCanGive } from './granters.ts';

/** The shares to select. A property that is absent does not limit them. */
export interface ShareQuery {
  /** The recipient. */
  readonly userId?: string | undefined;
  readonly channelId?: string | RawBuilder<string> | undefined;
  /** A range of recipient ids, inclusive. */
  readonly recipients?: { readonly first: string; readonly last: string } | undefined;
  /** The instant at which the authority of granters is decided, in milliseconds. */
  readonly now: number;
}

/** An operation that a user holds on a channel. */
interface HeldShare {
  channel_id: string;
  user_id: string;
  operation: string;
}

const MEMBER_RANK = rankOf('TEAM_MEMBER');

/** Returns the condition that a list of names contains a name. `replace` is case-sensitive on both engines; `like` is not. */
const listContains = (list: string, name: string) =>
  `replace(' ' || ${list} || ' ', ' ' || ${name} || ' ', '') <> ' ' || ${list} || ' '`;

/** Returns the condition that a token has a scope for an operation, given in SQL, on the shared channel. */
const hasScope = (token: string, operation: string) => `exists (
  select 1 from token_scopes as scope
  where scope.token_id = ${token}.id and scope.entity_type = 'channel' and ${listContains('scope.operations', operation)}
    and (scope.entity_id is null or scope.entity_id = s.channel_id)
    and (scope.workspace_id is null or scope.workspace_id = w.id))`;

/** The condition that the token that gave the share `s` in the workspace `w` could give it now. */
const TOKEN_CAN_SHARE = tokenCanGive({
  tokenId: 's.granted_by_token',
  maxLifetime: 'w.max_lifetime',
  now: 'line.now',
  belongsToGranter: (token) => `case when s.granted_by is null
    then ${token}.kind = 'WORKSPACE' and ${token}.workspace_id = w.id
    else ${token}.owner_id = s.granted_by and w.personal_tokens = 'ALLOWED'
      and (w.owner_seen_within is null or g.signed_in_at > line.now - w.owner_seen_within) end`,
  covers: (token) => `case ${token}.access
    when 'FULL' then 1 = 1
    when 'ROLE' then ${token}.role >= ${MEMBER_RANK}
    when 'SCOPED' then ${hasScope(token, "'SHARE'")} and ${hasScope(token, 's.operation')}
    else 1 = 0 end`,
});

/**
 * Common table expressions that select the shares in effect from `line`, the recipients concerned.
 *
 * - `given`: the shares of these recipients that have not ended, and whose granter's account and token are active and still able
 *   to give them.
 * - `sharer`, `held`: starting with what members gave, the recipients that hold `SHARE`, then all operations held. Shares
 *   that depend only on each other in a cycle are never reached.
 *
 * SQLite joins in the order of `cross join`, and evaluates `given` once because it is materialized; otherwise it scans all
 * shares for each use. The text is constant, because Kysely takes longer to compose it than SQLite to execute it.
 */
const EFFECTIVE = sql.raw(`
  given (channel_id, user_id, operation, granted_by, by_member) as materialized (
    select s.channel_id, s.user_id, s.operation, s.granted_by,
      case when s.granted_by is null or m.role >= ${MEMBER_RANK} then 1 else 0 end
    from line cross join channel_shares as s cross join channels as c cross join workspaces as w
      left join users as g on g.id = s.granted_by
      left join members as m on m.workspace_id = w.id and m.user_id = s.granted_by
    where s.channel_id = line.channel_id and s.user_id = line.user_id
      and c.id = s.channel_id and w.id = c.workspace_id and w.deleted_at is null and g.deactivated_at is null
      and ${shareCounts('s', 'w.id')}
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
 * Selects the shares in effect: those that their granter could give now. A granter is a member from Team Member up, a
 * workspace token with such a role, or a recipient that holds `SHARE` and the operation by shares in effect. Every reader
 * of shares uses this query. A row can occur more than once if several granters gave the share.
 */
export function heldShares({ userId, channelId, recipients, now }: ShareQuery): RawBuilder<HeldShare> {
  const limits = [
    ...(userId === undefined ? [] : [sql`first.user_id = ${userId}`]),
    ...(channelId === undefined ? [] : [sql`first.channel_id = ${channelId}`]),
    ...(recipients === undefined
      ? []
      : [sql`first.user_id between ${recipients.first} and ${recipients.last}`]),
  ];
  // `line` starts with the requested recipients and adds all recipients on whose shares theirs can depend. `held` takes
  // ten times as long, so the last condition evaluates it only for what guests gave.
  return sql<HeldShare>`(
    with recursive line (channel_id, user_id, now) as (
      select first.channel_id, first.user_id, cast(${now} as bigint)
      from channel_shares as first where ${sql.join(limits, sql` and `)}
      union
      select above.channel_id, above.granted_by, line.now
      from line cross join channel_shares as above
      where above.channel_id = line.channel_id and above.user_id = line.user_id and above.granted_by is not null
    ), ${EFFECTIVE}
    select channel_id, user_id, operation from given
    where (by_member = 1 or (channel_id, user_id, operation) in (select channel_id, user_id, operation from held))
      ${userId === undefined ? sql`` : sql`and user_id = ${userId}`}
      ${recipients === undefined ? sql`` : sql`and user_id between ${recipients.first} and ${recipients.last}`})`;
}
