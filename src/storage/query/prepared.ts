import type Database from 'better-sqlite3';
import type { CompiledQuery, DialectAdapter } from 'kysely';
import { andThen, type MaybePromise } from '../../platform/maybe-promise.ts';
import type { Executor } from '../database.ts';
import { asDeferrable } from '../deferred.ts';
import { isInProcess } from '../in-process-adapter.ts';
import { sharedReadOf } from '../shared-read.ts';

/** A placeholder for a parameter while a query is compiled. */
class Placeholder {
  readonly index: number;

  constructor(index: number) {
    this.index = index;
  }
}

/** The longest list of ids whose query is cached: the size of the longest page. */
const LONGEST_LIST = 100;
const MOST_CACHED_SHAPES = 200;

/** Executes a statement with some values and returns what it finds. */
type Run<Result> = (values: readonly unknown[]) => Result;

type RunnerOf<Row, Result> = (statement: Database.Statement<unknown[], Row>) => Run<Result>;

/** Puts parameters in the places of the placeholders of a query. */
type Fill = (parameters: readonly unknown[]) => readonly unknown[];

/** A query compiled for one engine; `run` executes it if the engine runs in this process. */
interface Prepared<Row, Result> {
  readonly query: CompiledQuery<Row>;
  readonly fill: Fill;
  readonly run: Run<Result> | null;
  readonly connection: Database.Database | null;
}

/** A prepared query with its parameters; `run` is set if it can be executed directly. */
interface Filled<Row, Result> extends Pick<Prepared<Row, Result>, 'query' | 'run'> {
  readonly values: readonly unknown[];
}

type Build<P extends readonly unknown[], Row> = (
  db: Executor,
  ...parameters: P
) => { compile(): CompiledQuery<Row> };

/** Returns what makes a row of the values of a statement's columns. */
function rowMakerOf<Row>(statement: Database.Statement<unknown[], Row>): (values: readonly unknown[]) => Row {
  const names = statement.columns().map(({ name }) => name);
  // Adding the columns one by one, or by an iterator, makes a list a tenth slower.
  const blank = Object.fromEntries(names.map((name): [string, unknown] => [name, null]));
  return (values) => {
    const row = { ...blank };
    for (let index = 0; index < names.length; index++) row[names[index] as string] = values[index];
    return row as Row;
  };
}

/**
 * Returns a reader of all rows, which gets each as a JSON array. Passing a row to JavaScript column by column takes longer than
 * finding it, and so does parsing the names of the columns with each row.
 */
function rowsReader<Row>(statement: Database.Statement<unknown[], Row>): Run<Row[]> {
  const toRow = rowMakerOf(statement);
  const columns = statement.columns().map((_, index) => `c${index}`);
  const text = `with found (${columns}) as (${statement.source}) select json_array(${columns}) from found`;
  const rows = statement.database.prepare<unknown[], string>(text).pluck();
  const shared = sharedReadOf(statement.database);
  return (values) => {
    shared.join();
    return rows.all(values).map((json) => toRow(JSON.parse(json)));
  };
}

/** Returns how a query with `count` parameters is filled: with the parameters themselves if they have its order, as in most. */
function fillOf({ parameters: places }: CompiledQuery, count: number): Fill {
  const indexes = places.map((place) => (place instanceof Placeholder ? place.index : null));
  if (indexes.length === count && indexes.every((index, place) => index === place))
    return (parameters) => parameters;
  return (parameters) =>
    places.map((place) => (place instanceof Placeholder ? parameters[place.index] : place));
}

/**
 * Returns a reader of the first row, which gets it as an array: better-sqlite3 takes longer to make an object. Its statement has
 * a text of its own, because Kysely executes the one with the given text, and expects objects.
 */
function rowReader<Row>(statement: Database.Statement<unknown[], Row>): Run<Row | undefined> {
  const toRow = rowMakerOf(statement);
  const text = `${statement.source} /* as an array */`;
  const first = statement.database.prepare<unknown[], unknown[]>(text).raw();
  const shared = sharedReadOf(statement.database);
  return (parameters) => {
    shared.join();
    const values = first.get(parameters);
    return values && toRow(values);
  };
}

/** Returns what executes a write. */
function writer(statement: Database.Statement<unknown[], unknown>): Run<unknown> {
  const shared = sharedReadOf(statement.database);
  return (values) => {
    shared.end();
    return statement.run(values);
  };
}

/** Compiles a query once for each engine. `runnerOf` says how its statement is executed directly. */
function prepareOnce<P extends readonly unknown[], Row, Result>(
  build: Build<P, Row>,
  runnerOf: RunnerOf<Row, Result>,
) {
  const cache = new WeakMap<DialectAdapter, Prepared<Row, Result>>();

  function preparedFor(db: Executor, count: number): Prepared<Row, Result> {
    const { adapter } = db.getExecutor();
    const cached = cache.get(adapter);
    if (cached) return cached;
    const placeholders = Array.from({ length: count }, (_, index) => new Placeholder(index));
    const query = build(db, ...(placeholders as unknown as P)).compile();
    const connection = isInProcess(adapter) ? adapter.connection : null;
    const run = connection && runnerOf(connection.prepare<unknown[], Row>(query.sql));
    const prepared = { query, fill: fillOf(query, count), run, connection };
    cache.set(adapter, prepared);
    return prepared;
  }

  return (db: Executor, parameters: P): Filled<Row, Result> => {
    const { query, fill, run, connection } = preparedFor(db, parameters.length);
    // Another transaction than the executor's own has to end first.
    const isFree = db.isTransaction || !connection?.inTransaction;
    return { query, run: isFree ? run : null, values: fill(parameters) };
  };
}

async function execute<Row>(db: Executor, { query, values }: Filled<Row, unknown>): Promise<Row[]> {
  return (await db.executeQuery<Row>({ ...query, parameters: values })).rows;
}

/**
 * Returns a query that is compiled once and executed with other parameters each time, for the queries of every request:
 * Kysely takes longer to compile a query than SQLite to execute it. Its text must not depend on the parameters.
 *
 * On SQLite it is executed directly, without Kysely's executor and its lock on the connection: one row among 100,000 takes
 * 4.3 µs instead of 6.5 µs. While another transaction is open on the connection, the query waits for the lock like all others,
 * because it would see uncommitted changes.
 */
export function prepareQuery<P extends readonly unknown[], Row>(
  build: Build<P, Row>,
): (db: Executor, ...parameters: P) => Promise<Row[]> {
  const prepare = prepareOnce(build, rowsReader);
  return async (db, ...parameters) => {
    const filled = prepare(db, parameters);
    return filled.run ? filled.run(filled.values) : execute(db, filled);
  };
}

/** Returns a write as `prepareQuery` returns a query, which is executed as `write` does. */
export function prepareWrite<P extends readonly unknown[]>(
  build: Build<P, unknown>,
): (db: Executor, ...parameters: P) => Promise<void> {
  const prepare = prepareOnce(build, writer);
  return async (db, ...parameters) => {
    const { query, run, values } = prepare(db, parameters);
    if (run) run(values);
    else await db.executeQuery(asDeferrable({ ...query, parameters: values }));
  };
}

/** Returns a query as `prepareQuery` does, which returns the first row only; without a promise if it is executed directly. */
export function prepareQueryOne<P extends readonly unknown[], Row>(
  build: Build<P, Row>,
): (db: Executor, ...parameters: P) => MaybePromise<Row | undefined> {
  const prepare = prepareOnce(build, rowReader);
  return (db, ...parameters) => {
    const filled = prepare(db, parameters);
    return filled.run ? filled.run(filled.values) : andThen(execute(db, filled), ([first]) => first);
  };
}

/** Returns a query by a list of ids, compiled once for each length up to that of the longest page. Without ids it returns no rows. */
export function prepareQueryByIds<Row>(
  build: (
    db: Executor,
    ids: readonly string[],
  ) => { compile(): CompiledQuery<Row>; execute(): Promise<Row[]> },
): (db: Executor, ids: readonly string[]) => Promise<Row[]> {
  const cache = new Map<number, (db: Executor, ...ids: string[]) => Promise<Row[]>>();
  return async (db, ids) => {
    if (ids.length === 0) return [];
    if (ids.length > LONGEST_LIST) return build(db, ids).execute();
    const query = cache.get(ids.length) ?? prepareQuery((on: Executor, ...each: string[]) => build(on, each));
    cache.set(ids.length, query);
    return query(db, ...ids);
  };
}

type Leaf = string | number;

/** The property whose value is part of the SQL text (`LiteralLimits` in `sqlite/connection.ts`), and so of the shape. */
const LIMIT = 'limit';

/** Returns a value with every string and number in it mapped. What remains, with their positions, is its shape. */
function mapLeaves(value: unknown, map: (leaf: Leaf) => unknown): unknown {
  if (typeof value === 'string' || typeof value === 'number') return map(value);
  if (Array.isArray(value)) return value.map((item) => mapLeaves(item, map));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [key, key === LIMIT ? item : mapLeaves(item, map)]),
  );
}

/**
 * Returns a query whose text depends on its arguments. It is compiled once for each shape of the arguments: which properties
 * are set and how many entries lists have. Strings and numbers in the arguments are parameters, except a `limit`.
 */
export function prepareQueryByShape<Args extends readonly unknown[], Row>(
  build: (db: Executor, ...args: Args) => { compile(): CompiledQuery<Row> },
): (db: Executor, ...args: Args) => Promise<Row[]> {
  const cache = new Map<string, (db: Executor, ...leaves: unknown[]) => Promise<Row[]>>();

  function queryFor(args: Args, shape: string) {
    const cached = cache.get(shape);
    if (cached) return cached;
    const query = prepareQuery<unknown[], Row>((db, ...placeholders) => {
      const rest = placeholders.values();
      return build(db, ...(mapLeaves(args, () => rest.next().value) as Args));
    });
    if (cache.size >= MOST_CACHED_SHAPES) cache.clear();
    cache.set(shape, query);
    return query;
  }

  return (db, ...args) => {
    const leaves: Leaf[] = [];
    const shape = JSON.stringify(mapLeaves(args, (leaf) => leaves.push(leaf)));
    return queryFor(args, shape)(db, ...leaves);
  };
}
