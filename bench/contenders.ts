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

/** The medians of a contender's samples, one by one. */
export type Figures = Sample & { readonly name: string };

/** The length and number of turns. */
export interface Rounds {
  /** The number of rounds that count. */
  readonly rounds: number;
  readonly milliseconds: number;
}

/** The time that a contender runs in the first round, in which its code is compiled. */
const FIRST_MS = 1000;
/**
 * The part of its time that a contender runs before each sample. While the others run, V8 drops code and shrinks the heap of an
 * idle program, and its first second takes up to twice the CPU time.
 */
const WARM_UP = 1 / 2;
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

/**
 * Returns the medians of contenders that take turns, so that a drift of the machine affects all of them. A first round does
 * not count, nor does the time in which a contender warms up again. A round during which other processes used more than 12 % of
 * all cores does not count either and is repeated, until twice as many rounds as requested have run, the first one included; the
 * last ones count in any case.
 */
export async function takeTurns<T extends readonly Contender[]>(
  contenders: T,
  { rounds, milliseconds }: Rounds,
  listen: () => () => Noise = listenForNoise,
): Promise<{ [K in keyof T]: Figures }> {
  const samples = contenders.map((): Sample[] => []);
  const counted = () => samples[0]?.length ?? 0;
  for (const contender of contenders) await contender.sample(Math.max(milliseconds, FIRST_MS));
  for (let run = 1; counted() < rounds; run++) {
    const heard = listen();
    const round: Sample[] = [];
    for (const contender of contenders) {
      await contender.sample(milliseconds * WARM_UP);
      round.push(await contender.sample(milliseconds));
    }
    const isDisturbed = (heard().othersShare ?? 0) > DISTURBED;
    const isNeeded = 2 * rounds - run < rounds - counted();
    if (isDisturbed && !isNeeded) continue;
    for (const [index, sample] of round.entries()) samples[index]?.push(sample);
  }
  return contenders.map(({ name }, index) => mediansOf(name, samples[index] ?? [])) as {
    [K in keyof T]: Figures;
  };
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
