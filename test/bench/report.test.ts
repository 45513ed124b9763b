import { expect, test } from 'vitest';
import { byCpu, byP99, byRate, type Comparison, type Goal } from '../../bench/comparisons/comparison.ts';
import type { Figures } from '../../bench/contenders.ts';
import { type Report, toMarkdown } from '../../bench/report.ts';

function figures(name: string, cpu: number, rate: number, p99: number | null = null): Figures {
  return { name, cpu, rate, p50: p99, p99, load: null };
}

function reportOf(goals: readonly Goal[], noise = { loadBefore: 0, othersShare: 0 }): string {
  const comparison: Comparison = { title: 'Something', rows: [], goals, notes: [] };
  const report: Report = {
    date: '2030-01-01',
    node: 'v20.19.0',
    processor: 'a processor',
    versions: {},
    isPinned: true,
    tokens: 100_000,
    rounds: 5,
    milliseconds: 1000,
    noise,
    comparisons: [comparison],
    reservations: [],
  };
  return toMarkdown(report);
}

const slow = figures('slow', 100, 1000, 9);
const fast = figures('fast', 20, 4000, 3);

test('a figure is printed with its target, the bound for publication, and whether it reached them', () => {
  const target = { target: 4, worthPublishing: 6 };
  expect(reportOf([byCpu('cheaper', fast, slow, target)])).toContain(
    '| cheaper | **5.00** | CPU time | rate 4.00 | ≥ 4 | ≥ 6 | reached |',
  );
  expect(reportOf([byRate('more', fast, slow, { target: 3, worthPublishing: 4 })])).toContain(
    '| more | **4.00** | rate | CPU time 5.00 | ≥ 3 | ≥ 4 | worth publishing |',
  );
});

test('a miss is printed as a miss, for figures where more is better and where less is better', () => {
  expect(reportOf([byCpu('cheaper', slow, fast, { target: 0.5 })])).toContain('| ≥ 0.5 |  | **missed** |');
  expect(reportOf([byP99('slowest', slow, fast, { target: 2 })])).toContain(
    '| slowest | **3.00** | p99 |  | ≤ 2 |  | **missed** |',
  );
  expect(reportOf([byP99('slowest', fast, slow, { target: 2 })])).toContain('| reached |');
});

test('a run beside other load warns that its figures are not reliable', () => {
  expect(reportOf([], { loadBefore: 3, othersShare: 0.4 })).toContain(
    '40.0 % of all cores. That is too much',
  );
  expect(reportOf([], { loadBefore: 0, othersShare: 0.02 })).not.toContain('too much');
});
