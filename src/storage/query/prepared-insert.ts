import type { Expression, Insertable } from 'kysely';
import type { Executor } from '../database.ts';
import type { Tables } from '../tables.ts';
import { prepareWrite } from './prepared.ts';

/**
 * Returns an insert of one row that is compiled once, for the most frequently written tables: Kysely takes as long to
 * compile an insert of twenty columns as SQLite takes to execute it. It is executed as `write` does. The database computes the
 * columns of `computed`.
 */
export function prepareInsert<T extends keyof Tables, C extends keyof Insertable<Tables[T]> = never>(
  table: T,
  computed: Readonly<Record<C, Expression<unknown>>> = {} as Record<C, never>,
) {
  // Every row has all columns of its table, so the first row has the columns of all rows.
  let columns: (keyof Tables[T])[] = [];

  const insert = prepareWrite((db: Executor, ...values: readonly unknown[]) =>
    db.insertInto(table).values({
      ...Object.fromEntries(columns.map((column, index) => [column, values[index]])),
      ...computed,
    } as never),
  );

  return async (db: Executor, row: Omit<Required<Insertable<Tables[T]>>, C>): Promise<void> => {
    if (columns.length === 0) columns = Object.keys(row) as typeof columns;
    await insert(db, ...columns.map((column) => row[column as keyof typeof row]));
  };
}
