import { sql } from 'kysely';
import type { TokenStatus } from '../../domain/token.ts';
import type { Executor } from '../database.ts';
import { HAS_ENDS } from './pending-ends.ts';
import { prepareQueryByShape } from './prepared.ts';
import { EXPIRY_KEY, HAS_CASCADES } from './token-status.ts';

/** The user or the workspace that tokens belong to. */
type Holder = { readonly ownerId: string } | { readonly workspaceId: string };

/** The indexes that have all tokens of some statuses, and possibly others. */
export interface RareStates {
  readonly stopped: boolean;
  readonly expired: boolean;
  readonly usedUp: boolean;
  /** Derived tokens also depend on their ancestors. */
  readonly derived: boolean;
}

/** The most tokens that are read by the indexes of rare states. A list of more is found sooner in its own order. */
const FEW = 500;

/** Selects the ids of all tokens of a holder in some states. At least one state must be set. */
export function rareIds(db: Executor, holder: Holder, states: RareStates, now: number) {
  const [column, id] =
    'ownerId' in holder
      ? (['tokens.owner_id', holder.ownerId] as const)
      : (['tokens.workspace_id', holder.workspaceId] as const);
  const held = db.selectFrom('tokens').select('tokens.id').where(column, '=', id);
  const parts = [
    states.stopped &&
      held.where((eb) => eb.or([eb('revoked_at', 'is not', null), eb('disabled_at', 'is not', null)])),
    states.expired && held.where(EXPIRY_KEY, '<=', now),
    states.usedUp && held.where('uses_left', '=', sql.lit(0)),
    states.derived && held.where('parent_id', 'is not', null),
    // Their own rows do not have these states yet.
    (states.stopped || states.expired) && held.where('parent_id', 'is not', null).where(HAS_CASCADES),
    states.stopped && held.where(HAS_ENDS),
  ].filter((part) => part !== false);
  const [first, ...others] = parts;
  if (!first) throw new Error('no state is set');
  return others.reduce((all, part) => all.unionAll(part), first);
}

const someIds = prepareQueryByShape((db: Executor, holder: Holder, states: RareStates, now: number) =>
  db
    .selectFrom(rareIds(db, holder, states, now).as('rare'))
    .select('rare.id')
    .limit(FEW + 1),
);

/**
 * Returns the states by which the tokens with some statuses are found without reading the others; `null` if many tokens are
 * in them, or if active ones are included.
 */
export async function findRareStates(
  db: Executor,
  holder: Holder,
  statuses: readonly TokenStatus[],
  now: number,
): Promise<RareStates | null> {
  if (statuses.length === 0 || statuses.includes('ACTIVE')) return null;
  const states = {
    stopped: statuses.includes('REVOKED') || statuses.includes('DISABLED'),
    expired: statuses.includes('EXPIRED'),
    usedUp: statuses.includes('USED_UP'),
    derived: statuses.includes('DISABLED') || statuses.includes('USED_UP'),
  };
  return (await someIds(db, holder, states, now)).length > FEW ? null : states;
}
