import { join } from 'node:path';
import { type Figures, loopContender, takeTurns } from '../contenders.ts';
import { QUESTIONS, type Question } from '../holder-questions.ts';
import { startProgram, stopAll, together } from '../processes.ts';
import { seedHolders } from '../seed-holders.ts';
import type { Comparison, Goal, Setup } from './comparison.ts';

/** Many tokens match each filter, so all are read in chunks, between which other requests have turns. */
const READS_ALL: Question = 'two filters without a common token';
const SHORT_MS = 300;

/** Measures whether calls of a user take longer with a thousand times as many tokens or a hundred times as many workspaces. */
export async function compareHolders(setup: Setup): Promise<Comparison> {
  const url = `file:${join(setup.folder, 'holders.db')}`;
  const { tokens } = setup;
  await seedHolders(url, {
    few: { tokens: 100, auditEvents: tokens / 10, workspaces: 10 },
    many: { tokens, auditEvents: tokens * 10, workspaces: 1000 },
  });
  const rows: Figures[] = [];
  const goals: Goal[] = [];
  for (const question of QUESTIONS) {
    const asking = (name: string) =>
      startProgram('loops/holders', { args: [name, question], env: { DATABASE_URL: url } });
    const loops = await together({ few: asking('few'), many: asking('many') });
    const [few, many] = await takeTurns(
      [loopContender(`${question}, few`, loops.few), loopContender(`${question}, many`, loops.many)] as const,
      { ...setup, milliseconds: Math.min(setup.milliseconds, SHORT_MS) },
    );
    await stopAll(loops);
    rows.push(few, many);
    const isBounded = question !== READS_ALL;
    goals.push({
      what: `${question}: many against few`,
      by: 'CPU',
      reached: many.cpu / few.cpu,
      other: few.rate / many.rate,
      target: isBounded ? 3 : null,
      ...(isBounded && { worthPublishing: 1.5 }),
      atMost: true,
    });
  }
  return {
    title: `${tokens.toLocaleString('en')} tokens of one user against 100, in process`,
    rows,
    goals,
    notes: [],
  };
}
