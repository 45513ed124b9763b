import pg from 'pg';
import { createApp } from '../../../src/app.ts';
import { readConfig } from '../../../src/config.ts';
import { createLogger } from '../../../src/platform/logger.ts';
import type { DatabaseHandle } from '../../../src/storage/database.ts';
import type { Lock } from '../../../src/storage/locks.ts';
import { openPool, openPostgres } from '../../../src/storage/postgres/connection.ts';
import { createPost, passwords } from '../app.ts';
import { openTestSqlite } from '../database.ts';
import { RUN_SETTINGS } from '../run-settings.ts';
import { wrongCounts } from '../token-summary.ts';
import { type Action, CALLS, INTERNAL, type Outcome, type RaceNode } from './actions.ts';
import { DIRECTORY } from './directory.ts';
import { type CallIndex, createMeeting, type MeetingMode } from './meeting.ts';
import { LIMITS, NOW, type Scene } from './scene.ts';
import { createStateReader, outdatedSnapshots } from './state.ts';

/** A name of an action: the mutation and the number of the call, such as `createToken 1`. */
export type ActionName = string;

/** Every action by its name. */
export const ACTIONS: ReadonlyMap<ActionName, Action> = new Map(
  Object.entries({ ...CALLS, ...INTERNAL, ...DIRECTORY }).flatMap(([name, actions]) =>
    actions.map((action, index) => [`${name} ${index}`, action] as const),
  ),
);

/** Every pair of actions. */
export const PAIRS: readonly (readonly [ActionName, ActionName])[] = [...ACTIONS.keys()].flatMap(
  (one, at, all) => all.slice(at).map((other) => [one, other] as const),
);

/** How both calls ended, and what they left. */
interface Result {
  readonly outcomes: readonly Outcome[];
  readonly state: Record<string, string[]>;
}

/** Two nodes on one database, and what they should do. */
export interface Races {
  /**
   * Makes two calls at the same time, each to a node of its own; returns what is wrong with the result. With a mode, the calls
   * meet in their transactions. Otherwise time decides. The calls in `before` are made one after the other before them.
   */
  run(
    pair: readonly [ActionName, ActionName],
    mode?: MeetingMode,
    before?: readonly ActionName[],
  ): Promise<string[]>;
  /** Makes a call while another transaction holds the lock of the workspace; returns whether it waited. */
  waitsForWorkspace(name: ActionName): Promise<boolean>;
  /** Returns how many transactions the database has aborted because of others. */
  aborted(): Promise<number>;
  close(): Promise<void>;
}

/** Returns the kind of lock that transactions lack at this time. */
type MissingLock = () => Lock['on'] | null;

/** The longest wait for a call to end, or to wait for a lock. */
const PATIENCE_MS = 30_000;

/** Errors that no order of calls explains. */
const FAULTS = ['INTERNAL_SERVER_ERROR', 'UNAVAILABLE'];

/** A refusal can have another code if its cause arises during the call. */
const isDone = (outcome: Outcome) => outcome === 'ok';

function insertsOf({ rows }: Scene): string {
  const literal = (value: unknown) =>
    value === null ? 'null' : typeof value === 'number' ? `${value}` : pg.escapeLiteral(String(value));
  const insert = (table: string, rows: readonly Record<string, unknown>[]) => {
    const tuples = rows.map((row) => `(${Object.values(row).map(literal)})`);
    return `insert into ${table} (${Object.keys(rows[0] ?? {})}) values ${tuples}`;
  };
  const filled = rows.filter((table) => table.rows.length > 0);
  return filled.map((table) => insert(table.table, table.rows)).join(';');
}

/** Returns a database whose transactions lack the locks of the kind that is missing when they begin. */
function without(handle: DatabaseHandle, missing: MissingLock): DatabaseHandle {
  return {
    ...handle,
    transact: (locks, work, options) =>
      handle.transact(
        locks.filter(({ on }) => on !== missing()),
        work,
        options,
      ),
  };
}

async function startNode(database: DatabaseHandle, { settings }: Scene): Promise<RaceNode> {
  const app = await createApp(readConfig({ ...RUN_SETTINGS, ...LIMITS, ...settings }), {
    clock: () => NOW,
    logger: createLogger('silent'),
    database,
    passwords,
  });
  // Uses are stored at times of their own, which no order of the calls explains.
  Object.assign(app.services.lastUse, { record: () => {} });
  // Cascades are applied by an action.
  await app.services.cascades.close();
  return { app, database, post: createPost(app) };
}

/** The results of calls in sequence, on SQLite. */
function createModel(scene: Scene) {
  const readState = createStateReader(scene);
  const results = new Map<string, Promise<Result>>();

  async function compute(names: readonly ActionName[], before: readonly ActionName[]): Promise<Result> {
    const node = await startNode(openTestSqlite(scene.bytes), scene);
    try {
      for (const name of before) await (ACTIONS.get(name) as Action)(node, scene);
      const outcomes: Outcome[] = [];
      for (const name of names) outcomes.push(await (ACTIONS.get(name) as Action)(node, scene));
      return { outcomes, state: await readState(node.database) };
    } finally {
      await node.app.close();
    }
  }

  return (names: readonly ActionName[], before: readonly ActionName[]): Promise<Result> => {
    const key = [...before, '', ...names].join();
    const result = results.get(key) ?? compute(names, before);
    results.set(key, result);
    return result;
  };
}

function differences(result: Result, expected: Result): string[] {
  const tables = Object.keys(expected.state).flatMap((table) => {
    const [is, should] = [result.state[table] ?? [], expected.state[table] ?? []];
    const extra = is.filter((row) => !should.includes(row));
    const missing = should.filter((row) => !is.includes(row));
    return [...extra.map((row) => `+ ${table} ${row}`), ...missing.map((row) => `- ${table} ${row}`)];
  });
  const isSame = result.outcomes.every(
    (outcome, at) => isDone(outcome) === isDone(expected.outcomes[at] ?? ''),
  );
  const outcomes = isSame ? [] : [`${result.outcomes} instead of ${expected.outcomes}`];
  const counts = Object.keys(expected.state).filter(
    (table) => result.state[table]?.length !== expected.state[table]?.length && tables.length === 0,
  );
  return [...outcomes, ...tables, ...counts.map((table) => `another number of ${table}`)];
}

/** The test server does not vacuum by itself. */
const RESETS_PER_VACUUM = 50;

/**
 * Starts two nodes on the database of a URL, which must be migrated and empty. Two concurrent calls must end as the same calls in one of
 * the two orders end on SQLite, which runs them one after the other. With `missing`, the transactions lack a kind of lock.
 */
export async function startRaces(
  url: string,
  scene: Scene,
  missing: MissingLock = () => null,
): Promise<Races> {
  const readState = createStateReader(scene);
  const inSequence = createModel(scene);
  const inserts = insertsOf(scene);
  const admin = new pg.Client({ connectionString: url });
  await admin.connect();
  const tables = (await admin.query("select tablename from pg_tables where schemaname = 'public'")).rows
    .map(({ tablename }) => tablename as string)
    .filter((name) => !name.startsWith('kysely'));
  // On a busy machine, a call can wait for the other one longer than a server allows.
  const open = () => openPostgres(url, openPool(url, PATIENCE_MS));
  const handles = await Promise.all([open(), open()]);

  let resets = 0;
  async function reset(): Promise<void> {
    // The rows that a reset deletes stay in the files, and the next one would read them again.
    if (++resets % RESETS_PER_VACUUM === 0) await admin.query('vacuum');
    // Waits for transactions that nodes have still running, such as that of the stored snapshots.
    await admin.query(`begin; select pg_advisory_xact_lock(hashtextextended('everything', 0));
      ${tables.map((table) => `delete from ${table}`).join(';')}; ${inserts}; commit`);
  }

  await reset();
  const meeting = createMeeting(isWaiting);
  const nodes = await Promise.all(
    handles.map((handle, at) =>
      startNode(meeting.databaseOf(at as CallIndex, without(handle, missing)), scene),
    ),
  );

  async function look(): Promise<boolean> {
    const { rowCount } = await admin.query(
      `select pg_stat_clear_snapshot() from pg_stat_activity
        where datname = current_database() and wait_event_type = 'Lock'`,
    );
    return rowCount !== 0;
  }

  let looking: Promise<boolean> | null = null;
  /** Returns whether a transaction waits for a lock. */
  function isWaiting(): Promise<boolean> {
    looking ??= look().finally(() => {
      looking = null;
    });
    return looking;
  }

  /** Returns what is wrong with how two concurrent calls ended. */
  async function faultsOf(
    [one, other]: readonly [ActionName, ActionName],
    before: readonly ActionName[],
    ends: readonly PromiseSettledResult<Outcome>[],
  ): Promise<string[]> {
    const outcomes = ends.map((end) =>
      end.status === 'fulfilled' ? end.value : `INTERNAL_SERVER_ERROR ${end.reason}`,
    );
    const result = { outcomes, state: await readState(handles[0] as DatabaseHandle) };
    const faults = outcomes.filter((outcome) => FAULTS.some((fault) => outcome.startsWith(fault)));
    const outdated = await outdatedSnapshots(handles[0] as DatabaseHandle);
    const counts = await wrongCounts((handles[0] as DatabaseHandle).db);
    const wrong = [
      ...faults,
      ...outdated.map((digest) => `outdated snapshot ${digest}`),
      ...counts.map((row) => `wrong count ${JSON.stringify(row)}`),
    ];
    if (wrong.length > 0) return wrong;
    const first = differences(result, await inSequence([one, other], before));
    if (first.length === 0) return [];
    const reversed = await inSequence([other, one], before);
    const inOrder = { ...reversed, outcomes: [...reversed.outcomes].reverse() };
    const second = differences(result, inOrder);
    return second.length === 0 ? [] : ['neither', ...first, 'nor', ...second];
  }

  return {
    async run(names, mode, before = []) {
      await reset();
      for (const name of before) await (ACTIONS.get(name) as Action)(nodes[0] as RaceNode, scene);
      const calls = names.map(
        (name, at) => () => (ACTIONS.get(name) as Action)(nodes[at] as RaceNode, scene),
      );
      return faultsOf(
        names,
        before,
        await (mode === undefined
          ? Promise.allSettled(calls.map((call) => call()))
          : meeting.run(mode, calls)),
      );
    },
    async waitsForWorkspace(name) {
      await reset();
      await admin.query('begin');
      await admin.query('select pg_advisory_xact_lock(hashtextextended($1, 0))', [scene.workspaceKey]);
      let isDone = false;
      const call = (ACTIONS.get(name) as Action)(nodes[0] as RaceNode, scene).finally(() => {
        isDone = true;
      });
      let hasWaited = false;
      const deadline = performance.now() + PATIENCE_MS;
      while (!isDone && !hasWaited) {
        if (performance.now() > deadline) throw new Error(`${name} neither ends nor waits`);
        hasWaited = await isWaiting();
      }
      await admin.query('commit');
      await call;
      return hasWaited;
    },
    aborted: async () => {
      const stats = await Promise.all(handles.map((handle) => handle.measure()));
      return stats.reduce((sum, { aborted }) => sum + aborted, 0);
    },
    async close() {
      for (const node of nodes) await node.app.close();
      await admin.end();
    },
  };
}
