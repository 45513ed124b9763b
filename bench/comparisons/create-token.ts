import { join } from 'node:path';
import { loopContender, serverContender, startLoad, takeTurns } from '../contenders.ts';
import { startProgram, stopAll, together } from '../processes.ts';
import { createToken } from '../requests.ts';
import { NEWCOMERS, sessionOf } from '../seed.ts';
import { byRate, type Comparison, copySeeded, NO_TARGET, type Setup } from './comparison.ts';
import { startPostern } from './http.ts';

const CALLERS = 32;

/** Requests that create a token each, spread over enough users that none reaches the limit. */
export function creations(): string[] {
  return Array.from({ length: NEWCOMERS }, (_, n) => createToken(sessionOf(n), `bench ${n}`));
}

/** Compares createToken over HTTP, which responds after the row is on the disk, with single rows stored as durably. */
export async function compareCreateToken(setup: Setup): Promise<Comparison> {
  const startSameRows = (name: string, tokens: number) =>
    startProgram('loops/same-rows', {
      args: [copySeeded(setup, name).slice('file:'.length), String(tokens)],
    });
  const programs = await together({
    server: startPostern(copySeeded(setup, 'create.db')),
    load: startLoad(),
    single: startSameRows('single.db', 1),
    shared: startSameRows('shared.db', CALLERS),
    raw: startProgram('loops/raw-inserts', {
      args: [join(setup.folder, 'raw-inserts.db'), String(setup.tokens)],
    }),
  });
  const { server, load, raw, single, shared } = programs;
  const rows = await takeTurns(
    [
      loopContender('better-sqlite3, one durable INSERT at a time', raw),
      loopContender('better-sqlite3, the rows of createToken, one durable commit each', single),
      loopContender(`better-sqlite3, the rows of createToken, ${CALLERS} to a durable commit`, shared),
      serverContender('Postern, createToken, 32 callers', server, load, {
        connections: CALLERS,
        requests: creations(),
      }),
    ] as const,
    setup,
  );
  await stopAll(programs);
  const [inserts, singles, commits, creating] = rows;
  return {
    title: 'Durable writes',
    rows,
    goals: [
      byRate('createToken over HTTP against the same rows, one commit each', creating, singles, {
        target: 1.7,
        worthPublishing: 2,
      }),
      byRate(
        `createToken over HTTP against the same rows, ${CALLERS} to a commit`,
        creating,
        commits,
        NO_TARGET,
      ),
      byRate('createToken over HTTP against raw durable inserts', creating, inserts, NO_TARGET),
    ],
    notes: [],
  };
}
