import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Figures, Rounds } from '../contenders.ts';

/** The parameters that all comparisons of a run share. */
export interface Setup extends Rounds {
  /** An empty folder on the disk to measure. */
  readonly folder: string;
  /** The number of tokens, or keys. */
  readonly tokens: number;
  /** Their number in measurements of growth. */
  readonly manyTokens: number;
  /** An SQLite file with that many tokens, which is read only. */
  readonly seeded: string;
}

/** Copies the seeded file for one server; returns its URL. */
export function copySeeded({ folder, seeded }: Setup, name: string): string {
  const copy = join(folder, name);
  copyFileSync(seeded, copy);
  return `file:${copy}`;
}

/** The target of a figure, and the bound from which it is worth publishing. */
export interface Target {
  /** `null` if the figure has no target. */
  readonly target: number | null;
  readonly worthPublishing?: number;
  /** Whether less is better. */
  readonly atMost?: boolean;
}

/** The target of a figure that is only for information. */
export const NO_TARGET: Target = { target: null };

/** One line of the table of targets. */
export interface Goal extends Target {
  readonly what: string;
  /** What the target is about. */
  readonly by: 'CPU' | 'rate' | 'p99' | 'memory' | 'MB';
  readonly reached: number;
  /** The ratio of requests per second if `reached` is one of CPU time, and the reverse. */
  readonly other?: number;
}

/** The result of a comparison. */
export interface Comparison {
  readonly title: string;
  readonly rows: readonly Figures[];
  readonly goals: readonly Goal[];
  /** What a reader has to know about the figures. */
  readonly notes: readonly string[];
}

/** One group of contenders that are measured together. */
export type Compare = (setup: Setup) => Promise<Comparison>;

/** The ratio of the CPU time of one contender to that of another. */
export function byCpu(what: string, ours: Figures, theirs: Figures, target: Target): Goal {
  return { what, by: 'CPU', reached: theirs.cpu / ours.cpu, other: ours.rate / theirs.rate, ...target };
}

/** The ratio of the rates of two contenders that wait for more than the processor. */
export function byRate(what: string, ours: Figures, theirs: Figures, target: Target): Goal {
  return { what, by: 'rate', reached: ours.rate / theirs.rate, other: theirs.cpu / ours.cpu, ...target };
}

/** The ratio of the slowest requests of one contender to those of another. */
export function byP99(what: string, ours: Figures, theirs: Figures, target: Target): Goal {
  return { what, by: 'p99', reached: (ours.p99 as number) / (theirs.p99 as number), atMost: true, ...target };
}
