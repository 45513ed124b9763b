import type Database from 'better-sqlite3';
import type { CompiledQuery, DialectAdapter } from 'kysely';
import type { Executor } from '../database.ts';
import { isInProcess } from '../in-process-adapter.ts';

/** Stands for a parameter while a query is put together. */
class Placeholder {
  readonly place: number;

  constructor(place: number) {
    this.place = place;
  }
}

/** How many ids a query by a list of them is kept for: as many as stand on the longest page. */
const LONGEST_LIST = 100;
const SHAPES_KEPT = 200;

type Statement<Answer> = Database.Statement<unknown[], Answer>;

/** A query as one engine takes it; where that may be asked directly, with the statement to do so. */
interface Prepared<Row, Answer> {
  readonly query: CompiledQuery<Row>;
  readonly statement: Statement<Answer> | null;
}

/** A prepared query with its parameters filled in; `statement` is set where it is to be asked directly. */
interface Filled<Row, Answer> extends Prepared<Row, Answer> {
  readonly values: unknown[];
}

type Build<P extends readonly unknown[], Row> = (
  db: Executor,
  ...parameters: P
) => { compile(): CompiledQuery<Row> };

/**
 * The statement of a query, changed so that it answers each row as JSON. Handing a row over column by column takes longer
 * than finding it: a page of twenty tokens, 24 columns each, takes 130 µs so and 280 plainly.
 */
function asJsonRows(statement: Statement<unknown>): Statement<string> {
  const names = statement.columns();
  const columns = names.map((_, place) => `c${place}`);
  const fields = names.map(({ name }, place) => `'${name}', c${place}`);
  const text = `with found (${columns}) as (${statement.source}) select json_object(${fields}) from found`;
  return statement.database.prepare<unknown[], string>(text).pluck();
}

function prepareOnce<P extends readonly unknown[], Row, Answer>(
  build: Build<P, Row>,
  adapt: (statement: Statement<Row>) => Statement<Answer>,
) {
  const kept = new WeakMap<DialectAdapter, Prepared<Row, Answer>>();

  function preparedFor(db: Executor, count: number): Prepared<Row, Answer> {
    const { adapter } = db.getExecutor();
    const known = kept.get(adapter);
    if (known) return known;
    const placeholders = Array.from({ length: count }, (_, place) => new Placeholder(place));
    const query = build(db, ...(placeholders as unknown as P)).compile();
    const asked = isInProcess(adapter) ? adapter.connection.prepare<unknown[], Row>(query.sql) : null;
    const statement = asked?.reader ? adapt(asked) : null;
    const prepared = { query, statement };
    kept.set(adapter, prepared);
    return prepared;
  }

  return (db: Executor, parameters: P): Filled<Row, Answer> => {
    const { query, statement } = preparedFor(db, parameters.length);
    const values = query.parameters.map((value) =>
      value instanceof Placeholder ? parameters[value.place] : value,
    );
    const isFree = statement !== null && !db.isTransaction && !statement.database.inTransaction;
    return { query, statement: isFree ? statement : null, values };
  };
}

async function execute<Row>(db: Executor, { query, values }: Filled<Row, unknown>): Promise<Row[]> {
  return (await db.executeQuery<Row>({ ...query, parameters: values })).rows;
}

/**
 * A query that is put together once and executed with other parameters each time: for what every request asks, since
 * putting a query together takes Kysely longer than SQLite needs to answer it. Its text must not depend on the parameters.
 *
 * On SQLite it is then answered at once, without the executor and the lock by which callers take turns on the one
 * connection: a row among 100,000 takes 4.3 µs instead of 6.5. While a transaction is open on that connection it waits its turn as all others
 * do: it would see what is not committed.
 */
export function prepareQuery<P extends readonly unknown[], Row>(
  build: Build<P, Row>,
): (db: Executor, ...parameters: P) => Promise<Row[]> {
  const prepare = prepareOnce(build, asJsonRows);
  return async (db, ...parameters) => {
    const filled = prepare(db, parameters);
    if (!filled.statement) return execute(db, filled);
    return filled.statement.all(filled.values).map((row) => JSON.parse(row) as Row);
  };
}

/** The same for a query whose first row is all that is asked for. */
export function prepareQueryOne<P extends readonly unknown[], Row>(
  build: Build<P, Row>,
): (db: Executor, ...parameters: P) => Promise<Row | undefined> {
  const prepare = prepareOnce(build, (statement: Statement<Row>) => statement);
  return async (db, ...parameters) => {
    const filled = prepare(db, parameters);
    return filled.statement ? filled.statement.get(filled.values) : (await execute(db, filled))[0];
  };
}

/** The same for a query by a list of ids, kept for each length that a page can have. No ids, no rows. */
export function prepareQueryByIds<Row>(
  build: (
    db: Executor,
    ids: readonly string[],
  ) => { compile(): CompiledQuery<Row>; execute(): Promise<Row[]> },
): (db: Executor, ids: readonly string[]) => Promise<Row[]> {
  const kept = new Map<number, (db: Executor, ...ids: string[]) => Promise<Row[]>>();
  return async (db, ids) => {
    if (ids.length === 0) return [];
    if (ids.length > LONGEST_LIST) return build(db, ids).execute();
    const known = kept.get(ids.length) ?? prepareQuery((on: Executor, ...each: string[]) => build(on, each));
    kept.set(ids.length, known);
    return known(db, ...ids);
  };
}

type Leaf = string | number;

/** Stands in the text of a query (`LiteralLimits` in sqlite.ts), and so belongs to its shape. */
const LIMIT = 'limit';

/** A value with every text and number in it replaced; what else there is, and where they stood, is its shape. */
function mapLeaves(value: unknown, map: (leaf: Leaf) => unknown): unknown {
  if (typeof value === 'string' || typeof value === 'number') return map(value);
  if (Array.isArray(value)) return value.map((item) => mapLeaves(item, map));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [key, key === LIMIT ? item : mapLeaves(item, map)]),
  );
}

/**
 * The same for a query whose text depends on what is asked: it is kept for every shape that its arguments come in, that
 * is which of their properties are set and how many entries lists have. Only texts and numbers in them are parameters,
 * but for a `limit`.
 */
export function prepareQueryByShape<Asked extends readonly unknown[], Row>(
  build: (db: Executor, ...asked: Asked) => { compile(): CompiledQuery<Row> },
): (db: Executor, ...asked: Asked) => Promise<Row[]> {
  const kept = new Map<string, (db: Executor, ...leaves: unknown[]) => Promise<Row[]>>();

  function queryFor(asked: Asked, shape: string) {
    const known = kept.get(shape);
    if (known) return known;
    const query = prepareQuery<unknown[], Row>((db, ...placeholders) => {
      const rest = placeholders.values();
      return build(db, ...(mapLeaves(asked, () => rest.next().value) as Asked));
    });
    if (kept.size >= SHAPES_KEPT) kept.clear();
    kept.set(shape, query);
    return query;
  }

  return (db, ...asked) => {
    const leaves: Leaf[] = [];
    const shape = JSON.stringify(mapLeaves(asked, (leaf) => leaves.push(leaf)));
    return queryFor(asked, shape)(db, ...leaves);
  };
}
