import { expressionBuilder, type RawBuilder, sql } from 'kysely';
import type { TokenPolicy } from '../../domain/policy.ts';
import type { Executor } from '../database.ts';
import type { Tables } from '../tables.ts';
import { shareCounts } from './ended-grants.ts';
import { FAR_FUTURE, statusExpression } from './token-status.ts';

/** The most tokens of each kind that are examined, so that the cost does not grow with the workspace. */
export const EXAMINED_MAX = 5000;

/** A token that a policy would refuse although the present one does not. */
export interface AffectedToken {
  readonly id: string;
  /** The owner of a personal token; `null` for a workspace token. */
  readonly ownerId: string | null;
}

/** The tokens that a change of policy would refuse. */
export interface AffectedTokens {
  readonly tokens: readonly AffectedToken[];
  /** Whether every token that could be affected was examined. */
  readonly isComplete: boolean;
}

type Condition = RawBuilder<boolean>;

const NONE: AffectedTokens = { tokens: [], isComplete: true };

/** The lifetime of a token; the text equals that of the index `tokens_by_workspace_lifetime`. */
const lifetimeOf = (token: string) =>
  sql.raw<number>(`coalesce(${token}.expires_at - ${token}.issued_at, ${FAR_FUTURE})`);

/** Returns the condition that a token or one of its ancestors lives longer than a limit. */
function outlives(token: string, limit: number): Condition {
  const [id, parent] = [sql.ref(`${token}.id`), sql.ref(`${token}.parent_id`)];
  return sql`(${lifetimeOf(token)} > ${limit} or (${parent} is not null and exists (
    select 1 from token_ancestors as l inner join tokens as a on a.id = l.ancestor_id
    where l.token_id = ${id} and ${lifetimeOf('a')} > ${limit})))`;
}

/** Returns the condition that the limits of a policy allow a token: the lifetimes of its chain, and the absence of its owner. */
function isAllowedBy(token: string, { maxLifetime, ownerSeenWithin }: TokenPolicy, now: number): Condition {
  const conditions: Condition[] = [sql`1 = 1`];
  if (maxLifetime !== null) conditions.push(sql`not ${outlives(token, maxLifetime)}`);
  if (ownerSeenWithin !== null) {
    conditions.push(sql`(${sql.ref(`${token}.owner_id`)} is null or exists (
      select 1 from users as seen where seen.id = ${sql.ref(`${token}.owner_id`)}
        and seen.signed_in_at > ${now - ownerSeenWithin}))`);
  }
  return sql`(${sql.join(conditions, sql` and `)})`;
}

/** Returns the condition that the limits of a policy refuse a token that the present ones allow. */
function isCut(token: string, before: TokenPolicy, after: TokenPolicy, now: number): Condition {
  return sql`not ${isAllowedBy(token, after, now)} and ${isAllowedBy(token, before, now)}`;
}

/** Returns whether a policy allows shorter lifetimes only. */
function isShorter(before: TokenPolicy, after: TokenPolicy): boolean {
  return (
    after.maxLifetime !== null && (before.maxLifetime === null || after.maxLifetime < before.maxLifetime)
  );
}

/** Returns whether a policy allows shorter absences of owners only. */
function isStricter(before: TokenPolicy, after: TokenPolicy): boolean {
  const [from, to] = [before.ownerSeenWithin, after.ownerSeenWithin];
  return to !== null && (from === null || to < from);
}

/** Returns the condition that the access and the scopes of one token of a chain reach into a workspace. */
const reaches = (token: string, workspaceId: string): Condition => sql`(
  ${sql.ref(`${token}.access`)} = 'FULL' or (${sql.ref(`${token}.access`)} = 'SCOPED' and exists (
    select 1 from token_scopes as s where s.token_id = ${sql.ref(`${token}.id`)} and s.entity_type <> 'token'
      and case
        when s.entity_type = 'workspace' and s.entity_id is not null then s.entity_id = ${workspaceId}
        when s.entity_type = 'channel' and s.entity_id is not null then exists (
          select 1 from channels as c where c.id = s.entity_id and c.workspace_id = ${workspaceId})
        else s.workspace_id is null or s.workspace_id = ${workspaceId} end)))`;

const MOST = sql.lit(EXAMINED_MAX + 1);

/** Selects the members of a workspace, and the recipients of shares of its channels. */
const holdersOf = (workspaceId: string) => sql`
  member_rows as (select user_id from members where workspace_id = ${workspaceId} limit ${MOST}),
  share_rows as (
    select s.user_id from channels as c inner join channel_shares as s on s.channel_id = c.id
    where c.workspace_id = ${workspaceId} and ${sql.raw(shareCounts('s', 'c.workspace_id'))} limit ${MOST})`;

/**
 * Reads the affected ones of the tokens whose rows the common table expressions select as `examined`. They are not joined with
 * the table again: PostgreSQL would read all of it, because it cannot tell how few they are.
 */
async function affectedOf(
  db: Executor,
  { tables, sources }: { tables: RawBuilder<unknown>; sources: readonly string[] },
  condition: Condition,
  now: number,
): Promise<AffectedTokens> {
  const { rows: tokens } = await sql<AffectedToken>`with ${tables}
    select tokens.id, tokens.owner_id as "ownerId" from examined as tokens
    where ${statusExpression(expressionBuilder<Tables, 'tokens'>(), now)} = 'ACTIVE' and ${condition}
    order by tokens.created_at, tokens.id`.execute(db);
  const counts = sources.map((name) => `(select count(*) from ${name}) as ${name}`);
  const { rows: read } = await sql<Record<string, number>>`with ${tables}
    select ${sql.raw(counts.join(', '))}`.execute(db);
  const isComplete = Object.values(read[0] ?? {}).every((count) => Number(count) <= EXAMINED_MAX);
  return { tokens, isComplete };
}

/** Returns the personal tokens that a change of policy would refuse, of members and of guests of a workspace, oldest first. */
export async function findAffectedPersonalTokens(
  db: Executor,
  workspaceId: string,
  before: TokenPolicy,
  after: TokenPolicy,
  now: number,
): Promise<AffectedTokens> {
  if (before.personalTokens === 'FORBIDDEN') return NONE;
  const isForbidden = after.personalTokens === 'FORBIDDEN';
  if (!isForbidden && !isShorter(before, after) && !isStricter(before, after)) return NONE;
  const isRefused = isForbidden ? isAllowedBy('tokens', before, now) : isCut('tokens', before, after, now);
  const tables = sql`${holdersOf(workspaceId)}, examined as (
    select t.* from (select user_id from member_rows union select user_id from share_rows) as h
      inner join tokens as t on t.owner_id = h.user_id and t.owner_id is not null
    where (select u.deactivated_at from users as u where u.id = h.user_id) is null and t.revoked_at is null and t.access <> 'NONE' limit ${MOST})`;
  const condition = sql<boolean>`${reaches('tokens', workspaceId)} and not exists (
    select 1 from token_ancestors as l inner join tokens as a on a.id = l.ancestor_id
    where l.token_id = tokens.id and not ${reaches('a', workspaceId)}) and ${isRefused}`;
  return affectedOf(db, { tables, sources: ['member_rows', 'share_rows', 'examined'] }, condition, now);
}

/** Returns the tokens of a workspace that a change of its policy would refuse, oldest first. */
export async function findAffectedWorkspaceTokens(
  db: Executor,
  workspaceId: string,
  before: TokenPolicy,
  after: TokenPolicy,
  now: number,
): Promise<AffectedTokens> {
  if (!isShorter(before, after)) return NONE;
  // A derived token is refused for the lifetime of an ancestor too. PostgreSQL has no statistics of the lifetimes, and without
  // their order it would read all tokens to find a few.
  const tables = sql`
    long as (select t.* from tokens as t where t.workspace_id = ${workspaceId} and t.workspace_id is not null
      and ${lifetimeOf('t')} > ${after.maxLifetime} and t.revoked_at is null
      order by ${lifetimeOf('t')} desc limit ${MOST}),
    derived as (select t.* from tokens as t
      where t.workspace_id = ${workspaceId} and t.parent_id is not null and t.revoked_at is null limit ${MOST}),
    examined as (
      select * from long union all select * from derived where id not in (select id from long))`;
  return affectedOf(db, { tables, sources: ['long', 'derived'] }, isCut('tokens', before, after, now), now);
}
