import { join } from 'node:path';
import { type Figures, loopContender, takeTurns } from '../contenders.ts';
import { startProgram, stopAll, together } from '../processes.ts';
import { seedKeys } from '../seed-keys.ts';
import type { Comparison, Goal, Setup, Target } from './comparison.ts';
import { createDatabases } from './postgres-database.ts';

const FEW = 1000;

/** The actions of `loops/keys`. */
const ACTIONS = [
  'create',
  'verify',
  'newest',
  'by name',
  'by expiry',
  'by last use',
  'of a subject',
  'disabled',
  'search without a hit',
  'summary',
  'create and end a subject',
  'change of policy',
  'what a policy cuts off',
] as const;

/** How often the time with few keys the same can take with many. */
const TARGET: Target = { target: 3, worthPublishing: 1.5, atMost: true };

const say = (count: number) => count.toLocaleString('en');

type Urls = { readonly few: string; readonly many: string };

async function compareAction(action: string, urls: Urls, setup: Setup): Promise<readonly [Figures, Figures]> {
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

/** Compares all actions by `by`: the database of PostgreSQL works in other processes, so only the rate includes it. */
async function compareOn(urls: Urls, setup: Setup, by: 'CPU' | 'rate') {
  await seedKeys(urls.few, FEW);
  await seedKeys(urls.many, setup.manyTokens);
  const rows: Figures[] = [];
  const goals: Goal[] = [];
  for (const action of ACTIONS) {
    const [few, many] = await compareAction(action, urls, setup);
    const [cpu, rate] = [many.cpu / few.cpu, few.rate / many.rate];
    rows.push(few, many);
    goals.push({
      what: `${action}, ${say(setup.manyTokens)} keys against ${say(FEW)}`,
      by,
      ...(by === 'CPU' ? { reached: cpu, other: rate } : { reached: rate, other: cpu }),
      ...TARGET,
    });
  }
  return { rows, goals, notes: [] };
}

/** Measures what the keys of one workspace cost if there are many of them, against a thousand. */
export async function compareKeys(setup: Setup): Promise<Comparison> {
  const [few, many] = ['few-keys.db', 'many-keys.db'].map((name) => `file:${join(setup.folder, name)}`);
  const result = await compareOn({ few, many } as Urls, setup, 'CPU');
  return { title: `The keys of one workspace, ${say(setup.manyTokens)}, in process`, ...result };
}

/** The same on PostgreSQL, by one caller. */
export async function compareKeysOnPostgres(setup: Setup): Promise<Comparison> {
  const { urls, remove } = await createDatabases(['few', 'many']);
  const [few, many] = urls;
  try {
    const result = await compareOn({ few, many } as Urls, setup, 'rate');
    return { title: `The keys of one workspace, ${say(setup.manyTokens)}, on PostgreSQL`, ...result };
  } finally {
    await remove();
  }
}
