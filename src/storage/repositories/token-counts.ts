import { sql } from 'kysely';
import { DAY, HOUR } from '../../domain/duration.ts';
import type { TokenSummary } from '../../domain/token.ts';
import type { Executor } from '../database.ts';
import { prepareQuery, prepareQueryOne } from '../query/prepared.ts';
import { EXPIRY_KEY } from '../query/token-status.ts';

/** How long before its expiry a token counts as one that expires soon, in milliseconds. */
export const EXPIRING_SOON = 7 * DAY;

const allOf = prepareQueryOne((db: Executor, workspaceId: string) =>
  db
    .selectFrom('token_counts')
    .select('amount')
    .where('workspace_id', '=', workspaceId)
    .where('state', '=', 'ALL'),
);

const federatedOf = prepareQuery((db: Executor, workspaceId: string, now: number, most: number) =>
  db
    .selectFrom('tokens')
    .select('id')
    .where('workspace_id', '=', workspaceId)
    .where('federation_id', 'is not', null)
    .where('expires_at', '>', now)
    .limit(most),
);

/**
 * Returns whether a workspace has at least `count` tokens, in any status. Tokens of federations count until they expire. Reads no
 * more rows than `count`.
 */
export async function hasTokensOf(
  db: Executor,
  workspaceId: string,
  count: number,
  now: number,
): Promise<boolean> {
  const left = count - ((await allOf(db, workspaceId))?.amount ?? 0);
  return left <= 0 || (await federatedOf(db, workspaceId, now, left)).length >= left;
}

/** Returns the counts of tokens without a parent, by state and by the hour of their expiry. */
const countsOf = prepareQuery((db: Executor, workspaceId: string) =>
  db
    .selectFrom('token_counts')
    .select(['state', 'expires_hour', 'amount'])
    .where('workspace_id', '=', workspaceId)
    .where('state', '<>', 'ALL'),
);

/** Counts the live tokens without a parent that expire between two instants, the last one included. */
const expiringBetween = prepareQueryOne((db: Executor, workspaceId: string, from: number, until: number) =>
  db
    .selectFrom('tokens')
    .select((eb) => eb.fn.countAll<number>().as('amount'))
    .where('workspace_id', '=', workspaceId)
    .where(EXPIRY_KEY, '>=', from)
    .where(EXPIRY_KEY, '<=', until)
    .where('parent_id', 'is', null)
    .where('revoked_at', 'is', null)
    .where('disabled_at', 'is', null),
);

/** Counts the tokens without a parent whose uses are spent before they expire, and those of them that expire soon. */
const usedUpOf = prepareQueryOne((db: Executor, workspaceId: string, now: number, soon: number) =>
  db
    .selectFrom('tokens')
    .select((eb) => [
      eb.fn.countAll<number>().as('amount'),
      eb.fn.sum<number | null>(eb.case().when('expires_at', '<=', soon).then(1).else(0).end()).as('soon'),
    ])
    .where('workspace_id', '=', workspaceId)
    .where('uses_left', '=', sql.lit(0))
    .where('parent_id', 'is', null)
    .where('revoked_at', 'is', null)
    .where('disabled_at', 'is', null)
    .where((eb) => eb.or([eb('expires_at', 'is', null), eb('expires_at', '>', now)])),
);

/**
 * Counts the tokens of a workspace that derive from none, by status. Its time depends on the hours in which they expire and
 * on the tokens that expire in the current hour or are used up, and not on how many there are.
 */
export async function summariseRootTokens(
  db: Executor,
  workspaceId: string,
  now: number,
): Promise<TokenSummary> {
  const rows = await countsOf(db, workspaceId);
  const sumOf = (state: string, before = Number.POSITIVE_INFINITY, from = Number.NEGATIVE_INFINITY) =>
    rows
      .filter((row) => row.state === state && row.expires_hour < before && row.expires_hour >= from)
      .reduce((sum, { amount }) => sum + amount, 0);

  /** Counts the live tokens that expire until an instant. */
  async function expiringUntil(instant: number): Promise<number> {
    const hour = Math.floor(instant / HOUR);
    const inHour = await expiringBetween(db, workspaceId, hour * HOUR, instant);
    return sumOf('LIVE', hour, 0) + Number(inHour?.amount);
  }

  const soon = now + EXPIRING_SOON;
  const expired = await expiringUntil(now);
  const usedUp = await usedUpOf(db, workspaceId, now, soon);
  const [live, disabled, revoked] = [sumOf('LIVE'), sumOf('DISABLED'), sumOf('REVOKED')];
  return {
    total: live + disabled + revoked,
    active: live - expired - Number(usedUp?.amount),
    disabled,
    expired,
    revoked,
    usedUp: Number(usedUp?.amount),
    expiringSoon: (await expiringUntil(soon)) - expired - Number(usedUp?.soon ?? 0),
  };
}
