import { type Expression, type SelectQueryBuilder, sql } from 'kysely';
import {
  COUNTED_MAX,
  encodeCursor,
  type Page,
  type PageOrder,
  type PageWindow,
  type Position,
} from '../../domain/paging.ts';
import type { Executor } from '../database.ts';

/** How a query is put in order: by a key that is never null, then by the id. */
export interface KeysetOrder<Row> extends PageOrder {
  readonly key: Expression<unknown>;
  readonly id: Expression<unknown>;
  readonly direction: 'asc' | 'desc';
  /** The key and id of a row, as the query's key and id have them. */
  readonly positionOf: (row: Row) => Position;
}

type List<DB, TB extends keyof DB, Row> = SelectQueryBuilder<DB, TB, Row>;

/** What stands beyond a position, on the one side or the other; with `orAt`, the position itself, too. */
function beyond<Row>(order: KeysetOrder<Row>, position: Position, later: boolean, orAt = false) {
  const ascending = order.direction === 'asc';
  const sign = sql.raw(`${ascending === later ? '>' : '<'}${orAt ? '=' : ''}`);
  return sql<boolean>`(${order.key}, ${order.id}) ${sign} (${position.key}, ${position.id})`;
}

/** The query for one stretch of a list, in the order that it is read in. */
export function pageQuery<DB, TB extends keyof DB, Row>(
  list: List<DB, TB, Row>,
  { after, before, backward, limit }: PageWindow,
  order: KeysetOrder<Row>,
): List<DB, TB, Row> {
  let stretch = list;
  if (after) stretch = stretch.where(beyond(order, after, true));
  if (before) stretch = stretch.where(beyond(order, before, false));
  const direction = (order.direction === 'asc') !== backward ? 'asc' : 'desc';
  return stretch.orderBy(order.key, direction).orderBy(order.id, direction).limit(limit);
}

/** The query for whether a list has anything beyond a position, or at it: for one row then, and else for none. */
export function existsQuery<DB, TB extends keyof DB, Row>(
  list: List<DB, TB, Row>,
  position: Position,
  later: boolean,
  order: KeysetOrder<Row>,
) {
  return list
    .clearSelect()
    .select(sql.lit(1).as('one'))
    .where(beyond(order, position, later, true))
    .limit(1);
}

/** What a page is put together from. */
interface PageReads<Row> {
  /** The rows of a stretch, in the order that it is read in. */
  stretch(window: PageWindow): Promise<Row[]>;
  hasBeyond(position: Position, later: boolean): Promise<boolean>;
}

/**
 * Reads a page by keyset, at the same cost however deep it stands. Rows that come and go move nothing: a cursor names a
 * place, not a number of rows.
 */
export async function readPage<Row>(
  reads: PageReads<Row>,
  window: PageWindow,
  order: KeysetOrder<Row>,
): Promise<Page<Row>> {
  const { after, before, backward, limit } = window;
  const exists = async (position: Position | null, later: boolean) =>
    position !== null && (await reads.hasBeyond(position, later));

  const found = await reads.stretch({ ...window, limit: limit + 1 });
  const more = found.length > limit;
  const rows = found.slice(0, limit);
  if (backward) rows.reverse();
  return {
    edges: rows.map((node) => ({ cursor: encodeCursor(order, order.positionOf(node)), node })),
    hasNextPage: backward ? await exists(before, true) : more || (await exists(before, true)),
    hasPreviousPage: backward ? more || (await exists(after, false)) : await exists(after, false),
  };
}

/** Reads one page of a query. */
export function fetchPage<DB, TB extends keyof DB, Row>(
  list: List<DB, TB, Row>,
  window: PageWindow,
  order: KeysetOrder<Row>,
): Promise<Page<Row>> {
  const reads: PageReads<Row> = {
    stretch: async (wider) => (await pageQuery(list, wider, order).execute()) as Row[],
    hasBeyond: async (position, later) =>
      (await existsQuery(list, position, later, order).executeTakeFirst()) !== undefined,
  };
  return readPage(reads, window, order);
}

/** How many rows a query finds; of more than `COUNTED_MAX`, one more than that. Looks at no more than it counts. */
export async function countRows<DB, TB extends keyof DB, Row>(
  db: Executor,
  query: SelectQueryBuilder<DB, TB, Row>,
): Promise<number> {
  const counted = query
    .clearSelect()
    .select(sql.lit(1).as('one'))
    .limit(COUNTED_MAX + 1)
    .as('counted');
  const { rows } = await sql<{ count: number }>`select count(*) as count from ${counted}`.execute(db);
  return Number(rows[0]?.count);
}

/** A page with each row turned into what it stands for. */
export function mapPage<Row, T>(page: Page<Row>, map: (row: Row) => T): Page<T> {
  return { ...page, edges: page.edges.map(({ cursor, node }) => ({ cursor, node: map(node) })) };
}
