import { join } from 'node:path';
import { loopContender, takeTurns } from '../contenders.ts';
import { startProgram, stopAll } from '../processes.ts';
import { seedKeys } from '../seed-keys.ts';
import { byCpu, type Comparison, NO_TARGET, type Setup } from './comparison.ts';

const KEYS = 100;
const KINDS = ['plain', 'own operation', 'pattern', 'networks', 'requests a minute', 'uses'] as const;

/** Measures what own operations, patterns and limits add to a verification. */
export async function compareVerifications(setup: Setup): Promise<Comparison> {
  const programs: Record<string, Awaited<ReturnType<typeof startProgram>>> = {};
  for (const [index, kind] of KINDS.entries()) {
    const url = `file:${join(setup.folder, `verifications-${index}.db`)}`;
    await seedKeys(url, KEYS);
    const args = ['--keys', String(KEYS), '--kind', kind];
    programs[kind] = await startProgram('loops/verifications', { args, env: { DATABASE_URL: url } });
  }
  const contenders = KINDS.map((kind) => loopContender(`/verify, ${kind}`, programs[kind] as never));
  const rows = await takeTurns(contenders, setup);
  await stopAll(programs);
  const [plain, ...others] = rows;
  return {
    title: 'What a verification of a key costs in process',
    rows,
    goals: others.map((row) => byCpu(`${row.name} against plain`, row, plain as typeof row, NO_TARGET)),
    notes: [
      'A use is a durable write for each request, which the callers of one turn share. Here they come one by one.',
    ],
  };
}
