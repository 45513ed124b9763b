import { type Expression, type SelectQueryBuilder, sql } from 'kysely';
import {
  COUNTED_MAX,
  type Edge,
  encodeCursor,
  type Page,
  type PageOrder,
  type PageWindow,
  type Position,
} from '../../domain/paging.ts';
import type { Executor } from '../database.ts';

/** The order of a query: by a key that is never null, then by the id. */
export interface KeysetOrder<Row> extends PageOrder {
  readonly key: Expression<unknown>;
  readonly id: Expression<unknown>;
  readonly direction: 'asc' | 'desc';
  /** Whether the key is computed. SQLite does not find a pair in an index if one of them is. */
  readonly isComputed?: boolean;
  /** Returns the key and the id of a row. */
  readonly positionOf: (row: Row) => Position;
}

type List<DB, TB extends keyof DB, Row> = SelectQueryBuilder<DB, TB, Row>;

/** Returns the condition that a row is after a position, or before it if not `later`; with `orAt`, or at it. */
function beyond<Row>(order: KeysetOrder<Row>, position: Position, later: boolean, orAt = false) {
  const ascending = order.direction === 'asc';
  const side = ascending === later ? '>' : '<';
  const sign = sql.raw(`${side}${orAt ? '=' : ''}`);
  const pair = sql<boolean>`(${order.key}, ${order.id}) ${sign} (${position.key}, ${position.id})`;
  return order.isComputed
    ? sql<boolean>`${order.key} ${sql.raw(`${side}=`)} ${position.key} and ${pair}`
    : pair;
}

/** A window that can also start or end at a row, in the direction of reading. */
export interface Scan extends PageWindow {
  readonly from?: Position | null;
  readonly until?: Position | null;
}

/** The limits that are common: of one row, and of the usual pages with the row that shows whether there are more. */
const COMMON_LIMITS = [1, 6, 11, 21, 26, 51, 101];

/**
 * Returns a limit for the text of a query. PostgreSQL expects a limit that is a parameter to leave a tenth of the rows. For the
 * list of a user or workspace with many tokens it would then plan each call again, which takes longer than the call. The
 * others remain parameters, so that clients cannot make a text for each number.
 */
export function literalLimit(limit: number) {
  return COMMON_LIMITS.includes(limit) ? sql.lit(limit) : limit;
}

/** Returns the query for the rows of one page, in the direction of reading. */
export function pageQuery<DB, TB extends keyof DB, Row>(
  list: List<DB, TB, Row>,
  { after, before, backward, limit, from, until }: Scan,
  order: KeysetOrder<Row>,
): List<DB, TB, Row> {
  let page = list;
  if (after) page = page.where(beyond(order, after, true));
  if (before) page = page.where(beyond(order, before, false));
  if (from) page = page.where(beyond(order, from, !backward, true));
  if (until) page = page.where(beyond(order, until, backward, true));
  const direction = (order.direction === 'asc') !== backward ? 'asc' : 'desc';
  return page.orderBy(order.key, direction).orderBy(order.id, direction).limit(literalLimit(limit));
}

/** Returns a query that selects one row if the list has a row at or beyond a position, and none otherwise. */
export function existsQuery<DB, TB extends keyof DB, Row>(
  list: List<DB, TB, Row>,
  position: Position,
  later: boolean,
  order: KeysetOrder<Row>,
) {
  const direction = (order.direction === 'asc') === later ? 'asc' : 'desc';
  // Without the order, PostgreSQL reads the table from its beginning if it expects many rows to match.
  return list
    .clearSelect()
    .select(sql.lit(1).as('one'))
    .where(beyond(order, position, later, true))
    .orderBy(order.key, direction)
    .orderBy(order.id, direction)
    .limit(literalLimit(1));
}

/** The reads from which a page is built. */
interface PageReads<Row> {
  /** Returns the rows in a window, in the direction of reading. */
  rows(window: PageWindow): Promise<Row[]>;
  hasBeyond(position: Position, later: boolean): Promise<boolean>;
}

/** An edge whose cursor is encoded when it is read, because most operations select only the nodes. */
class PositionEdge<T> implements Edge<T> {
  readonly node: T;
  readonly #order: PageOrder;
  readonly #position: Position;

  constructor(node: T, order: PageOrder, position: Position) {
    this.node = node;
    this.#order = order;
    this.#position = position;
  }

  get cursor(): string {
    return encodeCursor(this.#order, this.#position);
  }

  withNode<U>(node: U): Edge<U> {
    return new PositionEdge(node, this.#order, this.#position);
  }
}

/**
 * Reads a page by keyset: the cost does not depend on its depth, and inserted or deleted rows do not shift it, because a
 * cursor is a position and not an offset.
 */
export async function readPage<Row, T>(
  reads: PageReads<Row>,
  toNode: (row: Row) => T,
  window: PageWindow,
  order: KeysetOrder<Row>,
): Promise<Page<T>> {
  const { after, before, backward, limit } = window;
  const exists = async (position: Position | null, later: boolean) =>
    position !== null && (await reads.hasBeyond(position, later));

  const found = await reads.rows({ ...window, limit: limit + 1 });
  const more = found.length > limit;
  const rows = found.slice(0, limit);
  if (backward) rows.reverse();
  return {
    edges: rows.map((row) => new PositionEdge(toNode(row), order, order.positionOf(row))),
    hasNextPage: backward ? await exists(before, true) : more || (await exists(before, true)),
    hasPreviousPage: backward ? more || (await exists(after, false)) : await exists(after, false),
  };
}

/** Reads one page of a query by keyset. */
export function fetchPage<DB, TB extends keyof DB, Row, T>(
  list: List<DB, TB, Row>,
  toNode: (row: Row) => T,
  window: PageWindow,
  order: KeysetOrder<Row>,
): Promise<Page<T>> {
  const reads: PageReads<Row> = {
    rows: async (wider) => (await pageQuery(list, wider, order).execute()) as Row[],
    hasBeyond: async (position, later) =>
      (await existsQuery(list, position, later, order).executeTakeFirst()) !== undefined,
  };
  return readPage(reads, toNode, window, order);
}

/** Counts the rows of a query up to `COUNTED_MAX`; returns `COUNTED_MAX + 1` for more. Reads no more rows than it counts. */
export async function countRows<DB, TB extends keyof DB, Row>(
  db: Executor,
  query: SelectQueryBuilder<DB, TB, Row>,
): Promise<number> {
  const counted = query
    .clearSelect()
    .select(sql.lit(1).as('one'))
    .limit(sql.lit(COUNTED_MAX + 1))
    .as('counted');
  const { rows } = await sql<{ count: number }>`select count(*) as count from ${counted}`.execute(db);
  return Number(rows[0]?.count);
}

/** Returns whether a query has more than `most` rows. Reads no more than one beyond. */
export async function hasMoreRows<DB, TB extends keyof DB, Row>(
  query: SelectQueryBuilder<DB, TB, Row>,
  most: number,
): Promise<boolean> {
  return (await query.limit(1).offset(most).executeTakeFirst()) !== undefined;
}
