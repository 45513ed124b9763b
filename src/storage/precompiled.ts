import type { CompiledQuery, DialectAdapter } from 'kysely';
import type { Executor } from './database.ts';

/** Stands for a parameter while a query is put together. */
class Placeholder {
  readonly place: number;

  constructor(place: number) {
    this.place = place;
  }
}

/** How many ids a query by a list of them is kept for: as many as stand on the longest page. */
const LONGEST_LIST = 100;

/**
 * A query that is put together once and executed with other parameters each time: for what every request asks, since
 * putting a query together takes Kysely longer than SQLite needs to answer it. Its text must not depend on the parameters.
 */
export function precompile<P extends readonly unknown[], Row>(
  build: (db: Executor, ...parameters: P) => { compile(): CompiledQuery<Row> },
): (db: Executor, ...parameters: P) => Promise<Row[]> {
  const kept = new WeakMap<DialectAdapter, CompiledQuery<Row>>();

  function compiledFor(db: Executor, count: number): CompiledQuery<Row> {
    const { adapter } = db.getExecutor();
    const known = kept.get(adapter);
    if (known) return known;
    const placeholders = Array.from({ length: count }, (_, place) => new Placeholder(place));
    const query = build(db, ...(placeholders as unknown as P)).compile();
    kept.set(adapter, query);
    return query;
  }

  return async (db, ...parameters) => {
    const query = compiledFor(db, parameters.length);
    const values = query.parameters.map((value) =>
      value instanceof Placeholder ? parameters[value.place] : value,
    );
    return (await db.executeQuery<Row>({ ...query, parameters: values })).rows;
  };
}

/** The same for a query by a list of ids, kept for each length that a page can have. No ids, no rows. */
export function precompileByIds<Row>(
  build: (
    db: Executor,
    ids: readonly string[],
  ) => { compile(): CompiledQuery<Row>; execute(): Promise<Row[]> },
): (db: Executor, ids: readonly string[]) => Promise<Row[]> {
  const kept = new Map<number, (db: Executor, ...ids: string[]) => Promise<Row[]>>();
  return async (db, ids) => {
    if (ids.length === 0) return [];
    if (ids.length > LONGEST_LIST) return build(db, ids).execute();
    const known = kept.get(ids.length) ?? precompile((on: Executor, ...each: string[]) => build(on, each));
    kept.set(ids.length, known);
    return known(db, ...ids);
  };
}
