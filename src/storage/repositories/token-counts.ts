import { type RawBuilder, sql } from 'kysely';
import { DAY, HOUR } from '../../domain/duration.ts';
import type { TokenFilter, TokenStatus, TokenSummary } from '../../domain/token.ts';
import type { Executor } from '../database.ts';
import { ownedIds, ownerColumn, ownerIdOf, type TokenOwner } from '../query/few-tokens.ts';
import { prepareQueryByShape } from '../query/prepared.ts';
import { survivorsOf } from '../query/token-amounts.ts';
import { EXPIRY_KEY, ownStatusExpression, statusExpression } from '../query/token-status.ts';
import { isOwner, listQuery } from './token-lists.ts';
import { type OutlineQuery, outlineQuery } from './token-rows.ts';
import type { TokenHolder } from './tokens.ts';

/** How long before its expiry a token counts as one that expires soon, in milliseconds. */
export const EXPIRING_SOON = 7 * DAY;

/** The periods by whose expiries tokens are counted. The triggers have the same. */
const [SHORT, LONG] = [2 * HOUR, 5 * DAY];

/** The most derived tokens that are read one by one because some of them can have another status than their own row says. */
const FEW_DERIVED = 500;

/** An instant, with the periods in which it is. */
interface Moment {
  readonly at: number;
  readonly long: number;
  readonly firstShort: number;
  readonly short: number;
  readonly start: number;
}

function toMoment(at: number): Moment {
  const [long, short] = [Math.floor(at / LONG), Math.floor(at / SHORT)];
  return { at, long, firstShort: (long * LONG) / SHORT, short, start: short * SHORT };
}

const LIVE = sql`tokens.revoked_at is null and tokens.disabled_at is null`;

/** Returns selections that add up to the number of tokens whose own rows are live and that expire until an instant. */
function expiringUntil(label: string, owner: TokenOwner, moment: Moment): RawBuilder<unknown> {
  const name = sql.lit(label);
  const counts = sql`select ${name} as label, sum(amount) as amount from token_counts where holder_id = ${ownerIdOf(owner)}`;
  return sql`${counts} and state = 'EXPIRING_5D' and period < ${moment.long}
    union all ${counts} and state = 'EXPIRING_2H' and period >= ${moment.firstShort} and period < ${moment.short}
    union all select ${name}, count(*) from tokens
      where ${isOf(owner)} and ${LIVE} and ${EXPIRY_KEY} >= ${moment.start} and ${EXPIRY_KEY} <= ${moment.at}`;
}

/** Returns the condition that a token belongs to a user or workspace. */
function isOf(owner: TokenOwner): RawBuilder<boolean> {
  const [column, id] = ownerColumn(owner);
  return sql`${sql.ref(column)} = ${id}`;
}

/**
 * Counts tokens by their own rows. `WHOLE_END` is the number of the last pending end of all tokens, `PART_ENDS` that of other
 * pending ends.
 */
const countsOf = prepareQueryByShape((db: Executor, owner: TokenOwner, now: Moment, soon: Moment) => {
  const id = ownerIdOf(owner);
  const isHeld = sql`(user_id = ${id} or workspace_id = ${id})`;
  const isWhole = sql`subject is null and created_by is null and issued_by is null`;
  const isUnexpired = sql`(tokens.expires_at is null or tokens.expires_at > ${now.at})`;
  const usedUp = sql`tokens where ${isOf(owner)} and ${LIVE} and tokens.uses_left = 0 and ${isUnexpired}`;
  const counts = sql<{ label: string; amount: number | null }>`
    select state as label, amount from token_counts
      where holder_id = ${id} and state in ('LIVE', 'DISABLED', 'REVOKED', 'DERIVED') and period = 0
    union all ${expiringUntil('EXPIRED', owner, now)}
    union all ${expiringUntil('SOON', owner, soon)}
    union all select 'USED_UP', count(*) from ${usedUp}
    union all select 'USED_UP_SOON', sum(case when tokens.expires_at <= ${soon.at} then 1 else 0 end) from ${usedUp}
    union all select 'WHOLE_END', max(number) from pending_ends where ${isHeld} and ${isWhole}
    union all select 'PART_ENDS', count(*) from pending_ends where ${isHeld} and not (${isWhole})
    union all select 'CASCADES', count(*) from pending_cascades where ${isHeld}`;
  return { compile: () => counts.compile(db) };
});

/** The tokens of a user or workspace whose status their own rows do not show: those that derive from others, or all since an end. */
type Unsure =
  | { readonly isDerived: true }
  | { readonly isBelowStopped: true }
  | { readonly survivedEnd: number };

/** Selects the ids of tokens that are read one by one. */
function unsureIds(db: Executor, owner: TokenOwner, unsure: Unsure) {
  if ('survivedEnd' in unsure) return survivorsOf(db, ownerIdOf(owner), unsure.survivedEnd);
  const { held, disabled, usedUp, below } = ownedIds(db, owner);
  if ('isDerived' in unsure) return held.where('tokens.parent_id', 'is not', null);
  return below(disabled).unionAll(below(usedUp));
}

/** The number of tokens with a status, by their own rows and in fact. */
interface StatusCount {
  readonly own: TokenStatus;
  readonly status: TokenStatus;
  readonly count: number;
  readonly soon: number;
}

/** Selects the numbers of tokens by status. */
function statusCountsQuery(db: Executor, tokens: OutlineQuery, now: number, soon: number) {
  const statuses = tokens.clearSelect().select((eb) => [
    ownStatusExpression(eb as never, now)
      .$castTo<TokenStatus>()
      .as('own'),
    statusExpression(eb as never, now)
      .$castTo<TokenStatus>()
      .as('status'),
    'tokens.expires_at',
  ]);
  const isSoon = sql<number>`case when t.expires_at <= ${soon} then 1 else 0 end`;
  return db
    .selectFrom(statuses.as('t'))
    .select((eb) => [
      't.own',
      't.status',
      eb.fn.countAll<number>().as('count'),
      eb.fn.sum<number>(isSoon).as('soon'),
    ])
    .groupBy(['t.own', 't.status']);
}

const unsureCounts = prepareQueryByShape(
  (db: Executor, owner: TokenOwner, unsure: Unsure, now: number, soon: number) =>
    statusCountsQuery(db, outlineQuery(db).where('tokens.id', 'in', unsureIds(db, owner, unsure)), now, soon),
);

/** Returns the summary of counted tokens, by the status in fact or by that of their own rows. */
function toSummary(rows: readonly StatusCount[], by: 'own' | 'status'): TokenSummary {
  const sumOf = (part: 'count' | 'soon', status?: TokenStatus) =>
    rows.filter((row) => status === undefined || row[by] === status).reduce((sum, row) => sum + row[part], 0);
  return {
    total: sumOf('count'),
    active: sumOf('count', 'ACTIVE'),
    disabled: sumOf('count', 'DISABLED'),
    expired: sumOf('count', 'EXPIRED'),
    revoked: sumOf('count', 'REVOKED'),
    usedUp: sumOf('count', 'USED_UP'),
    expiringSoon: sumOf('soon', 'ACTIVE'),
  };
}

/** Returns `a + sign * b`. */
function combine(a: TokenSummary, b: TokenSummary, sign: 1 | -1): TokenSummary {
  const keys = Object.keys(a) as (keyof TokenSummary)[];
  return Object.fromEntries(keys.map((key) => [key, a[key] + sign * b[key]])) as unknown as TokenSummary;
}

async function summariseOneByOne(
  db: Executor,
  holder: TokenHolder,
  filter: TokenFilter,
  now: number,
): Promise<TokenSummary> {
  const tokens = listQuery(db, holder, filter, now);
  return toSummary(await statusCountsQuery(db, tokens, now, now + EXPIRING_SOON).execute(), 'status');
}

/**
 * Counts all tokens of a user or workspace by status. Its time does not depend on how many there are, but on those that expire
 * in two periods of two hours or are used up, and on those that a pending end of some of them leaves to do.
 */
async function summariseOwner(db: Executor, owner: TokenOwner, now: number): Promise<TokenSummary> {
  const rows = await countsOf(db, owner, toMoment(now), toMoment(now + EXPIRING_SOON));
  const of = (name: string) =>
    rows.filter(({ label }) => label === name).reduce((sum, { amount }) => sum + Number(amount ?? 0), 0);
  if (of('PART_ENDS') > 0) return summariseOneByOne(db, owner, {}, now);
  const countUnsure = (unsure: Unsure) => unsureCounts(db, owner, unsure, now, now + EXPIRING_SOON);
  const [live, disabled, revoked] = [of('LIVE'), of('DISABLED'), of('REVOKED')];
  const total = live + disabled + revoked;
  const end = of('WHOLE_END');
  if (end > 0) {
    const left = toSummary(await countUnsure({ survivedEnd: end }), 'status');
    return { ...left, total, revoked: left.revoked + total - left.total };
  }
  const own = {
    total,
    active: live - of('EXPIRED') - of('USED_UP'),
    disabled,
    expired: of('EXPIRED'),
    revoked,
    usedUp: of('USED_UP'),
    expiringSoon: of('SOON') - of('EXPIRED') - of('USED_UP_SOON'),
  };
  const derived = of('DERIVED');
  if (derived === 0) return own;
  const isRead = derived <= FEW_DERIVED || of('CASCADES') > 0;
  const found = await countUnsure(isRead ? { isDerived: true } : { isBelowStopped: true });
  return combine(combine(own, toSummary(found, 'own'), -1), toSummary(found, 'status'), 1);
}

/** Counts the tokens of a holder by status: all of a user or workspace as counters have them, others one by one. */
export async function summariseTokens(
  db: Executor,
  holder: TokenHolder,
  filter: Pick<TokenFilter, 'subject'>,
  now: number,
): Promise<TokenSummary> {
  if (isOwner(holder) && filter.subject === undefined) return summariseOwner(db, holder, now);
  return summariseOneByOne(db, holder, filter, now);
}
