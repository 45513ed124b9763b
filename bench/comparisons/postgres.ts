import { loopContender, serverContender, startLoad, takeTurns } from '../contenders.ts';
import { startProgram, stopAll, together } from '../processes.ts';
import { rootsAmong, seedPostgres } from '../seed.ts';
import { byRate, type Comparison, NO_TARGET, type Setup } from './comparison.ts';
import { creations } from './create-token.ts';
import { startPostern } from './http.ts';
import { createDatabases } from './postgres-database.ts';

const CALLERS = 64;
/** The maximum number of Postern's own connections. */
const CONNECTIONS = 10;

/** The tables to compare with: the same number of keys in a table, and an empty table to insert into. */
async function addPlainTables(url: string, keys: number): Promise<void> {
  const { runOn } = await import('../../test/support/postgres-server.ts');
  await runOn(
    url,
    `create table keys (id bigint primary key, hash text not null unique, owner text not null,
      permissions integer not null, expires_at bigint, revoked_at bigint)`,
    `insert into keys select n, encode(sha256(convert_to('key ' || n, 'UTF8')), 'hex'), 'user' || n % 1000, 6, 1e13, null
      from generate_series(0, ${keys - 1}) n`,
    `create table stored (id bigint generated always as identity primary key, hash text not null unique,
      owner text not null, name text not null, permissions integer not null, created_at bigint not null, expires_at bigint)`,
    'create index stored_by_owner on stored (owner)',
    'vacuum analyze',
  );
}

function startContenders(url: string, tokens: number) {
  const [keys, callers, connections] = [tokens, CALLERS, CONNECTIONS].map(String) as [string, string, string];
  const roots = String(rootsAmong(tokens));
  const lookUp = (how: string) =>
    startProgram('loops/postgres-lookup', { args: [url, keys, callers, connections, how] });
  return together({
    kysely: lookUp('kysely'),
    named: lookUp('named'),
    verify: startProgram('loops/postern', {
      args: ['--among', roots, '--walked', roots, '--callers', callers],
      env: { DATABASE_URL: url },
    }),
    inserts: startProgram('loops/postgres-inserts', { args: [url, callers, connections] }),
    server: startPostern(url),
    load: startLoad(),
  });
}

async function compareOn(url: string, setup: Setup): Promise<Comparison> {
  await seedPostgres(url, { tokens: setup.tokens });
  await addPlainTables(url, setup.tokens);
  const programs = await startContenders(url, setup.tokens);
  const { kysely, named, verify, inserts, server, load } = programs;
  const rows = await takeTurns(
    [
      loopContender('stock Kysely, lookup', kysely),
      loopContender('pg, named statement, lookup', named),
      loopContender('Postern, authenticate and decide', verify),
      loopContender('pg, named statement, one INSERT per commit', inserts),
      serverContender('Postern, createToken over HTTP', server, load, {
        connections: CALLERS,
        requests: creations(),
      }),
    ] as const,
    setup,
  );
  await stopAll(programs);
  const [stock, statements, verifying, commits, creating] = rows;
  return {
    title: 'PostgreSQL, 64 callers through a pool of 10',
    rows,
    goals: [
      byRate('verify against stock Kysely lookups', verifying, stock, { target: 6, worthPublishing: 10 }),
      byRate('verify against named statements', verifying, statements, NO_TARGET),
      byRate('createToken over HTTP against single commits', creating, commits, {
        target: 0.1,
        worthPublishing: 0.22,
      }),
    ],
    notes: ['The CPU time is that of the client process; the database uses its own.'],
  };
}

/** Compares verification and creation with PostgreSQL's own point reads and commits. */
export async function comparePostgres(setup: Setup): Promise<Comparison> {
  const { urls, remove } = await createDatabases(['tokens']);
  try {
    return await compareOn(urls[0] as string, setup);
  } finally {
    await remove();
  }
}
