import type { Insertable } from 'kysely';
import type { Executor } from '../database.ts';
import type { Tables } from '../tables.ts';
import { prepareQuery } from './prepared.ts';

/**
 * An insert of one row that is put together once, for the tables that what is written most goes into: Kysely takes as
 * long to put one of twenty columns together as SQLite takes to store it.
 */
export function prepareInsert<T extends keyof Tables>(table: T) {
  // Every row has all columns of its table, so those of the first one are those of all.
  let columns: (keyof Tables[T])[] = [];

  const insert = prepareQuery((db: Executor, ...values: readonly unknown[]) =>
    db
      .insertInto(table)
      .values(Object.fromEntries(columns.map((column, place) => [column, values[place]])) as never),
  );

  return async (db: Executor, row: Required<Insertable<Tables[T]>>): Promise<void> => {
    if (columns.length === 0) columns = Object.keys(row) as typeof columns;
    await insert(db, ...columns.map((column) => row[column as keyof typeof row]));
  };
}
