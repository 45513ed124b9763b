import { join } from 'node:path';
import { loopContender, serverContender, startLoad, takeTurns } from '../contenders.ts';
import { startProgram, stopAll, together } from '../processes.ts';
import { createToken } from '../requests.ts';
import { NEWCOMERS, sessionOf } from '../seed.ts';
import { byRate, type Comparison, copySeeded, type Setup } from './comparison.ts';
import { startPostern } from './http.ts';

const CALLERS = 32;

/** Requests that create a token each, spread over enough users that none reaches the limit. */
export function creations(): string[] {
  return Array.from({ length: NEWCOMERS }, (_, n) => createToken(sessionOf(n), `bench ${n}`));
}

/** Compares createToken over HTTP, which responds after the row is on the disk, with single rows stored as durably. */
export async function compareCreateToken(setup: Setup): Promise<Comparison> {
  const programs = await together({
    server: startPostern(copySeeded(setup, 'create.db')),
    load: startLoad(),
    raw: startProgram('loops/raw-inserts', {
      args: [join(setup.folder, 'raw-inserts.db'), String(setup.tokens)],
    }),
  });
  const { server, load, raw } = programs;
  const rows = await takeTurns(
    [
      loopContender('better-sqlite3, one durable INSERT after the other', raw),
      serverContender('Postern, createToken, 32 callers', server, load, {
        connections: CALLERS,
        requests: creations(),
      }),
    ] as const,
    setup,
  );
  await stopAll(programs);
  const [inserts, creating] = rows;
  const target = { target: 1.5, worthPublishing: 3 };
  return {
    title: 'Durable writes',
    rows,
    goals: [byRate('createToken over HTTP against raw durable inserts', creating, inserts, target)],
    notes: [],
  };
}
