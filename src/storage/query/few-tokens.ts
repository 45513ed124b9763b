import { type SelectQueryBuilder, sql } from 'kysely';
import type { TokenFilter, TokenStatus } from '../../domain/token.ts';
import type { Executor } from '../database.ts';
import type { Tables } from '../tables.ts';
import { HAS_ENDS } from './pending-ends.ts';
import { prepareQueryByShape } from './prepared.ts';
import { EXPIRY_KEY, HAS_CASCADES } from './token-status.ts';

/** The user or the workspace that tokens belong to. */
export type TokenOwner = { readonly ownerId: string } | { readonly workspaceId: string };

/** The indexes that have all tokens of some statuses, and possibly others. */
interface States {
  readonly revoked: boolean;
  readonly disabled: boolean;
  readonly expired: boolean;
  readonly usedUp: boolean;
  /** Active and used-up tokens are not expired. */
  readonly unexpired: boolean;
}

/** A condition of a list by which an index finds its tokens. Others can be among them, but none is missing. */
export type Narrowing =
  | { readonly states: States }
  | { readonly access: readonly string[] }
  | { readonly expiresBefore: number }
  | { readonly unusedSince: number }
  | { readonly search: PrefixSearch };

/** A search for names from `from` to before `to`, or for one identifier. */
export interface PrefixSearch {
  readonly from: string;
  readonly to: string;
  readonly identifier: string;
}

/** The most tokens that are read by a narrowing condition. A list of more is found sooner in its own order. */
const FEW = 500;

/** Returns the column that names the owner of tokens, and its value. */
export function ownerColumn(owner: TokenOwner) {
  return 'ownerId' in owner
    ? (['tokens.owner_id', owner.ownerId] as const)
    : (['tokens.workspace_id', owner.workspaceId] as const);
}

/** Returns the id of a user or workspace. */
export function ownerIdOf(owner: TokenOwner): string {
  return ownerColumn(owner)[1];
}

/** A selection of ids of tokens. */
type Ids = SelectQueryBuilder<Tables, 'tokens', { id: string }>;

/** Returns selections of ids: of the tokens of a holder, of the disabled and the used-up ones, and of those below others. */
export function ownedIds(db: Executor, owner: TokenOwner) {
  const [column, id] = ownerColumn(owner);
  const held = db.selectFrom('tokens').select('tokens.id').where(column, '=', id);
  return {
    held,
    disabled: held.where('disabled_at', 'is not', null).where('revoked_at', 'is', null),
    usedUp: held.where('uses_left', '=', sql.lit(0)),
    /** Derived tokens are also disabled and used up with their ancestors. */
    below: (ancestors: Ids) =>
      db
        .selectFrom(ancestors.where('tokens.has_derived', '=', sql.lit(1)).as('above'))
        // With `in`, SQLite makes a list of the ancestors first, which takes as long as finding what is below them.
        .crossJoin('token_ancestors as link')
        .select('link.token_id as id')
        .whereRef('link.ancestor_id', '=', 'above.id') as unknown as Ids,
  };
}

/**
 * Selects the ids of the tokens that expire before or after an instant: the nearest to the ends of the order, and more of them
 * than a narrowing condition may find. PostgreSQL has no statistics of this key, and without the order and the limit it would
 * read all tokens of a workspace to find a few.
 */
function idsByExpiry(db: Executor, owner: TokenOwner, sign: '<' | '<=' | '>', at: number) {
  const expiring = ownedIds(db, owner)
    .held.where(EXPIRY_KEY, sign, at)
    .orderBy(EXPIRY_KEY, sign === '>' ? 'desc' : 'asc')
    .limit(sql.lit(2 * FEW));
  return db.selectFrom(expiring.as('expiring')).select('expiring.id') as unknown as Ids;
}

/** Selects the ids of the tokens of a holder that meet a condition. */
export function narrowedIds(db: Executor, owner: TokenOwner, narrowing: Narrowing, now: number): Ids {
  const { held, disabled, usedUp, below } = ownedIds(db, owner);
  if ('access' in narrowing) return held.where('tokens.access', 'in', [...narrowing.access]);
  if ('expiresBefore' in narrowing) return idsByExpiry(db, owner, '<', narrowing.expiresBefore);
  if ('unusedSince' in narrowing) {
    const uses = db
      .selectFrom('credential_uses')
      .select('credential_id as id')
      .where('holder_id', '=', ownerIdOf(owner));
    return uses.where('at', '<', narrowing.unusedSince) as unknown as Ids;
  }
  if ('search' in narrowing) {
    const { from, to, identifier } = narrowing.search;
    const named = held.where('tokens.name_folded', '>=', from).where('tokens.name_folded', '<', to);
    return named.unionAll(held.where('tokens.identifier', '=', identifier));
  }
  const { states } = narrowing;
  const revoked = held.where('revoked_at', 'is not', null);
  const parts = [
    states.revoked && revoked,
    states.revoked && below(revoked),
    states.disabled && disabled,
    states.disabled && below(disabled),
    states.expired && idsByExpiry(db, owner, '<=', now),
    states.unexpired && idsByExpiry(db, owner, '>', now),
    states.usedUp && usedUp,
    states.usedUp && below(usedUp),
    // Their own rows do not have these states yet.
    (states.revoked || states.expired) && held.where('parent_id', 'is not', null).where(HAS_CASCADES),
    states.revoked && held.where(HAS_ENDS),
  ].filter((part) => part !== false);
  const [first, ...others] = parts;
  if (!first) throw new Error('no state is set');
  return others.reduce((all, part) => all.unionAll(part), first);
}

/** Counts the tokens by which a condition narrows a list, up to one more than `FEW`. */
const narrowedCount = prepareQueryByShape(
  (db: Executor, owner: TokenOwner, narrowing: Narrowing, now: number) =>
    db
      .selectFrom(
        narrowedIds(db, owner, narrowing, now)
          .limit(sql.lit(FEW + 1))
          .as('narrowed'),
      )
      .select((eb) => eb.fn.countAll<number>().as('count')),
);

function statesOf(statuses: readonly TokenStatus[]): States {
  return {
    revoked: statuses.includes('REVOKED'),
    disabled: statuses.includes('DISABLED'),
    expired: statuses.includes('EXPIRED'),
    unexpired: statuses.includes('ACTIVE'),
    usedUp: statuses.includes('USED_UP'),
  };
}

/**
 * Returns a condition of a filter by which its tokens are found without reading the others; `NOTHING` if no token meets one of
 * them, and `null` if many tokens meet each. An empty list of statuses or access levels is no condition.
 */
export async function findNarrowing(
  db: Executor,
  owner: TokenOwner,
  { status, access, expiresBefore, unusedSince }: TokenFilter,
  search: PrefixSearch | undefined,
  now: number,
): Promise<Narrowing | 'NOTHING' | null> {
  const conditions: readonly (Narrowing | false | undefined)[] = [
    status && status.length > 0 && { states: statesOf(status) },
    access && access.length > 0 && { access },
    expiresBefore !== undefined && { expiresBefore },
    unusedSince !== undefined && { unusedSince },
    search !== undefined && { search },
  ];
  for (const narrowing of conditions) {
    if (!narrowing) continue;
    const [found] = await narrowedCount(db, owner, narrowing, now);
    const count = Number(found?.count);
    if (count === 0) return 'NOTHING';
    if (count <= FEW) return narrowing;
  }
  return null;
}
