import { sql } from 'kysely';
import type { TokenFilter, TokenStatus } from '../../domain/token.ts';
import type { Executor } from '../database.ts';
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

/** Returns selections of ids: of the tokens of a holder, of the disabled and the used-up ones, and of those below others. */
export function ownedIds(db: Executor, owner: TokenOwner) {
  const [column, id] = ownerColumn(owner);
  const held = db.selectFrom('tokens').select('tokens.id').where(column, '=', id);
  return {
    held,
    disabled: held.where('disabled_at', 'is not', null).where('revoked_at', 'is', null),
    usedUp: held.where('uses_left', '=', sql.lit(0)),
    /** Derived tokens are also disabled and used up with their ancestors. */
    below: (ancestors: typeof held) =>
      db.selectFrom('token_ancestors').select('token_id as id').where('ancestor_id', 'in', ancestors),
  };
}

/** Selects the ids of the tokens of a holder that meet a condition. */
export function narrowedIds(db: Executor, owner: TokenOwner, narrowing: Narrowing, now: number) {
  const { held, disabled, usedUp, below } = ownedIds(db, owner);
  if ('access' in narrowing) return held.where('tokens.access', 'in', [...narrowing.access]);
  if ('expiresBefore' in narrowing) return held.where(EXPIRY_KEY, '<', narrowing.expiresBefore);
  if ('unusedSince' in narrowing) {
    const uses = db
      .selectFrom('credential_uses')
      .select('credential_id as id')
      .where('holder_id', '=', ownerIdOf(owner));
    return uses.where('at', '<', narrowing.unusedSince);
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
    states.expired && held.where(EXPIRY_KEY, '<=', now),
    states.unexpired && held.where(EXPIRY_KEY, '>', now),
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

const oneBeyond = prepareQueryByShape((db: Executor, owner: TokenOwner, narrowing: Narrowing, now: number) =>
  db
    .selectFrom(narrowedIds(db, owner, narrowing, now).as('narrowed'))
    .select(sql.lit(1).as('one'))
    .limit(1)
    .offset(FEW),
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
 * Returns a condition of a filter by which its tokens are found without reading the others; `null` if many tokens meet each
 * condition. An empty list of statuses or access levels is none.
 */
export async function findNarrowing(
  db: Executor,
  owner: TokenOwner,
  { status, access, expiresBefore, unusedSince }: TokenFilter,
  search: PrefixSearch | undefined,
  now: number,
): Promise<Narrowing | null> {
  const conditions: readonly (Narrowing | false | undefined)[] = [
    status && status.length > 0 && { states: statesOf(status) },
    access && access.length > 0 && { access },
    expiresBefore !== undefined && { expiresBefore },
    unusedSince !== undefined && { unusedSince },
    search !== undefined && { search },
  ];
  for (const narrowing of conditions) {
    if (narrowing && (await oneBeyond(db, owner, narrowing, now)).length === 0) return narrowing;
  }
  return null;
}
