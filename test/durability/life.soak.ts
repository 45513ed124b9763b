import { expect, test } from 'vitest';
import type { Answer, TestApp } from '../support/app.ts';
import { startWire, type TestWire } from '../support/http.ts';
import { WALKED, walkBeside } from '../support/life/beside.ts';
import { seededRandom } from '../support/random.ts';

const STEPS = Number(process.env.SOAK_STEPS ?? 100_000);
const FIRST_SEED = Number(process.env.SOAK_SEED ?? 1);
/** The model stores every secret, so a walk has a bounded length. */
const STEPS_A_WALK = 2000;

/** The same Postern, reached over HTTP. */
function overHttp({ postern, post }: TestWire): TestApp {
  return {
    ...postern,
    async post<T>(query: string, variables?: object, secret?: string | null): Promise<Answer<T>> {
      const headers: Record<string, string> = secret ? { Authorization: `Bearer ${secret}` } : {};
      const response = await post({ query, variables }, headers);
      const { data, errors = [] } = (await response.json()) as { data: T; errors?: Answer['errors'] };
      const code = errors[0]?.extensions.code;
      return { status: response.status, headers: response.headers, data, errors, code };
    },
  };
}

test(`tokens live as the model does, over ${STEPS} random steps over HTTP`, async () => {
  for (let taken = 0, seed = FIRST_SEED; taken < STEPS; taken += STEPS_A_WALK, seed++) {
    const wire = await startWire(WALKED);
    const steps = Math.min(STEPS_A_WALK, STEPS - taken);
    const met = await walkBeside(overHttp(wire), seededRandom(seed), steps);
    await wire.stop();
    console.log(`seed ${seed}: ${taken + steps} steps, ${met.size} kinds of outcome`);
    expect(met.size).toBeGreaterThan(0);
  }
});
