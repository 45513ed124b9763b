import { type ExpressionBuilder, sql } from 'kysely';
import type { Tables } from '../tables.ts';

/** Later than the expiry of any token. */
export const FAR_FUTURE = 9_000_000_000_000_000;

/** What orders tokens by expiry: those without one come last. The text equals that of the indexes. */
export const EXPIRY_KEY = sql<number>`coalesce(${sql.ref('tokens.expires_at')}, ${sql.lit(FAR_FUTURE)})`;

/** Selects the instant at which the first of a token's ancestors was disabled. */
export function ancestorDisabledAt(eb: ExpressionBuilder<Tables, 'tokens'>) {
  return eb
    .selectFrom('token_ancestors as l')
    .innerJoin('tokens as a', 'a.id', 'l.ancestor_id')
    .whereRef('l.token_id', '=', 'tokens.id')
    .select(({ fn }) => fn.min('a.disabled_at').as('at'));
}

/** Selects the fewest uses that are left to one of a token's ancestors. */
export function ancestorUsesLeft(eb: ExpressionBuilder<Tables, 'tokens'>) {
  return eb
    .selectFrom('token_ancestors as l')
    .innerJoin('tokens as a', 'a.id', 'l.ancestor_id')
    .whereRef('l.token_id', '=', 'tokens.id')
    .select(({ fn }) => fn.min('a.uses_left').as('uses_left'));
}

/** Returns the status of a token in SQL, with the same precedence as `statusOf`. */
export function statusExpression(eb: ExpressionBuilder<Tables, 'tokens'>, now: number) {
  return eb
    .case()
    .when('tokens.revoked_at', 'is not', null)
    .then(sql.lit('REVOKED'))
    .when(eb.or([eb('tokens.disabled_at', 'is not', null), eb(ancestorDisabledAt(eb), 'is not', null)]))
    .then(sql.lit('DISABLED'))
    .when('tokens.expires_at', '<=', now)
    .then(sql.lit('EXPIRED'))
    .when(eb.or([eb('tokens.uses_left', '=', 0), eb(ancestorUsesLeft(eb), '=', 0)]))
    .then(sql.lit('USED_UP'))
    .else(sql.lit('ACTIVE'))
    .end();
}
