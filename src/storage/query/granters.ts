import { type RawBuilder, type SqlBool, sql } from 'kysely';
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
