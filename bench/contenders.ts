import type { LoadOrder, LoadResult } from './load.ts';
import { listenForNoise, type Noise } from './machine.ts';
import type { LoopResult, Usage } from './measured.ts';
import { type Program, startProgram } from './processes.ts';

/** The measurement of one run of a contender. */
export interface Sample {
  /** Microseconds of CPU time, of all threads of the measured process, for one request or turn. */
  readonly cpu: number;
  /** Requests or turns per second. */
  readonly rate: number;
  /** Milliseconds; `null` if turns followed each other without waiting. */
  readonly p50: number | null;
  readonly p99: number | null;
  /** Microseconds of the load's own CPU time for one request, and the share of its time in which it was busy. */
  readonly load: { readonly cpu: number; readonly share: number } | null;
}

/** A program that is measured beside others. */
export interface Contender {
  readonly name: string;
  /** Runs it for a number of milliseconds. */
  sample(milliseconds: number): Promise<Sample>;
}

/** A contender's sample, or the medians of its samples, one by one. */
export type Figures = Sample & { readonly name: string };

/** The length and number of turns. */
export interface Rounds {
  /** The number of rounds that count. */
  readonly rounds: number;
  readonly milliseconds: number;
}

/** The time that a contender runs before the first sample, in which its code is compiled. */
const FIRST_MS = 1000;
/**
 * The time that a contender runs before each sample, as a part of that of the sample, and the least time. While the others run,
 * V8 drops code and shrinks the heap of an idle program, whose first second then takes up to twice the CPU time.
 */
const WARM_UP = { part: 1 / 2, leastMs: 250 };
/** The part of all cores' time above which other processes disturb a round. */
const DISTURBED = 0.12;

/** The median of some numbers. */
export function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}

/** The medians of some samples. */
export function mediansOf(name: string, samples: readonly Sample[]): Figures {
  const of = (pick: (sample: Sample) => number | null) => {
    const values = samples.map(pick).filter((value) => value !== null);
    return values.length === 0 ? null : median(values);
  };
  const loadCpu = of(({ load }) => load?.cpu ?? null);
  const loadShare = of(({ load }) => load?.share ?? null);
  return {
    name,
    cpu: of(({ cpu }) => cpu) as number,
    rate: of(({ rate }) => rate) as number,
    p50: of(({ p50 }) => p50),
    p99: of(({ p99 }) => p99),
    load: loadCpu === null || loadShare === null ? null : { cpu: loadCpu, share: loadShare },
  };
}

/** Returns how long a contender warms up before samples of some milliseconds. */
function warmUpFor(milliseconds: number): number {
  return Math.max(milliseconds * WARM_UP.part, WARM_UP.leastMs);
}

/** Returns one sample of each contender, in their order. */
async function sampleEach(contenders: readonly Contender[], milliseconds: number): Promise<Figures[]> {
  const samples: Figures[] = [];
  for (const contender of contenders) {
    await contender.sample(warmUpFor(milliseconds));
    samples.push({ name: contender.name, ...(await contender.sample(milliseconds)) });
  }
  return samples;
}

/**
 * Returns the samples of rounds. A round during which other processes used more than 12 % of all cores is repeated, until twice
 * as many rounds as requested have run; the last ones count in any case.
 */
async function repeatRounds(
  round: () => Promise<Figures[]>,
  rounds: number,
  listen: () => () => Noise,
): Promise<Figures[][]> {
  const counted: Figures[][] = [];
  for (let run = 1; counted.length < rounds; run++) {
    const heard = listen();
    const samples = await round();
    const isDisturbed = (heard().othersShare ?? 0) > DISTURBED;
    const isNeeded = 2 * rounds - run < rounds - counted.length;
    if (!isDisturbed || isNeeded) counted.push(samples);
  }
  return counted;
}

/** The medians of each contender, in their order. */
type FiguresOf<T extends readonly Contender[]> = { [K in keyof T]: Figures };

function figuresOf<T extends readonly Contender[]>(rounds: readonly Figures[][]): FiguresOf<T> {
  const figures = rounds[0]?.map(({ name }, index) => {
    const samples = rounds.map((round) => round[index] as Figures);
    return mediansOf(name, samples);
  });
  return figures as FiguresOf<T>;
}

/**
 * Returns the medians of contenders that take turns, so that a drift of the machine affects all of them. What they run before
 * a sample does not count.
 */
export async function takeTurns<T extends readonly Contender[]>(
  contenders: T,
  { rounds, milliseconds }: Rounds,
  listen: () => () => Noise = listenForNoise,
): Promise<FiguresOf<T>> {
  for (const contender of contenders) await contender.sample(Math.max(milliseconds, FIRST_MS));
  return figuresOf(await repeatRounds(() => sampleEach(contenders, milliseconds), rounds, listen));
}

/** The contenders of one round, and what ends their programs. */
export interface Started<T extends readonly Contender[]> {
  readonly contenders: T;
  stop(): Promise<void>;
}

/**
 * Does the same with programs that are started again for each round. Two processes of the same program can differ by a tenth
 * for as long as they run.
 */
export async function takeTurnsRestarted<T extends readonly Contender[]>(
  start: () => Promise<Started<T>>,
  { rounds, milliseconds }: Rounds,
  listen: () => () => Noise = listenForNoise,
): Promise<FiguresOf<T>> {
  async function round(): Promise<Figures[]> {
    const { contenders, stop } = await start();
    for (const contender of contenders) await contender.sample(warmUpFor(milliseconds));
    const samples = await sampleEach(contenders, milliseconds);
    await stop();
    return samples;
  }
  return figuresOf(await repeatRounds(round, rounds, listen));
}

/** A program that runs a loop on request. */
export function loopContender(name: string, loop: Program<unknown>): Contender {
  return {
    name,
    async sample(milliseconds) {
      const { done, cpu, seconds, p50, p99 } = await loop.ask<LoopResult>(milliseconds);
      return { cpu: cpu / done, rate: done / seconds, p50, p99, load: null };
    },
  };
}

/** A server that has reported that it is ready. */
export type Server = Program<{ readonly port: number }>;

/** The requests to a server, and the number of connections. */
export interface Load {
  readonly connections: number;
  /** Whole HTTP requests as text. */
  readonly requests: readonly string[];
}

/** The program that loads servers. */
export function startLoad(): Promise<Program<unknown>> {
  return startProgram('load', { core: 'load' });
}

/** A server under load. Throws if a response is no success. */
export function serverContender(
  name: string,
  server: Server,
  load: Program<unknown>,
  { connections, requests }: Load,
): Contender {
  const { port } = server.hello;
  return {
    name,
    async sample(milliseconds) {
      const order: LoadOrder = { port, connections, milliseconds, requests };
      const before = await server.ask<Usage>('usage');
      const result = await load.ask<LoadResult>(order);
      const after = await server.ask<Usage>('usage');
      const { answered, odd, seconds, p50, p99 } = result;
      if (odd > 0) throw new Error(`${name}: ${odd} of ${answered} answers were no success`);
      return {
        cpu: (after.cpu - before.cpu) / answered,
        rate: answered / seconds,
        p50,
        p99,
        load: { cpu: result.cpu / answered, share: result.cpu / seconds / 1e6 },
      };
    },
  };
}
