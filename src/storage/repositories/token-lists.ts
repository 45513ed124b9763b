import { sql } from 'kysely';
import type { Page, PageWindow, Position } from '../../domain/paging.ts';
import { foldCase } from '../../domain/text.ts';
import type { Token, TokenFilter, TokenStatus, TokenSummary } from '../../domain/token.ts';
import type { Executor } from '../database.ts';
import {
  findNarrowing,
  hasMoreTokens,
  type Narrowing,
  narrowedIds,
  ownerColumn,
  type PrefixSearch,
  type TokenOwner,
} from '../query/few-tokens.ts';
import { countRows, existsQuery, type KeysetOrder, mapPage, pageQuery, readPage } from '../query/paging.ts';
import { hasEnds } from '../query/pending-ends.ts';
import { prepareQueryByShape } from '../query/prepared.ts';
import { EXPIRY_KEY, FAR_FUTURE, statusExpression } from '../query/token-status.ts';
import { EXPIRING_SOON, summariseRootTokens } from './token-counts.ts';
import { type TokenRow, tokenQuery, toToken } from './token-rows.ts';
import type { TokenHolder } from './tokens.ts';

/** The orders of a token list. Tokens without expiry come last, tokens never used first. */
export const TOKEN_ORDERS = {
  CREATED_AT: {
    keyType: 'number',
    key: sql.ref('tokens.created_at'),
    keyOf: (row: TokenRow) => row.created_at,
  },
  NAME: { keyType: 'string', key: sql.ref('tokens.name_folded'), keyOf: (row: TokenRow) => row.name_folded },
  EXPIRES_AT: {
    keyType: 'number',
    key: EXPIRY_KEY,
    keyOf: (row: TokenRow) => row.expires_at ?? FAR_FUTURE,
  },
  LAST_USED_AT: {
    keyType: 'number',
    key: sql.ref('u.at'),
    id: sql.ref('u.credential_id'),
    keyOf: (row: TokenRow) => row.last_used_at ?? 0,
  },
} as const;

/** A field that token lists can be ordered by. */
export type TokenOrderField = keyof typeof TOKEN_ORDERS;

/** The order of a list of tokens. */
export interface TokenListOrder {
  readonly field: TokenOrderField;
  readonly direction: 'ASC' | 'DESC';
}

/** Returns a `LIKE` pattern that finds a text anywhere; wildcards in the text are escaped. */
function containing(text: string): string {
  return `%${foldCase(text).replace(/[\\%_]/g, '\\$&')}%`;
}

type TokenQuery = ReturnType<typeof tokenQuery>;

/** Limits a query to some ids. Without ids it selects nothing, because PostgreSQL does not accept `in ()`. */
function onlyIds(query: TokenQuery, ids: readonly string[]): TokenQuery {
  return ids.length === 0 ? query.where(sql<boolean>`1 = 0`) : query.where('tokens.id', 'in', [...ids]);
}

/** A filter as the query takes it: `search` is a `LIKE` pattern. */
interface ListFilter extends TokenFilter {
  /** Replaces `search` in a list of many tokens. */
  readonly prefix?: PrefixSearch | undefined;
  /** How the tokens are found, if few meet one of the conditions. */
  readonly narrowing?: Narrowing | undefined;
}

/** Returns whether the tokens of a list are all tokens of a user or workspace. */
function isOwner(holder: TokenHolder): holder is TokenOwner {
  return 'ownerId' in holder || 'workspaceId' in holder;
}

/** Limits a query to the tokens of a user or workspace. With `byUse` they are found in the index of the last uses. */
function onlyOf(query: TokenQuery, owner: TokenOwner, byUse: boolean): TokenQuery {
  const [column, id] = ownerColumn(owner);
  return query.where(byUse ? 'u.holder_id' : column, '=', id);
}

/** Limits a query to what a search finds in a list of many tokens. */
function onlyFound(query: TokenQuery, { from, to, identifier }: PrefixSearch): TokenQuery {
  return query.where((eb) =>
    eb.or([
      eb.and([eb('tokens.name_folded', '>=', from), eb('tokens.name_folded', '<', to)]),
      eb('tokens.identifier', '=', identifier),
    ]),
  );
}

/** Selects the tokens of a list, with `byUse` for the order by last use. */
function listQuery(db: Executor, holder: TokenHolder, filter: ListFilter, now: number, byUse = false) {
  let query = tokenQuery(db);
  if (filter.narrowing && isOwner(holder)) {
    query = query.where('tokens.id', 'in', narrowedIds(db, holder, filter.narrowing, now));
  } else if (isOwner(holder)) {
    query = onlyOf(query, holder, byUse);
  } else if ('parentId' in holder) {
    query = query.where('tokens.parent_id', '=', holder.parentId);
    if (holder.only) query = onlyIds(query, holder.only);
  } else {
    const derived = db
      .selectFrom('token_ancestors')
      .select('token_id as id')
      .where('ancestor_id', '=', holder.rootTokenId);
    const subtree = db.selectNoFrom((eb) => eb.val(holder.rootTokenId).as('id')).unionAll(derived);
    query = query.where('tokens.id', 'in', subtree);
    if (holder.only) query = onlyIds(query, holder.only);
  }
  const { status, access, search, expiresBefore, unusedSince, createdBy, subject, issuedBy } = filter;
  if (status?.length === 0 || access?.length === 0) query = onlyIds(query, []);
  if (status?.length) query = query.where((eb) => eb(statusExpression(eb as never, now), 'in', [...status]));
  if (access?.length) query = query.where('tokens.access', 'in', [...access]);
  if (createdBy !== undefined) query = query.where('tokens.created_by', '=', createdBy);
  if (subject !== undefined) query = query.where('tokens.subject', '=', subject);
  if (issuedBy !== undefined) {
    const issued = db.selectFrom('token_issuers').select('token_id').where('issuer_id', '=', issuedBy);
    query = query.where('tokens.id', 'in', issued);
  }
  if (search) query = query.where(sql<boolean>`tokens.search_text like ${search} escape '\\'`);
  if (filter.prefix) query = onlyFound(query, filter.prefix);
  if (expiresBefore !== undefined) query = query.where('tokens.expires_at', '<', expiresBefore);
  if (unusedSince !== undefined) {
    query = query.where((eb) => eb.or([eb('u.at', 'is', null), eb('u.at', '<', unusedSince)]));
  }
  return query;
}

/** The most tokens of a user or workspace in which a search reads every token. */
const SEARCHED_MAX = 1000;

/** Greater than any text that continues a text to which it is appended. */
const AFTER_ALL = '\u{10ffff}';

/** Returns what a search finds in a list of many tokens: names that begin with the text, and the identifier that it is. */
function prefixSearch(text: string): PrefixSearch {
  const from = foldCase(text);
  return { from, to: from + AFTER_ALL, identifier: text };
}

/** Returns a filter as the query takes it. */
async function toListFilter(
  db: Executor,
  holder: TokenHolder,
  { search, ...filter }: TokenFilter,
  now: number,
): Promise<ListFilter> {
  const isLong = search && isOwner(holder) && (await hasMoreTokens(db, holder, SEARCHED_MAX));
  const prefix = isLong ? prefixSearch(search) : undefined;
  const narrowing = isOwner(holder) ? await findNarrowing(db, holder, filter, prefix, now) : null;
  return {
    ...filter,
    ...(prefix ? { prefix } : search && { search: containing(search) }),
    ...(narrowing && { narrowing }),
  };
}

function createOrder({ field, direction }: TokenListOrder) {
  const { key, keyType, keyOf, id } = { id: sql.ref('tokens.id'), ...TOKEN_ORDERS[field] };
  const byUse = field === 'LAST_USED_AT';
  const keyset: KeysetOrder<TokenRow> = {
    name: orderName({ field, direction }),
    keyType,
    key,
    id,
    direction: direction === 'ASC' ? 'asc' : 'desc',
    positionOf: (row) => ({ key: keyOf(row), id: row.id }),
  };
  const rows = prepareQueryByShape(
    (db: Executor, holder: TokenHolder, filter: ListFilter, window: PageWindow, now: number) =>
      pageQuery(listQuery(db, holder, filter, now, byUse), window, keyset),
  );
  const exists = prepareQueryByShape(
    (
      db: Executor,
      holder: TokenHolder,
      filter: ListFilter,
      position: Position,
      later: boolean,
      now: number,
    ) => existsQuery(listQuery(db, holder, filter, now, byUse), position, later, keyset),
  );
  return { keyset, rows, exists };
}

/** The prepared queries of every order. */
const ORDERS = new Map(
  (Object.keys(TOKEN_ORDERS) as TokenOrderField[])
    .flatMap((field): TokenListOrder[] => [
      { field, direction: 'ASC' },
      { field, direction: 'DESC' },
    ])
    .map((order) => [orderName(order), createOrder(order)]),
);

/** Returns a page of a list of tokens. `filter.status: []` and `filter.access: []` match nothing. */
export async function pageTokens(
  db: Executor,
  holder: TokenHolder,
  filter: TokenFilter,
  order: TokenListOrder,
  window: PageWindow,
  now: number,
): Promise<Page<Token>> {
  const { keyset, rows, exists } = ORDERS.get(orderName(order)) as ReturnType<typeof createOrder>;
  const listed = await toListFilter(db, holder, filter, now);
  const reads = {
    rows: (wider: PageWindow) => rows(db, holder, listed, wider, now),
    hasBeyond: async (position: Position, later: boolean) =>
      (await exists(db, holder, listed, position, later, now)).length > 0,
  };
  return mapPage(await readPage(reads, window, keyset), toToken);
}

/** Returns the name of an order in cursors. */
export function orderName(order: TokenListOrder): string {
  return `${order.field}_${order.direction}`;
}

/** Counts the tokens of a list, as `countRows` does. */
export async function countTokens(
  db: Executor,
  holder: TokenHolder,
  filter: TokenFilter,
  now: number,
): Promise<number> {
  return countRows(db, listQuery(db, holder, await toListFilter(db, holder, filter, now), now));
}

/** Counts the tokens of a holder that match a filter by status, in one statement. */
export async function summariseTokens(
  db: Executor,
  holder: TokenHolder,
  filter: TokenFilter,
  now: number,
): Promise<TokenSummary> {
  return summariseStatuses(db, listQuery(db, holder, filter, now), now);
}

/** Adds two summaries. */
function sumOf(a: TokenSummary, b: TokenSummary): TokenSummary {
  const keys = Object.keys(a) as (keyof TokenSummary)[];
  return Object.fromEntries(keys.map((key) => [key, a[key] + b[key]])) as unknown as TokenSummary;
}

/**
 * Counts all tokens of a workspace by status, as `summariseTokens` does, in a time that does not grow with their number unless an
 * end of some of them is pending.
 */
export async function summariseWorkspaceTokens(
  db: Executor,
  workspaceId: string,
  now: number,
): Promise<TokenSummary> {
  if (await hasEnds(db, workspaceId)) return summariseTokens(db, { workspaceId }, {}, now);
  const derived = listQuery(db, { workspaceId }, {}, now).where('tokens.parent_id', 'is not', null);
  return sumOf(await summariseRootTokens(db, workspaceId, now), await summariseStatuses(db, derived, now));
}

async function summariseStatuses(db: Executor, tokens: TokenQuery, now: number): Promise<TokenSummary> {
  const statuses = tokens
    .clearSelect()
    .select((eb) => [statusExpression(eb as never, now).as('status'), 'tokens.expires_at']);
  const rows = await db
    .selectFrom(statuses.as('t'))
    .select((eb) => [
      't.status',
      eb.fn.countAll<number>().as('count'),
      eb.fn
        .sum<number>(
          eb
            .case()
            .when('t.expires_at', '<=', now + EXPIRING_SOON)
            .then(sql.lit(1))
            .else(sql.lit(0))
            .end(),
        )
        .as('soon'),
    ])
    .groupBy('t.status')
    .execute();
  const of = (status: TokenStatus) => rows.find((row) => row.status === status);
  const count = (status: TokenStatus) => Number(of(status)?.count ?? 0);
  return {
    total: rows.reduce((sum, row) => sum + Number(row.count), 0),
    active: count('ACTIVE'),
    disabled: count('DISABLED'),
    expired: count('EXPIRED'),
    revoked: count('REVOKED'),
    usedUp: count('USED_UP'),
    expiringSoon: Number(of('ACTIVE')?.soon ?? 0),
  };
}
