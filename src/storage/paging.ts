import { type Expression, type SelectQueryBuilder, sql } from 'kysely';
import {
  COUNTED_MAX,
  encodeCursor,
  type Page,
  type PageOrder,
  type PageWindow,
  type Position,
} from '../domain/paging.ts';
import type { Executor } from './database.ts';

/** How a query is put in order: by a key that is never null, then by the id. */
export interface KeysetOrder<Row> extends PageOrder {
  readonly key: Expression<unknown>;
  readonly id: Expression<unknown>;
  readonly direction: 'asc' | 'desc';
  /** The key and id of a row, as the query's key and id have them. */
  readonly positionOf: (row: Row) => Position;
}

/**
 * Reads one stretch of a query by keyset, at the same cost however deep it stands. Rows that come and go move nothing:
 * a cursor names a place, not a number of rows.
 */
export async function fetchPage<DB, TB extends keyof DB, Row>(
  query: SelectQueryBuilder<DB, TB, Row>,
  window: PageWindow,
  order: KeysetOrder<Row>,
): Promise<Page<Row>> {
  const ascending = order.direction === 'asc';
  const beyond = (position: Position, later: boolean, orAt = false) => {
    const sign = sql.raw(`${ascending === later ? '>' : '<'}${orAt ? '=' : ''}`);
    return sql<boolean>`(${order.key}, ${order.id}) ${sign} (${position.key}, ${position.id})`;
  };
  const exists = async (position: Position | null, later: boolean) =>
    position !== null &&
    (await query
      .where(beyond(position, later, true))
      .limit(1)
      .executeTakeFirst()) !== undefined;

  let stretch = query;
  if (window.after) stretch = stretch.where(beyond(window.after, true));
  if (window.before) stretch = stretch.where(beyond(window.before, false));
  const direction = ascending !== window.backward ? 'asc' : 'desc';
  const found = await stretch
    .orderBy(order.key, direction)
    .orderBy(order.id, direction)
    .limit(window.limit + 1)
    .execute();

  const more = found.length > window.limit;
  const rows = found.slice(0, window.limit) as Row[];
  if (window.backward) rows.reverse();
  return {
    edges: rows.map((node) => ({ cursor: encodeCursor(order, order.positionOf(node)), node })),
    hasNextPage: window.backward
      ? await exists(window.before, true)
      : more || (await exists(window.before, true)),
    hasPreviousPage: window.backward
      ? more || (await exists(window.after, false))
      : await exists(window.after, false),
  };
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
