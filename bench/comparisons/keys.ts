import { join } from 'node:path';
import { type Figures, loopContender, takeTurns } from '../contenders.ts';
import { startProgram, stopAll, together } from '../processes.ts';
import { seedKeys } from '../seed-keys.ts';
import type { Comparison, Goal, Setup } from './comparison.ts';

const FEW = 1000;

/** The actions of `loops/keys`. A search without a hit and the order by last use read all keys, and so have no target. */
const ACTIONS = {
  create: 3,
  verify: 3,
  newest: 3,
  'by name': 3,
  'by expiry': 3,
  'by last use': null,
  'of a subject': 3,
  disabled: 3,
  'search without a hit': null,
  summary: 3,
  'create and end a subject': 3,
  'change of policy': 3,
  'what a policy cuts off': 3,
} as const;

const say = (count: number) => count.toLocaleString('en');

async function compareAction(
  action: string,
  urls: { few: string; many: string },
  setup: Setup,
): Promise<readonly [Figures, Figures]> {
  const start = (url: string, keys: number) =>
    startProgram('loops/keys', {
      args: ['--keys', String(keys), '--action', action],
      env: { DATABASE_URL: url },
    });
  const loops = await together({ few: start(urls.few, FEW), many: start(urls.many, setup.manyTokens) });
  const rows = await takeTurns(
    [
      loopContender(`${action}, ${say(FEW)} keys`, loops.few),
      loopContender(`${action}, ${say(setup.manyTokens)} keys`, loops.many),
    ] as const,
    setup,
  );
  await stopAll(loops);
  return rows;
}

/** Measures what the keys of one workspace cost if there are many of them, against a thousand. */
export async function compareKeys(setup: Setup): Promise<Comparison> {
  const urls = {
    few: `file:${join(setup.folder, 'few-keys.db')}`,
    many: `file:${join(setup.folder, 'many-keys.db')}`,
  };
  await seedKeys(urls.few, FEW);
  await seedKeys(urls.many, setup.manyTokens);
  const rows: Figures[] = [];
  const goals: Goal[] = [];
  for (const [action, target] of Object.entries(ACTIONS)) {
    const [few, many] = await compareAction(action, urls, setup);
    rows.push(few, many);
    goals.push({
      what: `${action}, ${say(setup.manyTokens)} keys against ${say(FEW)}`,
      by: 'CPU',
      reached: many.cpu / few.cpu,
      other: few.rate / many.rate,
      target,
      ...(target !== null && { worthPublishing: 1.5 }),
      atMost: true,
    });
  }
  return { title: `The keys of one workspace, ${say(setup.manyTokens)}, in process`, rows, goals, notes: [] };
}
