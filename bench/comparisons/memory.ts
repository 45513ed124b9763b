import { median, mediansOf, type Sample, type Server, serverContender, startLoad } from '../contenders.ts';
import type { Usage } from '../measured.ts';
import { startProgram } from '../processes.ts';
import { graphql, LIST, VIEWER, verify } from '../requests.ts';
import { secretOf } from '../seed.ts';
import type { Compare, Comparison } from './comparison.ts';

const CONNECTIONS = 32;
const IN_USE = 20_000;
const LOOK_EVERY_MS = 5000;
const MEGABYTE = 1_000_000;
/** V8 collects all garbage when the heap is four times what was in use, on a machine with much memory, and earlier with a limit. */
const HEAP_LIMIT = '--max-old-space-size=512';

/** Eight of ten requests verify, one reads the viewer, one lists. */
function mixed(): string[] {
  return Array.from({ length: IN_USE }, (_, n) => {
    const secret = secretOf(n);
    if (n % 10 === 0) return graphql(LIST, secret);
    return n % 10 === 1 ? graphql(VIEWER, secret) : verify(secret);
  });
}

/** The memory of a server after each period of load. */
async function soak(url: string, minutes: number): Promise<{ samples: Sample[]; usages: Usage[] }> {
  const server = await startProgram<Server['hello']>('servers/postern', {
    env: { DATABASE_URL: url, NODE_OPTIONS: HEAP_LIMIT },
  });
  const load = await startLoad();
  const contender = serverContender('', server, load, { connections: CONNECTIONS, requests: mixed() });
  const samples: Sample[] = [];
  const usages: Usage[] = [];
  for (const ends = performance.now() + minutes * 60_000; performance.now() < ends; ) {
    samples.push(await contender.sample(LOOK_EVERY_MS));
    usages.push(await server.ask<Usage>('usage'));
  }
  await server.stop();
  await load.stop();
  return { samples, usages };
}

interface Thirds {
  /** Medians and maxima, in megabytes. */
  readonly first: number;
  readonly last: number;
  readonly most: number;
}

function thirdsOf(bytes: readonly number[]): Thirds {
  const megabytes = bytes.map((count) => count / MEGABYTE);
  const third = Math.ceil(megabytes.length / 3);
  return {
    first: median(megabytes.slice(0, third)),
    last: median(megabytes.slice(-third)),
    most: Math.max(...megabytes),
  };
}

function tell({ first, last, most }: Thirds): string {
  const [early, late, peak] = [first, last, most].map((count) => count.toFixed(0));
  return `${early} MB in the first third of the time, ${late} MB in the last, ${peak} MB at most`;
}

/** Measures whether memory stays bounded with many tokens under a mixed load of some minutes. */
export function compareMemory(url: string, minutes: number): Compare {
  return async ({ manyTokens }): Promise<Comparison> => {
    const { samples, usages } = await soak(url, minutes);
    const memory = thirdsOf(usages.map((usage) => usage.memory));
    const own = usages.map(({ ownMemory }) => ownMemory).filter((bytes) => bytes !== null);
    return {
      title: `${minutes} minutes of mixed load, ${manyTokens.toLocaleString('en')} tokens`,
      rows: [mediansOf('Postern, verify, viewer and lists, 32 connections', samples)],
      goals: [
        {
          what: 'memory, maximum',
          by: 'MB',
          reached: memory.most,
          target: 300,
          worthPublishing: 240,
          atMost: true,
        },
        {
          what: 'memory in the last third against the first',
          by: 'memory',
          reached: memory.last / memory.first,
          target: 1.05,
          atMost: true,
        },
      ],
      notes: [
        `With ${HEAP_LIMIT}, the process had ${tell(memory)}, files that are mapped into memory included.`,
        ...(own.length > 0 ? [`Without those: ${tell(thirdsOf(own))}.`] : []),
      ],
    };
  };
}
