import { type Compilable, PostgresAdapter, type RawBuilder, sql } from 'kysely';
import type { MaybePromise } from '../../platform/maybe-promise.ts';
import type { Executor } from '../database.ts';
import { POSTGRES_STATE } from '../external-commits.ts';
import { prepareQuery, prepareQueryOne } from './prepared.ts';

/**
 * The most calls of one statement: while the results of one are handled, the database executes the next. Fewer would cost
 * more than that saves, because a statement costs as much as ten calls.
 */
const MOST_CALLS = 32;

/** The most rows that one lookup keeps. The largest, those of tokens, take about half a kilobyte. */
const MOST_KNOWN = 50_000;

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
) => MaybePromise<Row | undefined>;

type Build<T extends TypeNames, Row> = (db: Executor, ...parameters: Parameters<T>) => Compilable<Row>;

/** Sends several calls as one statement. Returns the row of each, if it has one, and the state of the database. */
type FindMany<Row> = (
  db: Executor,
  calls: readonly (readonly unknown[])[],
) => Promise<{ readonly state: string; readonly rows: readonly (Row | undefined)[] }>;

/** A call that waits for the row of its parameters. */
interface PendingLookup<Row> {
  readonly key: string;
  readonly parameters: readonly unknown[];
  resolve(row: Row | undefined): void;
  reject(error: unknown): void;
}

/** Returns a text that differs between any two calls of a lookup. */
function keyOf(parameters: readonly unknown[]): string {
  return parameters.length === 1 ? String(parameters[0]) : JSON.stringify(parameters);
}

/** The rows of calls, by their keys, in one state of the database. */
interface Known<Row> {
  readonly state: string;
  readonly rows: Map<string, Row>;
}

/**
 * Creates a lookup that sends the calls of one turn of the event loop together. Of calls whose rows are known, it only sends the
 * question whether the database is still in the same state.
 */
function createBatch<Row>(db: Executor, findMany: FindMany<Row>) {
  const waiting: PendingLookup<Row>[] = [];
  let known: Known<Row> = { state: '', rows: new Map() };
  /** Whether the last turn found the state of the turn before. While others commit all the time, rows are read without asking. */
  let isStable = false;

  function sendAll(): void {
    while (waiting.length > 0) void send(waiting.splice(0, MOST_CALLS));
  }

  async function send(lookups: readonly PendingLookup<Row>[]): Promise<void> {
    const before = known;
    const [unknown, guessed]: [PendingLookup<Row>[], PendingLookup<Row>[]] = [[], []];
    for (const lookup of lookups) (isStable && before.rows.has(lookup.key) ? guessed : unknown).push(lookup);
    try {
      const state = await read(unknown);
      isStable = state === before.state;
      if (isStable) for (const { key, resolve } of guessed) resolve(before.rows.get(key));
      else if (guessed.length > 0) await read(guessed);
    } catch (error) {
      for (const { reject } of lookups) reject(error);
    }
  }

  /** Reads the rows of calls, possibly of none. Returns the state of the database. */
  async function read(lookups: readonly PendingLookup<Row>[]): Promise<string> {
    const { state, rows } = await findMany(
      db,
      lookups.map(({ parameters }) => parameters),
    );
    // A new map and not an emptied one, because other calls can wait for the confirmation of their rows.
    if (state !== known.state || known.rows.size >= MOST_KNOWN) known = { state, rows: new Map() };
    for (const [index, { key, resolve }] of lookups.entries()) {
      const row = rows[index];
      if (row) known.rows.set(key, row);
      resolve(row);
    }
    return state;
  }

  return (parameters: readonly unknown[]) =>
    new Promise<Row | undefined>((resolve, reject) => {
      if (waiting.length === 0) setImmediate(sendAll);
      waiting.push({ key: keyOf(parameters), parameters, resolve, reject });
    });
}

const stateQuery = prepareQuery((db: Executor) => ({
  compile: () => sql<{ state: string }>`select ${POSTGRES_STATE} as state`.compile(db),
}));

/**
 * Returns the statement that executes a query once for each element of the lists of its parameters. Each list is selected, so
 * that its length is unknown to the planner: otherwise PostgreSQL expects a plan for the length of a short list to be cheaper
 * than one for any, and plans each call again, which takes several times as long as the lookup. The row of the first call has
 * the state, even if the call finds nothing.
 */
function prepareMany<T extends TypeNames, Row>(types: T, build: Build<T, Row>): FindMany<Row> {
  const names = types.map((_, index) => `p${index}`);
  const references = names.map((name) => sql.ref(`call.${name}`)) as unknown as Parameters<T>;
  const many = prepareQuery((db: Executor, ...columns: unknown[][]) => {
    const lists = columns.map(
      (column, index) => sql`(select ${column}::${sql.raw(types[index] as string)}[])`,
    );
    const query = build(db, ...references) as unknown as RawBuilder<Row>;
    const statement = sql<Row & { position: number | null; state: string | null }>`
      select found.*, case when call.number = 1 then ${POSTGRES_STATE} end as state
      from unnest(${sql.join(lists)}) with ordinality as call(${sql.raw(names.join())}, number)
      left join lateral (select one.*, call.number::int as position from ${query} as one) as found on true`;
    return { compile: () => statement.compile(db) };
  });
  return async (db, calls) => {
    if (calls.length === 0) return { state: (await stateQuery(db))[0]?.state as string, rows: [] };
    const columns = types.map((_, column) => calls.map((parameters) => parameters[column]));
    const found = await many(db, ...columns);
    const rows: (Row | undefined)[] = [];
    for (const row of found) if (row.position !== null) rows[row.position - 1] = row;
    return { state: found.find(({ state }) => state !== null)?.state as string, rows };
  };
}

/**
 * Returns a query for at most one row, as `prepareQueryOne` does, for many concurrent callers. On PostgreSQL, the calls of one
 * turn of the event loop are sent together, because the round trip takes longer than the lookup. A row that was read before is
 * used again if a statement that is sent after the call confirms that the database is in the same state: so no caller gets an
 * older one, and a commit by anyone, even of something else, makes the next calls read again. Callers must not change rows.
 *
 * Within a transaction, and on SQLite, which needs no round trip, each call is a statement.
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
