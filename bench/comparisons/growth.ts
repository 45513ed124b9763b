import { join } from 'node:path';
import { loopContender, takeTurns } from '../contenders.ts';
import { startProgram, stopAll, together } from '../processes.ts';
import { seedSqlite } from '../seed.ts';
import { byCpu, type Comparison, type Setup } from './comparison.ts';

const FEW = 1000;
/** The number of tokens that are verified before the first comes again. */
const WALKED = 200_000;

/** A file with many tokens, half of them of one user; its URL. */
export async function seedMany({ folder, manyTokens }: Setup): Promise<string> {
  const url = `file:${join(folder, 'many.db')}`;
  await seedSqlite(url, { tokens: manyTokens, lopsided: true });
  return url;
}

const say = (count: number) => count.toLocaleString('en');

/** Measures the cost of a thousand times as many tokens, for a verification and for the last page of a long list. */
export function compareGrowth(url: string): (setup: Setup) => Promise<Comparison> {
  return async (setup) => {
    const { manyTokens } = setup;
    const thousand = `file:${join(setup.folder, 'thousand.db')}`;
    await seedSqlite(thousand, { tokens: FEW });
    const verifying = (database: string, tokens: number, walked: number) =>
      startProgram('loops/postern', {
        args: ['--among', String(tokens), '--walked', String(walked), '--uncached'],
        env: { DATABASE_URL: database },
      });
    const loops = await together({
      few: verifying(thousand, FEW, FEW),
      many: verifying(url, manyTokens, Math.min(WALKED, manyTokens)),
      first: startProgram('loops/pages', { env: { DATABASE_URL: url } }),
      deepest: startProgram('loops/pages', { args: ['--deepest'], env: { DATABASE_URL: url } }),
    });
    const rows = await takeTurns(
      [
        loopContender(`Postern, verify, ${say(FEW)} tokens`, loops.few),
        loopContender(`Postern, verify, ${say(manyTokens)} tokens`, loops.many),
        loopContender(`Postern, first page of ${say(manyTokens / 2)} of ${say(manyTokens)}`, loops.first),
        loopContender(`Postern, deepest page of ${say(manyTokens / 2)} of ${say(manyTokens)}`, loops.deepest),
      ] as const,
      setup,
    );
    await stopAll(loops);
    const [few, many, first, deepest] = rows;
    return {
      title: `${say(manyTokens)} tokens, in process`,
      rows,
      goals: [
        byCpu(`verify at ${say(manyTokens)} tokens against ${say(FEW)}`, many, few, {
          target: 0.55,
          worthPublishing: 0.65,
        }),
        {
          what: 'time of the deepest page against the first',
          by: 'CPU',
          reached: deepest.cpu / first.cpu,
          other: first.rate / deepest.rate,
          target: 1.25,
          worthPublishing: 1.1,
          atMost: true,
        },
      ],
      notes: [],
    };
  };
}
