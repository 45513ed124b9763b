import { sql } from 'kysely';
import { COUNTED_MAX, type Page, type PageWindow, type Position } from '../../domain/paging.ts';
import { foldCase } from '../../domain/text.ts';
import type { Token, TokenFilter } from '../../domain/token.ts';
import type { Executor } from '../database.ts';
import { CHUNK_ROWS, type ChunkReads, inChunks, type OnChunk } from '../query/chunks.ts';
import {
  findNarrowing,
  type Narrowing,
  narrowedIds,
  ownerColumn,
  type PrefixSearch,
  type TokenOwner,
} from '../query/few-tokens.ts';
import { countRows, existsQuery, type KeysetOrder, pageQuery, readPage, type Scan } from '../query/paging.ts';
import { prepareQueryByShape } from '../query/prepared.ts';
import { countAllTokens } from '../query/token-amounts.ts';
import { EXPIRY_KEY, FAR_FUTURE, statusExpression } from '../query/token-status.ts';
import {
  type OutlineQuery,
  type OutlineRow,
  outlineQuery,
  type TokenRow,
  toOutline,
  toToken,
  withDetails,
} from './token-rows.ts';
import type { TokenHolder } from './tokens.ts';

/** The orders of a token list. Tokens without expiry come last, tokens never used first. */
export const TOKEN_ORDERS = {
  CREATED_AT: {
    keyType: 'number',
    key: sql.ref('tokens.created_at'),
    keyOf: (row: OutlineRow) => row.created_at,
  },
  NAME: {
    keyType: 'string',
    key: sql.ref('tokens.name_folded'),
    keyOf: (row: OutlineRow) => row.name_folded,
  },
  EXPIRES_AT: {
    keyType: 'number',
    key: EXPIRY_KEY,
    keyOf: (row: OutlineRow) => row.expires_at ?? FAR_FUTURE,
  },
  LAST_USED_AT: {
    keyType: 'number',
    key: sql.ref('u.at'),
    id: sql.ref('u.credential_id'),
    keyOf: (row: OutlineRow) => row.last_used_at ?? 0,
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

/** Limits a query to some ids. Without ids it selects nothing, because PostgreSQL does not accept `in ()`. */
function onlyIds(query: OutlineQuery, ids: readonly string[]): OutlineQuery {
  return ids.length === 0 ? query.where(sql<boolean>`1 = 0`) : query.where('tokens.id', 'in', [...ids]);
}

/** A filter as the query takes it: `search` is a `LIKE` pattern. */
interface ListFilter extends TokenFilter {
  /** Replaces `search` in a list of many tokens. */
  readonly prefix?: PrefixSearch | undefined;
  /** How the tokens are found, if few meet one of the conditions. */
  readonly narrowing?: Narrowing | undefined;
  /** Set if tokens are read in chunks to find those that match: the conditions that have an index in the order of the list. */
  readonly scanned?: Pick<TokenFilter, 'access'> | undefined;
}

/** Returns whether the tokens of a list are all tokens of a user or workspace. */
export function isOwner(holder: TokenHolder): holder is TokenOwner {
  return 'ownerId' in holder || 'workspaceId' in holder;
}

/** Limits a query to the tokens of a user or workspace. With `byUse` they are found in the index of the last uses. */
function onlyOf(query: OutlineQuery, owner: TokenOwner, byUse: boolean): OutlineQuery {
  const [column, id] = ownerColumn(owner);
  return query.where(byUse ? 'u.holder_id' : column, '=', id);
}

/** Limits a query to what a search finds in a list of many tokens. */
function onlyFound(query: OutlineQuery, { from, to, identifier }: PrefixSearch): OutlineQuery {
  return query.where((eb) =>
    eb.or([
      eb.and([eb('tokens.name_folded', '>=', from), eb('tokens.name_folded', '<', to)]),
      eb('tokens.identifier', '=', identifier),
    ]),
  );
}

/** The access of a token, which no index has. */
const ACCESS_UNINDEXED = sql<string>`(tokens.access || '')`;

/** Selects the outlines of the tokens of a list, with `byUse` for the order by last use. */
export function listQuery(db: Executor, holder: TokenHolder, filter: ListFilter, now: number, byUse = false) {
  let query = outlineQuery(db);
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
  if (access?.length) {
    // The tokens of a chunk are found by their order.
    const isIndexed = !filter.scanned || filter.scanned.access !== undefined;
    query = query.where(isIndexed ? 'tokens.access' : ACCESS_UNINDEXED, 'in', [...access]);
  }
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
  // It takes the longest, so the other conditions are checked first.
  if (status?.length) query = query.where((eb) => eb(statusExpression(eb as never, now), 'in', [...status]));
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

/** Returns whether a filter has conditions, and none of them has an index of its own in the order of creation. */
function isUnordered({ createdBy, subject, issuedBy, ...filter }: TokenFilter): boolean {
  if ([createdBy, subject, issuedBy].some((condition) => condition !== undefined)) return false;
  if (filter.status?.length === 0 || filter.access?.length === 0) return false;
  return Object.values(filter).some((condition) => condition !== undefined);
}

/** Returns a filter as the query of an order takes it; `null` if no token meets it. */
async function toListFilter(
  db: Executor,
  holder: TokenHolder,
  { search, ...filter }: TokenFilter,
  field: TokenOrderField,
  now: number,
): Promise<ListFilter | null> {
  const isLong = search && isOwner(holder) && (await countAllTokens(db, holder)) > SEARCHED_MAX;
  const prefix = isLong ? prefixSearch(search) : undefined;
  const narrowing = isOwner(holder) ? await findNarrowing(db, holder, filter, prefix, now) : null;
  if (narrowing === 'NOTHING') return null;
  const isScanned = isOwner(holder) && !narrowing && isUnordered({ search, ...filter });
  const { access } = filter;
  const scanned = field === 'CREATED_AT' && access?.length === 1 ? { access } : {};
  return {
    ...filter,
    ...(prefix ? { prefix } : search && { search: containing(search) }),
    ...(narrowing && { narrowing }),
    ...(isScanned && { scanned }),
  };
}

function createOrder({ field, direction }: TokenListOrder) {
  const { key, keyType, keyOf, id } = { id: sql.ref('tokens.id'), ...TOKEN_ORDERS[field] };
  const byUse = field === 'LAST_USED_AT';
  const keyset: KeysetOrder<OutlineRow> = {
    name: orderName({ field, direction }),
    keyType,
    key,
    id,
    direction: direction === 'ASC' ? 'asc' : 'desc',
    isComputed: field === 'EXPIRES_AT',
    positionOf: (row) => ({ key: keyOf(row), id: row.id }),
  };
  const outlines = prepareQueryByShape(
    (db: Executor, holder: TokenHolder, filter: ListFilter, window: Scan, now: number) =>
      pageQuery(listQuery(db, holder, filter, now, byUse), window, keyset),
  );
  const rows = prepareQueryByShape(
    (db: Executor, holder: TokenHolder, filter: ListFilter, window: Scan, now: number) =>
      pageQuery(withDetails(listQuery(db, holder, filter, now, byUse)), window, keyset),
  );
  const ends = prepareQueryByShape((db: Executor, holder: TokenHolder, scanned: TokenFilter, scan: Scan) =>
    pageQuery(listQuery(db, holder, scanned, 0, byUse), scan, keyset)
      .clearSelect()
      .select([sql<string | number>`${key}`.as('key'), sql<string>`${id}`.as('id')])
      .offset(sql.lit(CHUNK_ROWS - 1)),
  );
  /** Returns the place of the last token of the first chunk of a scan. */
  async function lastOf(
    db: Executor,
    holder: TokenHolder,
    { scanned = {} }: ListFilter,
    scan: Scan,
  ): Promise<Position | null> {
    return (await ends(db, holder, scanned, { ...scan, limit: 1 }))[0] ?? null;
  }
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
  return { keyset, outlines, rows, exists, lastOf };
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

/** A whole list. */
const WHOLE: Scan = { limit: COUNTED_MAX + 1, backward: false, after: null, before: null };

const orderOf = (order: TokenListOrder) => ORDERS.get(orderName(order)) as ReturnType<typeof createOrder>;

/** Returns the first rows of a scan that match, which are found chunk by chunk. */
async function firstOf<Row>(
  reads: ChunkReads<readonly Row[]>,
  scan: Scan,
  onChunk?: OnChunk,
): Promise<Row[]> {
  const found: Row[] = [];
  for await (const part of inChunks(reads, scan, onChunk)) {
    found.push(...part);
    if (found.length >= scan.limit) break;
  }
  return found.slice(0, scan.limit);
}

/**
 * Returns a page of a list of tokens. `filter.status: []` and `filter.access: []` match nothing. If many tokens meet each
 * condition of the filter, it reads the tokens in chunks, each but the first with a call of `onChunk`. With `isOutline`, it
 * returns outlines, which saves an eighth of the CPU time of a list.
 */
export async function pageTokens(
  db: Executor,
  holder: TokenHolder,
  filter: TokenFilter,
  order: TokenListOrder,
  window: PageWindow,
  now: number,
  onChunk?: OnChunk,
  isOutline = false,
): Promise<Page<Token>> {
  const { keyset, outlines, rows, exists, lastOf } = orderOf(order);
  const listed = await toListFilter(db, holder, filter, order.field, now);
  if (!listed) return { edges: [], hasNextPage: false, hasPreviousPage: false };
  const read = (scan: Scan): Promise<OutlineRow[]> =>
    (isOutline ? outlines : rows)(db, holder, listed, scan, now);
  const inOrder = {
    rows: read,
    hasBeyond: async (position: Position, later: boolean) =>
      (await exists(db, holder, listed, position, later, now)).length > 0,
  };
  const chunks = { read, lastOf: (scan: Scan) => lastOf(db, holder, listed, scan) };
  const chunkByChunk = {
    rows: (scan: Scan) => firstOf(chunks, scan, onChunk),
    hasBeyond: async (from: Position, later: boolean) =>
      (await firstOf(chunks, { ...WHOLE, limit: 1, backward: !later, from }, onChunk)).length > 0,
  };
  const toNode = isOutline ? toOutline : (row: OutlineRow) => toToken(row as TokenRow);
  return readPage(listed.scanned ? chunkByChunk : inOrder, toNode, window, keyset);
}

/** Returns the name of an order in cursors. */
export function orderName(order: TokenListOrder): string {
  return `${order.field}_${order.direction}`;
}

const NEWEST_FIRST: TokenListOrder = { field: 'CREATED_AT', direction: 'DESC' };

/** Counts the tokens of a list, as `countRows` does and with calls of `onChunk` as in `pageTokens`. */
export async function countTokens(
  db: Executor,
  holder: TokenHolder,
  filter: TokenFilter,
  now: number,
  onChunk?: OnChunk,
): Promise<number> {
  const isWhole = Object.values(filter).every((condition) => condition === undefined);
  if (isWhole && isOwner(holder)) return Math.min(await countAllTokens(db, holder), COUNTED_MAX + 1);
  const { keyset, lastOf } = orderOf(NEWEST_FIRST);
  const listed = await toListFilter(db, holder, filter, NEWEST_FIRST.field, now);
  if (!listed) return 0;
  const tokens = listQuery(db, holder, listed, now);
  if (!listed.scanned) return countRows(db, tokens);
  const reads = {
    lastOf: (scan: Scan) => lastOf(db, holder, listed, scan),
    read: (scan: Scan) => countRows(db, pageQuery(tokens, scan, keyset)),
  };
  let count = 0;
  for await (const part of inChunks(reads, WHOLE, onChunk)) {
    count += part;
    if (count > COUNTED_MAX) return COUNTED_MAX + 1;
  }
  return count;
}
