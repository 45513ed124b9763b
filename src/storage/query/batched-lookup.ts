import { type Compilable, PostgresAdapter, type RawBuilder, sql } from 'kysely';
import type { Executor } from '../database.ts';
import { prepareQuery, prepareQueryOne } from './prepared.ts';

/**
 * The most calls of one statement: while the results of one are handled, the database executes the next. Fewer would cost
 * more than that saves, because a statement costs as much as ten calls.
 */
const MOST_CALLS = 32;

/** The types of PostgreSQL that the parameters of a lookup have. */
interface ParameterTypes {
  readonly text: string;
  readonly bigint: number;
}

type TypeNames = readonly (keyof ParameterTypes)[];

type Parameters<T extends TypeNames> = { [K in keyof T]: ParameterTypes[T[K]] };

type Lookup<T extends TypeNames, Row> = (
  db: Executor,
  ...parameters: Parameters<T>
) => Promise<Row | undefined>;

type Build<T extends TypeNames, Row> = (db: Executor, ...parameters: Parameters<T>) => Compilable<Row>;

/** Sends several calls as one statement. The rows have the positions of their calls, from 1. */
type FindMany<Row> = (
  db: Executor,
  columns: readonly unknown[][],
) => Promise<(Row & { readonly position: number })[]>;

/** A lookup that waits for the row of its parameters. */
interface PendingLookup<Row> {
  readonly parameters: readonly unknown[];
  resolve(row: Row | undefined): void;
  reject(error: unknown): void;
}

/** Creates a lookup that sends the calls of one turn of the event loop together. */
function createBatch<Row>(db: Executor, findMany: FindMany<Row>) {
  const waiting: PendingLookup<Row>[] = [];

  function sendAll(): void {
    while (waiting.length > 0) void send(waiting.splice(0, MOST_CALLS));
  }

  async function send(lookups: PendingLookup<Row>[]): Promise<void> {
    const [first] = lookups as [PendingLookup<Row>];
    try {
      const columns = first.parameters.map((_, column) => lookups.map((lookup) => lookup.parameters[column]));
      const rows = await findMany(db, columns);
      const byPosition = new Map(rows.map((row) => [row.position, row]));
      for (const [index, { resolve }] of lookups.entries()) resolve(byPosition.get(index + 1));
    } catch (error) {
      for (const { reject } of lookups) reject(error);
    }
  }

  return (parameters: readonly unknown[]) =>
    new Promise<Row | undefined>((resolve, reject) => {
      if (waiting.length === 0) setImmediate(sendAll);
      waiting.push({ parameters, resolve, reject });
    });
}

/**
 * Returns the statement that executes a query once for each element of the lists of its parameters. Each list is selected, so
 * that its length is unknown to the planner: otherwise PostgreSQL expects a plan for the length of a short list to be cheaper
 * than one for any, and plans each call again, which takes several times as long as the lookup.
 */
function prepareMany<T extends TypeNames, Row>(types: T, build: Build<T, Row>): FindMany<Row> {
  const names = types.map((_, index) => `p${index}`);
  const references = names.map((name) => sql.ref(`call.${name}`)) as unknown as Parameters<T>;
  const many = prepareQuery((db: Executor, ...columns: unknown[][]) => {
    const lists = columns.map(
      (column, index) => sql`(select ${column}::${sql.raw(types[index] as string)}[])`,
    );
    const query = build(db, ...references) as unknown as RawBuilder<Row>;
    const statement = sql<Row & { position: number }>`select found.*, call.position::int
      from unnest(${sql.join(lists)}) with ordinality as call(${sql.raw(names.join())}, position)
      cross join lateral ${query} as found`;
    return { compile: () => statement.compile(db) };
  });
  return (db, columns) => many(db, ...(columns as unknown[][]));
}

/**
 * Returns a query for at most one row, as `prepareQueryOne` does, for many concurrent callers. On PostgreSQL, the calls of one
 * turn of the event loop are sent together, because the round trip takes longer than the lookup: 64 callers authenticate with
 * a fifth of the CPU time of point reads with Kysely alone.
 *
 * Nothing is cached: the statement is sent after all its calls, so no caller gets an older state. Within a transaction,
 * and on SQLite, which needs no round trip, each call is a statement.
 */
export function prepareLookup<const T extends TypeNames, Row>(
  types: T,
  build: Build<T, Row>,
): Lookup<T, Row> {
  const findOne = prepareQueryOne(
    build as Build<T, Row> & ((db: Executor, ...p: unknown[]) => Compilable<Row>),
  );
  const findMany = prepareMany(types, build);
  const batches = new WeakMap<Executor, ReturnType<typeof createBatch<Row>>>();

  function batchOf(db: Executor): ReturnType<typeof createBatch<Row>> {
    const existing = batches.get(db);
    if (existing) return existing;
    const batch = createBatch(db, findMany);
    batches.set(db, batch);
    return batch;
  }

  return (db, ...parameters) => {
    const isShared = !db.isTransaction && db.getExecutor().adapter instanceof PostgresAdapter;
    return isShared ? batchOf(db)(parameters) : findOne(db, ...parameters);
  };
}
