import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Answer, startTestApp, type TestApp } from '../support/app.ts';
import { changeSomething } from '../support/authority/changes.ts';
import { randomProbe, randomQuestion } from '../support/authority/probes.ts';
import { createTown, type Town } from '../support/authority/town.ts';
import type { Verdict } from '../support/oracle.ts';
import { seededRandom } from '../support/random.ts';

const CHANGES = 350;
const PROBES_A_CHANGE = 6;

let postern: TestApp;
let town: Town;

beforeAll(async () => {
  postern = await startTestApp();
  town = await createTown(postern);
});

afterAll(() => postern.close());

function verdictOf({ data, errors }: Answer): Verdict {
  const [error] = errors;
  if (!error) return data.cell === null ? 'nothing' : 'allowed';
  const { code, reason, required } = error.extensions;
  return { code, ...(reason && { reason }), ...(required && { required }) };
}

test('as members, roles, policies, shares and scopes change, everybody may do what the model says, from the next call on', async () => {
  const random = seededRandom(7);
  const verdicts = new Map<string, number>();
  for (let count = 0; count < CHANGES; count++) {
    await changeSomething(random, town);
    for (let round = 0; round < PROBES_A_CHANGE; round++) {
      const { caller, probe } = randomProbe(random, town);
      const answer = await postern.post(probe.query, probe.variables, caller.secret);
      const what = `${count}: ${caller.name} on ${probe.what}, being ${JSON.stringify(caller.who())}`;
      expect(verdictOf(answer), what).toEqual(probe.verdict);
      if (probe.ids && probe.verdict === 'allowed') {
        const ids = answer.data.cell.nodes.map(({ id }: { id: string }) => id);
        expect(ids.sort(), what).toEqual([...probe.ids].sort());
      }
      const kind =
        typeof probe.verdict === 'string' ? probe.verdict : (probe.verdict.reason ?? probe.verdict.code);
      verdicts.set(kind, (verdicts.get(kind) ?? 0) + 1);
    }
    const { caller, query, verdict } = randomQuestion(random, town);
    const { data } = await postern.post(query, {}, caller.secret);
    const expected =
      typeof verdict === 'string'
        ? { allowed: true, reason: null, required: null }
        : { allowed: false, reason: verdict.reason ?? verdict.code, required: verdict.required ?? null };
    expect(data.viewer.can, `${count}: ${caller.name} asks ${query}`).toEqual(expected);
  }
  const met = ['allowed', 'nothing', 'MISSING_SCOPE', 'NOT_FOUND', 'POLICY', 'ROLE_GATED', 'ROLE_REQUIRED'];
  for (const kind of met) expect(verdicts.get(kind) ?? 0, kind).toBeGreaterThan(20);
});
