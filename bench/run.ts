import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { Compare, Comparison, Setup } from './comparisons/comparison.ts';
import { compareCreateToken } from './comparisons/create-token.ts';
import { compareGrowth, seedMany } from './comparisons/growth.ts';
import { compareHolders } from './comparisons/holders.ts';
import { compareHttp } from './comparisons/http.ts';
import { compareInProcess } from './comparisons/in-process.ts';
import { compareKeys, compareKeysOnPostgres } from './comparisons/keys.ts';
import { compareMemory } from './comparisons/memory.ts';
import { comparePostgres } from './comparisons/postgres.ts';
import { compareVerifications } from './comparisons/verifications.ts';
import { isInMemory, listenForNoise, type Noise, processor } from './machine.ts';
import { isPinned } from './processes.ts';
import { installedVersions, type Report, toMarkdown } from './report.ts';
import { seedSqlite } from './seed.ts';

// npm run bench [-- --quick] [--large [--minutes 10]] [--postgres] [--only http,in-process] [--out name]

const { values: options } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    large: { type: 'boolean', default: false },
    minutes: { type: 'string', default: '10' },
    postgres: { type: 'boolean', default: false },
    only: { type: 'string' },
    out: { type: 'string' },
  },
});

const SIZE = options.quick
  ? { tokens: 20_000, manyTokens: 100_000, rounds: 3, milliseconds: 150 }
  : { tokens: 100_000, manyTokens: 1_000_000, rounds: 5, milliseconds: 2000 };

const USUAL: Readonly<Record<string, Compare>> = {
  http: compareHttp,
  'in-process': compareInProcess,
  'create-token': compareCreateToken,
  verifications: compareVerifications,
  holders: compareHolders,
};

/** The comparisons, in order. */
async function chosen(setup: Setup): Promise<Compare[]> {
  const only = options.only?.split(',');
  const usual = Object.entries(USUAL)
    .filter(([name]) => !only || only.includes(name))
    .map(([, compare]) => compare);
  const postgres = options.postgres ? [comparePostgres] : [];
  if (!options.large) return [...usual, ...postgres];
  const keys = options.postgres ? [compareKeys, compareKeysOnPostgres] : [compareKeys];
  if (only?.includes('keys')) return [...usual, ...keys];
  const url = await seedMany(setup);
  return [...usual, compareGrowth(url), ...keys, ...postgres, compareMemory(url, Number(options.minutes))];
}

function reservations(folder: string): string[] {
  return [
    ...(options.quick ? ['A quick run: too short, and with too few tokens, to be published.'] : []),
    ...(isInMemory(folder) ? [`${folder} is in memory: nothing was durable. Set TMPDIR to a disk.`] : []),
  ];
}

function reportOf(comparisons: readonly Comparison[], noise: Noise, folder: string): Report {
  return {
    date: new Date().toISOString().slice(0, 10),
    node: process.version,
    processor: processor(),
    versions: installedVersions(),
    isPinned,
    ...SIZE,
    noise,
    comparisons,
    reservations: reservations(folder),
  };
}

/** Saves the report if `--out` asks for it; returns its text. */
function save(report: Report): string {
  const markdown = toMarkdown(report);
  if (options.out) {
    writeFileSync(`${options.out}.md`, markdown);
    writeFileSync(`${options.out}.json`, JSON.stringify(report, null, 2));
  }
  return markdown;
}

/** Saves what is measured after each comparison, so that a later failure loses nothing; returns the whole report. */
async function run(folder: string): Promise<string> {
  const heard = listenForNoise();
  const setup: Setup = { ...SIZE, folder, seeded: join(folder, 'seeded.db') };
  await seedSqlite(`file:${setup.seeded}`, setup);
  const comparisons: Comparison[] = [];
  let markdown = '';
  for (const compare of await chosen(setup)) {
    comparisons.push(await compare(setup));
    markdown = save(reportOf(comparisons, heard(), folder));
    console.error(`… ${comparisons.at(-1)?.title}: done after ${Math.round(performance.now() / 1000)} s`);
  }
  return markdown;
}

const folder = mkdtempSync(join(tmpdir(), 'postern-bench-'));
try {
  console.log(await run(folder));
} finally {
  rmSync(folder, { recursive: true, force: true });
}
