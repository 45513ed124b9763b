import { describe, expect, test } from 'vitest';
import { createBudget, PRICE, SLICE, UNITS_MAX } from '../../src/graphql/budget.ts';
import { turnsUntil } from '../support/turns.ts';

describe('the budget of an operation', () => {
  test('gives each step of parallel lists a turn of its own', async () => {
    const { pace } = createBudget(0);
    const readInSteps = async () => {
      for (let step = 0; step < 5; step += 1) await pace(SLICE + 1);
    };
    const lists = Promise.all([readInSteps(), readInSteps(), readInSteps(), readInSteps()]);
    expect(await turnsUntil(lists)).toBeGreaterThanOrEqual(20);
  });

  test('spreads the refusals of hundreds of fields over several turns', async () => {
    const { takeInTurn } = createBudget(UNITS_MAX);
    const field = async () => takeInTurn(1);
    const fields = Promise.allSettled(Array.from({ length: 300 }, field));
    expect(await turnsUntil(fields)).toBeGreaterThanOrEqual((300 * PRICE.refusal) / SLICE - 1);
    for (const result of await fields) {
      expect(result).toMatchObject({ status: 'rejected', reason: { code: 'LIMIT_REACHED' } });
    }
  });

  test('refuses immediately, so that a caller that ignores the pause is refused too', () => {
    const { take } = createBudget(UNITS_MAX);
    for (let field = 0; field < 2 * (SLICE / PRICE.refusal); field += 1) {
      expect(() => take(1)).toThrow(expect.objectContaining({ code: 'LIMIT_REACHED' }));
    }
  });

  test('refunds nothing for a list that it refuses', async () => {
    const { read, spent } = createBudget(UNITS_MAX);
    const lists = Array.from({ length: 200 }, () =>
      read(
        1000,
        async () => [],
        () => 0,
      ),
    );
    for (const result of await Promise.allSettled(lists)) expect(result.status).toBe('rejected');
    expect(spent()).toBe(UNITS_MAX);
  });
});
