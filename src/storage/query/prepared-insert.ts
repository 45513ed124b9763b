import type { Insertable } from 'kysely';
import type { Executor } from '../database.ts';
import type { Tables } from '../tables.ts';
import { prepareWrite } from './prepared.ts';

/**
 * Returns an insert of one row that is compiled once, for the most frequently written tables: Kysely takes as long to
 * compile an insert of twenty columns as SQLite takes to execute it. It is executed as `write` does.
 */
export function prepareInsert<T extends keyof Tables>(table: T) {
  // Every row has all columns of its table, so the first row has the columns of all rows.
  let columns: (keyof Tables[T])[] = [];

  const insert = prepareWrite((db: Executor, ...values: readonly unknown[]) =>
    db
      .insertInto(table)
      .values(Object.fromEntries(columns.map((column, index) => [column, values[index]])) as never),
  );

  return async (db: Executor, row: Required<Insertable<Tables[T]>>): Promise<void> => {
    if (columns.length === 0) columns = Object.keys(row) as typeof columns;
    await insert(db, ...columns.map((column) => row[column as keyof typeof row]));
  };
}
