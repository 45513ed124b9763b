import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Answer, startTestApp, type TestApp } from '../support/app.ts';
import { changeSomething } from '../support/authority/changes.ts';
import { randomProbe, randomQuestion, randomTypeQuestion } from '../support/authority/probes.ts';
import { createScenario, type Scenario } from '../support/authority/scenario.ts';
import type { Verdict } from '../support/oracle.ts';
import { seededRandom } from '../support/random.ts';
import { testLength } from '../support/test-length.ts';
import { verify } from '../support/verify.ts';

const CHANGES = testLength({ short: 50, ci: 90, full: 350 });
const PROBES_A_CHANGE = 6;
const TYPE_QUESTIONS_A_CHANGE = 1;

let postern: TestApp;
let scenario: Scenario;

beforeAll(async () => {
  postern = await startTestApp();
  scenario = await createScenario(postern);
});

afterAll(() => postern.close());

function verdictOf({ data, errors }: Answer): Verdict {
  const [error] = errors;
  if (!error) return data.cell === null ? 'nothing' : 'allowed';
  const { code, reason, required } = error.extensions;
  return { code, ...(reason && { reason }), ...(required && { required }) };
}

const CAN = `query ($operation: Operation!, $entityType: EntityType!, $entityId: ID, $workspaceId: ID) {
  viewer { can(operation: $operation, entityType: $entityType, entityId: $entityId, workspaceId: $workspaceId) { allowed } }
}`;

/** Returns whether a caller is allowed an operation on any or every entity of a type, from viewer.can and, if it supports the check, from /verify. */
async function decisionsOnType(secret: string, args: Record<string, string>, every: boolean) {
  const ids = every ? { entityId: '*' } : {};
  const { data } = await postern.post(CAN, { ...args, ...ids }, secret);
  const decisions = [data.viewer.can.allowed];
  if (args.entityType === 'invoice' && args.workspaceId === undefined) return decisions;
  const { status } = await verify(postern, secret, { ...args, ...(!every && { any: 'true' }) });
  return [...decisions, status === 204];
}

test('after each change of members, roles, policies, shares and scopes, every caller is allowed exactly what the model allows', async () => {
  const random = seededRandom(5);
  const verdicts = new Map<string, number>();
  for (let count = 0; count < CHANGES; count++) {
    await changeSomething(random, scenario);
    for (let round = 0; round < PROBES_A_CHANGE; round++) {
      const { caller, probe } = randomProbe(random, scenario);
      const response = await postern.post(probe.query, probe.variables, caller.secret);
      const what = `${count}: ${caller.name} on ${probe.what}, being ${JSON.stringify(caller.who())}`;
      expect(verdictOf(response), what).toEqual(probe.verdict);
      if (probe.ids && probe.verdict === 'allowed') {
        const ids = response.data.cell.nodes.map(({ id }: { id: string }) => id);
        expect(ids.sort(), what).toEqual([...probe.ids].sort());
      }
      const kind =
        typeof probe.verdict === 'string' ? probe.verdict : (probe.verdict.reason ?? probe.verdict.code);
      verdicts.set(kind, (verdicts.get(kind) ?? 0) + 1);
    }
    const { caller, query, verdict } = randomQuestion(random, scenario);
    const { data } = await postern.post(query, {}, caller.secret);
    const expected =
      typeof verdict === 'string'
        ? { allowed: true, reason: null, required: null }
        : { allowed: false, reason: verdict.reason ?? verdict.code, required: verdict.required ?? null };
    expect(data.viewer.can, `${count}: ${caller.name} sends ${query}`).toEqual(expected);
    for (let round = 0; round < TYPE_QUESTIONS_A_CHANGE; round++) {
      const { caller, args, every, allowed } = randomTypeQuestion(random, scenario);
      const decisions = await decisionsOnType(caller.secret as string, args, every);
      const what = `${count}: ${caller.name} on ${every ? 'every' : 'any'} ${JSON.stringify(args)}, being ${JSON.stringify(caller.who())}`;
      expect(new Set(decisions), what).toEqual(new Set([allowed]));
      const kind = `${every ? 'every' : 'any'} ${allowed}`;
      verdicts.set(kind, (verdicts.get(kind) ?? 0) + 1);
    }
  }
  const required = [
    'allowed',
    'nothing',
    'MISSING_SCOPE',
    'NOT_FOUND',
    'POLICY',
    'ROLE_GATED',
    'ROLE_REQUIRED',
    'every true',
    'every false',
    'any true',
    'any false',
  ];
  for (const kind of required) expect(verdicts.get(kind) ?? 0, kind).toBeGreaterThan((20 / 350) * CHANGES);
});
