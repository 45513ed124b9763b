import { join } from 'node:path';
import { seedBetterAuth } from '../better-auth.ts';
import { loopContender, takeTurns } from '../contenders.ts';
import { startProgram, stopAll, together } from '../processes.ts';
import { rootsAmong, TOKENS_IN_USE } from '../seed.ts';
import { byCpu, type Comparison, type Setup } from './comparison.ts';

async function startLoops({ folder, tokens, seeded }: Setup) {
  const count = String(tokens);
  const roots = String(rootsAmong(tokens));
  const env = { DATABASE_URL: `file:${seeded}` };
  const keys = { off: join(folder, 'keys-free.db'), on: join(folder, 'keys-limited.db') };
  await seedBetterAuth(keys.off, tokens, false);
  await seedBetterAuth(keys.on, tokens, true);
  const startPostern = (walked: number, ...flags: string[]) =>
    startProgram('loops/postern', { args: ['--among', roots, '--walked', String(walked), ...flags], env });
  // The first one stores the id of the installation.
  const postern = await startPostern(Number(roots), '--uncached');
  const others = await together({
    raw: startProgram('loops/raw-lookup', { args: [join(folder, 'raw-lookup.db'), count] }),
    cached: startPostern(TOKENS_IN_USE),
    betterAuth: startProgram('loops/better-auth', { args: [keys.off, count] }),
    limited: startProgram('loops/better-auth', { args: [keys.on, count, '--rate-limit'] }),
  });
  return { postern, ...others };
}

/** Measures verification in process, against a minimal lookup and against better-auth. */
export async function compareInProcess(setup: Setup): Promise<Comparison> {
  const loops = await startLoops(setup);
  const rows = await takeTurns(
    [
      loopContender('better-sqlite3, SHA-256 and prepared SELECT', loops.raw),
      loopContender('Postern, authenticate and decide, nothing cached', loops.postern),
      loopContender('Postern, authenticate and decide, 2,000 tokens in use', loops.cached),
      loopContender('better-auth, verifyApiKey, no rate limit', loops.betterAuth),
      loopContender('better-auth, verifyApiKey, rate limit', loops.limited),
    ] as const,
    setup,
  );
  await stopAll(loops);
  const [raw, postern, , betterAuth] = rows;
  return {
    title: 'In process',
    rows,
    goals: [
      byCpu('uncached, against SHA-256 and prepared SELECT', postern, raw, {
        target: 0.63,
        worthPublishing: 0.75,
      }),
      byCpu('uncached, against better-auth', postern, betterAuth, { target: 80, worthPublishing: 120 }),
    ],
    notes: [],
  };
}
