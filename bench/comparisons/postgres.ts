import { loopContender, serverContender, startLoad, takeTurns } from '../contenders.ts';
import { startProgram, stopAll, together } from '../processes.ts';
import { rootsAmong, seedPostgres, TOKENS_IN_USE } from '../seed.ts';
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
  const [callers, connections] = [String(CALLERS), String(CONNECTIONS)];
  const roots = rootsAmong(tokens);
  const lookUp = (how: string, keys: number) =>
    startProgram('loops/postgres-lookup', { args: [url, String(keys), callers, connections, how] });
  const verify = (walked: number) =>
    startProgram('loops/postern', {
      args: ['--among', String(roots), '--walked', String(walked), '--callers', callers],
      env: { DATABASE_URL: url },
    });
  return together({
    kysely: lookUp('kysely', TOKENS_IN_USE),
    named: lookUp('named', TOKENS_IN_USE),
    verify: verify(TOKENS_IN_USE),
    kyselyAll: lookUp('kysely', tokens),
    verifyAll: verify(roots),
    inserts: startProgram('loops/postgres-inserts', { args: [url, callers, connections] }),
    server: startPostern(url),
    load: startLoad(),
  });
}

async function compareOn(url: string, setup: Setup): Promise<Comparison> {
  await seedPostgres(url, { tokens: setup.tokens });
  await addPlainTables(url, setup.tokens);
  const programs = await startContenders(url, setup.tokens);
  const { kysely, named, verify, kyselyAll, verifyAll, inserts, server, load } = programs;
  const rows = await takeTurns(
    [
      loopContender('stock Kysely, lookup, 2,000 keys in use', kysely),
      loopContender('pg, named statement, lookup, 2,000 keys in use', named),
      loopContender('Postern, authenticate and decide, 2,000 tokens in use', verify),
      loopContender('stock Kysely, lookup, all keys in random order', kyselyAll),
      loopContender('Postern, authenticate and decide, all tokens in random order', verifyAll),
      loopContender('pg, named statement, one INSERT per commit', inserts),
      serverContender('Postern, createToken over HTTP', server, load, {
        connections: CALLERS,
        requests: creations(),
      }),
    ] as const,
    setup,
  );
  await stopAll(programs);
  const [stock, statements, verifying, stockAll, verifyingAll, commits, creating] = rows;
  return {
    title: 'PostgreSQL, 64 callers through a pool of 10',
    rows,
    goals: [
      byRate('verify against stock Kysely lookups', verifying, stock, { target: 6, worthPublishing: 10 }),
      byRate('verify against named statements', verifying, statements, NO_TARGET),
      byRate('verify, all tokens, against stock Kysely lookups', verifyingAll, stockAll, NO_TARGET),
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
