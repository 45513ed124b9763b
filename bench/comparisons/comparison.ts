import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Figures, Rounds } from '../contenders.ts';

/** What all comparisons of a run share. */
export interface Setup extends Rounds {
  /** An empty folder on the disk that is measured. */
  readonly folder: string;
  /** How many tokens, or keys, there are. */
  readonly tokens: number;
  /** How many there are where growth is in question. */
  readonly manyTokens: number;
  /** An SQLite file with that many tokens, that nobody writes to. */
  readonly seeded: string;
}

/** A copy of the seeded file for one server alone; its URL. */
export function copySeeded({ folder, seeded }: Setup, name: string): string {
  const copy = join(folder, name);
  copyFileSync(seeded, copy);
  return `file:${copy}`;
}

/** What a figure has to reach, and what is worth telling the world. */
export interface Target {
  /** `null` where there is none: the figure is for information. */
  readonly target: number | null;
  readonly worthPublishing?: number;
  /** Whether less is better. */
  readonly atMost?: boolean;
}

/** Of a figure that is for information. */
export const NO_TARGET: Target = { target: null };

/** One line of the table of targets. */
export interface Goal extends Target {
  readonly what: string;
  /** What the target is about. */
  readonly by: 'CPU' | 'rate' | 'p99' | 'memory' | 'MB';
  readonly reached: number;
  /** The ratio of requests a second where `reached` is one of CPU time, and the other way round. */
  readonly other?: number;
}

/** What a comparison found. */
export interface Comparison {
  readonly title: string;
  readonly rows: readonly Figures[];
  readonly goals: readonly Goal[];
  /** What a reader has to know of the figures. */
  readonly notes: readonly string[];
}

/** One group of things that are measured beside each other. */
export type Compare = (setup: Setup) => Promise<Comparison>;

/** How many times as cheap in CPU time one is as another. */
export function byCpu(what: string, ours: Figures, theirs: Figures, target: Target): Goal {
  return { what, by: 'CPU', reached: theirs.cpu / ours.cpu, other: ours.rate / theirs.rate, ...target };
}

/** How many times as much one does in a second as another, where both wait for something else than the processor. */
export function byRate(what: string, ours: Figures, theirs: Figures, target: Target): Goal {
  return { what, by: 'rate', reached: ours.rate / theirs.rate, other: theirs.cpu / ours.cpu, ...target };
}

/** How many times as long as another's slowest requests one's take. */
export function byP99(what: string, ours: Figures, theirs: Figures, target: Target): Goal {
  return { what, by: 'p99', reached: (ours.p99 as number) / (theirs.p99 as number), atMost: true, ...target };
}
