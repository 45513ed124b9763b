import { type ExpressionBuilder, sql } from 'kysely';
import type { Tables } from '../tables.ts';
import { endedAt } from './pending-ends.ts';

/** Later than the expiry of any token. */
export const FAR_FUTURE = 9_000_000_000_000_000;

/** What orders tokens by expiry: those without one come last. The text equals that of the indexes. */
export const EXPIRY_KEY = sql<number>`coalesce(${sql.ref('tokens.expires_at')}, ${sql.lit(FAR_FUTURE)})`;

/** Selects the least value of a column of a token's ancestors. Most tokens derive from none, so the others read nothing. */
function leastOfAncestors(eb: ExpressionBuilder<Tables, 'tokens'>, column: 'disabled_at' | 'uses_left') {
  const least = eb
    .selectFrom('token_ancestors as l')
    .innerJoin('tokens as a', 'a.id', 'l.ancestor_id')
    .whereRef('l.token_id', '=', 'tokens.id')
    .select(({ fn }) => fn.min(`a.${column}`).as('least'));
  return eb.case().when('tokens.parent_id', 'is not', null).then(least).end();
}

/** Selects the instant at which the first of a token's ancestors was disabled. */
export function ancestorDisabledAt(eb: ExpressionBuilder<Tables, 'tokens'>) {
  return leastOfAncestors(eb, 'disabled_at');
}

/** Selects the fewest uses that are left to one of a token's ancestors. */
export function ancestorUsesLeft(eb: ExpressionBuilder<Tables, 'tokens'>) {
  return leastOfAncestors(eb, 'uses_left');
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
    .when(eb.or([eb('tokens.disabled_at', 'is not', null), eb(ancestorDisabledAt(eb), 'is not', null)]))
    .then(sql.lit('DISABLED'))
    .when(eb.or([eb('tokens.expires_at', '<=', now), eb(ancestorExpiresAt(eb), '<=', now)]))
    .then(sql.lit('EXPIRED'))
    .when(eb.or([eb('tokens.uses_left', '=', 0), eb(ancestorUsesLeft(eb), '=', 0)]))
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
