import type { CompiledQuery, DialectAdapter } from 'kysely';
import type { Executor } from './database.ts';

/** Stands for a parameter while a query is put together. */
class Placeholder {
  readonly place: number;

  constructor(place: number) {
    this.place = place;
  }
}

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
