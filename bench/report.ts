import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Comparison, Goal } from './comparisons/comparison.ts';
import type { Figures } from './contenders.ts';
import type { Noise } from './machine.ts';

/** Above this value, other load affects the figures. */
const NOISY = 0.1;
/** If the load is busier than this, it limits the rate, and not the server. */
const LOAD_IS_FULL = 0.9;
const PACKAGES = [
  'better-sqlite3',
  'kysely',
  'graphql',
  'graphql-yoga',
  'better-auth',
  '@better-auth/api-key',
  'pg',
];

/** The results of a run, as they are written to the JSON file. */
export interface Report {
  readonly date: string;
  readonly node: string;
  readonly processor: string;
  readonly versions: Readonly<Record<string, string>>;
  readonly isPinned: boolean;
  readonly tokens: number;
  readonly rounds: number;
  readonly milliseconds: number;
  readonly noise: Noise;
  readonly comparisons: readonly Comparison[];
  /** The reasons not to rely on the figures. */
  readonly reservations: readonly string[];
}

/** Whether a figure reaches a bound. */
function reaches({ reached, atMost }: Goal, bound: number): boolean {
  return atMost ? reached <= bound : reached >= bound;
}

function verdict(goal: Goal): string {
  if (goal.target === null) return '';
  if (!reaches(goal, goal.target)) return '**missed**';
  return goal.worthPublishing !== undefined && reaches(goal, goal.worthPublishing)
    ? 'worth publishing'
    : 'reached';
}

/** A number with its significant digits. */
function show(value: number): string {
  return value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(2);
}

function bound(value: number | null | undefined, { atMost }: Goal): string {
  return value == null ? '' : `${atMost ? '≤' : '≥'} ${value}`;
}

const MEASURES = { CPU: 'CPU time', rate: 'rate', p99: 'p99', memory: 'memory', MB: 'MB' } as const;

function goalLine(goal: Goal): string {
  const { what, by, reached, other, target, worthPublishing } = goal;
  const besides = other === undefined ? '' : `${by === 'CPU' ? 'rate' : 'CPU time'} ${show(other)}`;
  const bounds = [bound(target, goal), bound(worthPublishing, goal)];
  return `| ${[what, `**${show(reached)}**`, MEASURES[by], besides, ...bounds, verdict(goal)].join(' | ')} |`;
}

function figureLine({ name, cpu, rate, p50, p99, load }: Figures): string {
  const full = load !== null && load.share > LOAD_IS_FULL ? ' ¹' : '';
  const cells = [
    name,
    show(cpu),
    `${Math.round(rate).toLocaleString('en')}${full}`,
    p50 && show(p50),
    p99 && show(p99),
  ];
  return `| ${cells.map((cell) => cell ?? '').join(' | ')} |`;
}

function section({ title, rows, notes }: Comparison): string {
  return [
    `### ${title}`,
    '',
    '| | µs of CPU | per second | p50 ms | p99 ms |',
    '| --- | --: | --: | --: | --: |',
    ...rows.map(figureLine),
    ...notes.flatMap((note) => ['', note]),
    '',
  ].join('\n');
}

/** The cost of the load itself, and whether it was ever the slower side. */
function aboutLoad(comparisons: readonly Comparison[]): string[] {
  const loads = comparisons.flatMap(({ rows }) => rows.flatMap(({ load }) => (load ? [load] : [])));
  if (loads.length === 0) return [];
  const least = Math.min(...loads.map(({ cpu }) => cpu));
  const full = loads.some(({ share }) => share > LOAD_IS_FULL);
  return [
    `The load used ${show(least)} µs of its own core per request with the fastest server, so it can send at least ${Math.round(1e6 / least).toLocaleString('en')} requests per second.`,
    ...(full ? ['¹ The load used its whole core, so the server could have answered more requests.'] : []),
  ];
}

function aboutNoise({ loadBefore, othersShare }: Noise): string {
  const others =
    othersShare === null
      ? 'How much other processes used is unknown.'
      : `Other processes used ${(othersShare * 100).toFixed(1)} % of all cores.`;
  const noisy = othersShare !== null && othersShare > NOISY ? ' That is too much for reliable figures.' : '';
  return `Load average before the run: ${loadBefore.toFixed(2)}. ${others}${noisy}`;
}

/** The installed versions of what is compared. */
export function installedVersions(): Record<string, string> {
  const of = (name: string) => {
    const file = join('node_modules', name, 'package.json');
    return (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version;
  };
  return Object.fromEntries(PACKAGES.map((name) => [name, of(name)]));
}

/** A report in Markdown. */
export function toMarkdown(report: Report): string {
  const { comparisons, versions, isPinned, tokens, rounds, milliseconds } = report;
  const goals = comparisons.flatMap((comparison) => comparison.goals);
  return [
    `${report.date}. ${report.processor}, Node ${report.node}. ${tokens.toLocaleString('en')} tokens. Medians of ${rounds} alternating rounds of ${milliseconds / 1000} s${isPinned ? '; the server and its load have one core each' : ''}.`,
    '',
    Object.entries(versions)
      .map(([name, version]) => `${name} ${version}`)
      .join(', '),
    '',
    aboutNoise(report.noise),
    ...report.reservations.flatMap((text) => ['', `**${text}**`]),
    '',
    '| | reached | of | besides | target | worth publishing | |',
    '| --- | --: | --- | --- | --: | --: | --- |',
    ...goals.map(goalLine),
    '',
    ...comparisons.map(section),
    ...aboutLoad(comparisons).flatMap((text) => [text, '']),
  ].join('\n');
}
