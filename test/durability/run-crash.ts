import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { type CrashReport, runCrashes } from './crash.ts';
import { canForget, type DiskKind } from './disk.ts';
import { buildServer } from './server-process.ts';

// npm run crash -- --rounds 1000 --seed 1 [--disk kept|forgetful]

const LINE_EVERY = 10;

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '1000' },
    seed: { type: 'string', default: '1' },
    disk: { type: 'string' },
  },
});

/** Both kinds of crash, each for half of the rounds, if none is given. */
const kinds = values.disk ? [values.disk as DiskKind] : (['kept', 'forgetful'] as const);
if (kinds.includes('forgetful') && !canForget()) {
  throw new Error('A disk that forgets takes Linux and a C compiler (gcc): say --disk kept to do without.');
}

function tell(kind: DiskKind, round: number, { acknowledged, compared, violations }: CrashReport): void {
  console.log(
    `${kind}: ${round} crashes, ${acknowledged} acknowledged changes, ${compared} comparisons, ${violations.length} violations`,
  );
}

const folder = mkdtempSync(join(tmpdir(), 'postern-build-'));
process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
// A cancelled run leaves no server behind.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1));
const main = await buildServer(folder);

for (const disk of kinds) {
  const rounds = Math.ceil(Number(values.rounds) / kinds.length);
  const { violations } = await runCrashes({
    main,
    rounds,
    seed: Number(values.seed),
    disk,
    onRound(round, report) {
      if (round % LINE_EVERY === 0 || round === rounds) tell(disk, round, report);
    },
  });
  for (const violation of violations.slice(0, 50)) console.error(violation);
  if (violations.length > 0) process.exitCode = 1;
}
