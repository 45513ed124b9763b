import { type ExpressionBuilder, type RawBuilder, sql } from 'kysely';
import type { Tables } from '../tables.ts';
import { endedAt } from './pending-ends.ts';

/** Later than the expiry of any token. */
export const FAR_FUTURE = 9_000_000_000_000_000;

/** What orders tokens by expiry: those without one come last. The text equals that of the indexes. */
export const EXPIRY_KEY = sql<number>`coalesce(${sql.ref('tokens.expires_at')}, ${sql.lit(FAR_FUTURE)})`;

/**
 * Selects the least value of an expression over a token's ancestors that are disabled or have limited uses. Most tokens derive
 * from none, and read nothing; few are such ancestors, so an index of them is small.
 */
function leastOfAncestors<T>(eb: ExpressionBuilder<Tables, 'tokens'>, value: RawBuilder<T>) {
  const least = eb
    .selectFrom('token_ancestors as l')
    .innerJoin('tokens as a', 'a.id', 'l.ancestor_id')
    .whereRef('l.token_id', '=', 'tokens.id')
    .where((above) =>
      above.or([above('a.disabled_at', 'is not', null), above('a.uses_left', 'is not', null)]),
    )
    .select(sql<T | null>`min(${value})`.as('least'));
  return eb.case().when('tokens.parent_id', 'is not', null).then(least).end();
}

/**
 * Selects `DISABLED` if one of a token's ancestors is disabled, otherwise `USED_UP` if no uses are left to one of them, and
 * null if neither. One lookup for both takes half the time of two.
 */
export function ancestorStop(eb: ExpressionBuilder<Tables, 'tokens'>) {
  const stop = sql<'DISABLED' | 'USED_UP'>`case
    when a.disabled_at is not null then 'DISABLED' when a.uses_left = 0 then 'USED_UP' end`;
  return leastOfAncestors(eb, stop);
}

/** Selects the fewest uses that are left to one of a token's ancestors. */
export function ancestorUsesLeft(eb: ExpressionBuilder<Tables, 'tokens'>) {
  return leastOfAncestors(eb, sql<number>`a.uses_left`);
}

/**
 * Returns the condition that the end of an ancestor has possibly not been stored in a token's own row yet. It is false for all
 * tokens while no cascade is pending, which costs one read a statement.
 */
function canBePending(eb: ExpressionBuilder<Tables, 'tokens'>) {
  return eb.and([eb('tokens.parent_id', 'is not', null), HAS_CASCADES]);
}

/** Whether some cascade is pending. */
export const HAS_CASCADES = sql<boolean>`exists (select 1 from pending_cascades)`;

/** Selects when a token was revoked or deleted with one of its ancestors, while its own row does not have it yet. */
export function ancestorRevokedAt(eb: ExpressionBuilder<Tables, 'tokens'>) {
  const first = eb
    .selectFrom('token_ancestors as l')
    .leftJoin('tokens as a', 'a.id', 'l.ancestor_id')
    .leftJoin('pending_cascades as c', (join) =>
      join.onRef('c.token_id', '=', 'l.ancestor_id').on('a.id', 'is', null),
    )
    .whereRef('l.token_id', '=', 'tokens.id')
    .select(({ fn }) => fn.min(fn.coalesce('a.revoked_at', 'c.at')).as('at'));
  return eb.case().when(canBePending(eb)).then(first).end();
}

/** Selects the earliest expiry of a token's ancestors, while its own row can have a later one. */
export function ancestorExpiresAt(eb: ExpressionBuilder<Tables, 'tokens'>) {
  const first = eb
    .selectFrom('token_ancestors as l')
    .innerJoin('tokens as a', 'a.id', 'l.ancestor_id')
    .whereRef('l.token_id', '=', 'tokens.id')
    .select(({ fn }) => fn.min('a.expires_at').as('at'));
  return eb.case().when(canBePending(eb)).then(first).end();
}

/** Returns the status of a token in SQL, with the same precedence as `statusOf`. */
export function statusExpression(eb: ExpressionBuilder<Tables, 'tokens'>, now: number) {
  return eb
    .case()
    .when(
      eb.or([
        eb('tokens.revoked_at', 'is not', null),
        eb(ancestorRevokedAt(eb), 'is not', null),
        eb(endedAt(), 'is not', null),
      ]),
    )
    .then(sql.lit('REVOKED'))
    .when(eb.or([eb('tokens.disabled_at', 'is not', null), eb(ancestorStop(eb), '=', sql.lit('DISABLED'))]))
    .then(sql.lit('DISABLED'))
    .when(eb.or([eb('tokens.expires_at', '<=', now), eb(ancestorExpiresAt(eb), '<=', now)]))
    .then(sql.lit('EXPIRED'))
    .when(eb.or([eb('tokens.uses_left', '=', 0), eb(ancestorStop(eb), '=', sql.lit('USED_UP'))]))
    .then(sql.lit('USED_UP'))
    .else(sql.lit('ACTIVE'))
    .end();
}

/** Returns the status of a token in SQL as its own row has it, without its ancestors and pending ends. */
export function ownStatusExpression(eb: ExpressionBuilder<Tables, 'tokens'>, now: number) {
  return eb
    .case()
    .when('tokens.revoked_at', 'is not', null)
    .then(sql.lit('REVOKED'))
    .when('tokens.disabled_at', 'is not', null)
    .then(sql.lit('DISABLED'))
    .when('tokens.expires_at', '<=', now)
    .then(sql.lit('EXPIRED'))
    .when('tokens.uses_left', '=', 0)
    .then(sql.lit('USED_UP'))
    .else(sql.lit('ACTIVE'))
    .end();
}
