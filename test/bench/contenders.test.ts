import { expect, test } from 'vitest';
import { type Contender, type Sample, takeTurns, takeTurnsRestarted } from '../../bench/contenders.ts';
import type { Noise } from '../../bench/machine.ts';

/** The length of a sample in milliseconds. What runs before it costs 900. */
const MILLISECONDS = 2000;

/** A contender whose measured samples have these costs. `isMeasured` says which of its runs, from 0, are. */
function contender(
  name: string,
  costs: number[],
  order: string[] = [],
  isMeasured = (run: number) => run > 0 && run % 2 === 0,
): Contender {
  let runs = 0;
  return {
    name,
    async sample(milliseconds): Promise<Sample> {
      order.push(name);
      const run = runs++;
      if (isMeasured(run)) expect(milliseconds).toBe(MILLISECONDS);
      const cpu = isMeasured(run) ? (costs.shift() as number) : 900;
      return { cpu, rate: 1, p50: null, p99: null, load: null };
    },
  };
}

/** Listens to other processes that use these shares of the machine, one for each round. */
function hear(shares: number[]): () => () => Noise {
  return () => {
    const othersShare = shares.shift() ?? 0;
    return () => ({ loadBefore: 0, othersShare });
  };
}

test('contenders take turns, what warms them up does not count, and the medians do', async () => {
  const order: string[] = [];
  const rounds = { rounds: 3, milliseconds: MILLISECONDS };
  const contenders = [contender('a', [3, 1, 2], order), contender('b', [5, 50, 4], order)];
  const found = await takeTurns(contenders, rounds, hear([]));
  expect(order.join('')).toBe('abaabbaabbaabb');
  expect(found.map(({ name, cpu }) => [name, cpu])).toEqual([
    ['a', 2],
    ['b', 5],
  ]);
});

test('restarted programs warm up in each round, and end before the next', async () => {
  const order: string[] = [];
  const costs = [3, 1, 2];
  const start = async () => {
    order.push('start');
    const contenders = [contender('a', costs, order, (run) => run === 2)] as const;
    return { contenders, stop: async () => void order.push('stop') };
  };
  const [found] = await takeTurnsRestarted(start, { rounds: 3, milliseconds: MILLISECONDS }, hear([]));
  expect(order).toEqual(Array(3).fill(['start', 'a', 'a', 'a', 'stop']).flat());
  expect(found.cpu).toBe(2);
});

test('a disturbed round is repeated', async () => {
  const costs = [1, 700, 2, 3];
  const [found] = await takeTurns(
    [contender('a', costs)],
    { rounds: 3, milliseconds: MILLISECONDS },
    hear([0.1, 0.5, 0, 0]),
  );
  expect(found?.cpu).toBe(2);
  expect(costs).toEqual([]);
});

test('on a machine that is always busy, twice as many rounds run and the last ones count', async () => {
  const costs = [800, 700, 1, 2, 3, 4];
  const [found] = await takeTurns(
    [contender('a', costs)],
    { rounds: 2, milliseconds: MILLISECONDS },
    hear(Array(9).fill(0.5)),
  );
  expect(found?.cpu).toBe(2);
  expect(costs).toEqual([3, 4]);
});
