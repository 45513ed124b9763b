import { describe, expect, test } from 'vitest';
import {
  BUILT_IN_OPERATIONS,
  includesRule,
  isBuiltIn,
  normaliseOperations,
  OPERATIONS,
  type Operation,
  roleForOperation,
  type ScopeRule,
  smallestScopes,
  withoutDuplicates,
} from '../../src/domain/scopes.ts';
import { type Random, seededRandom } from '../support/random.ts';

const TYPES = ['workspace', 'channel', 'token', 'invoice'];
const ENTITIES = ['e1', 'e2', 'e3'];
const WORKSPACES = ['w1', 'w2', 'w3'];

function randomRule(random: Random): ScopeRule {
  return {
    entityType: random.pick(TYPES),
    entityId: random.pick([null, null, 'e1', 'e2']),
    workspaceId: random.pick([null, null, 'w1', 'w2']),
    operations: random.some(OPERATIONS.slice(0, 4)),
  };
}

/** Returns every permission that the rules give: an operation on an entity of a type in a workspace. */
function permissionsOf(rules: readonly ScopeRule[]): Set<string> {
  return new Set(
    rules.flatMap(({ entityType, entityId, workspaceId, operations }) =>
      operations.flatMap((operation) =>
        (entityId === null ? ENTITIES : [entityId]).flatMap((entity) =>
          (workspaceId === null ? WORKSPACES : [workspaceId]).map((workspace) =>
            [operation, entityType, entity, workspace].join(' '),
          ),
        ),
      ),
    ),
  );
}

test('the built-in types have the operations of the design', () => {
  expect(BUILT_IN_OPERATIONS).toEqual({
    workspace: ['READ', 'LIST'],
    channel: ['CREATE', 'READ', 'LIST', 'UPDATE', 'DELETE', 'SHARE', 'UNSHARE', 'PUBLISH', 'SUBSCRIBE'],
    token: ['CREATE', 'READ', 'LIST', 'UPDATE', 'DELETE'],
  });
});

test('only the three types of Postern are built in, and no property of Object.prototype', () => {
  const names = ['workspace', 'channel', 'token', 'invoice', 'constructor', '__proto__', 'toString', ''];
  expect(names.filter(isBuiltIn)).toEqual(['workspace', 'channel', 'token']);
});

describe('operations', () => {
  test('are normalised to one of each, in the order of the enum', () => {
    for (let bits = 0; bits < 2 ** OPERATIONS.length; bits++) {
      const operations = OPERATIONS.filter((_operation, index) => bits & (1 << index));
      expect(normaliseOperations([...operations, ...operations].reverse())).toEqual(operations);
    }
  });

  test('require a Viewer to read, list and subscribe, and a Team Member for the rest', () => {
    const viewer: Operation[] = ['READ', 'LIST', 'SUBSCRIBE'];
    for (const operation of OPERATIONS) {
      expect(roleForOperation(operation)).toBe(viewer.includes(operation) ? 'VIEWER' : 'TEAM_MEMBER');
    }
  });
});

describe('rules', () => {
  test('include a rule if and only if they give every permission that it gives', () => {
    const random = seededRandom(1);
    let included = 0;
    for (let round = 0; round < 3000; round++) {
      const held = Array.from({ length: random.below(5) }, () => randomRule(random));
      const requested = randomRule(random);
      const given = permissionsOf(held);
      const within = [...permissionsOf([requested])].every((permission) => given.has(permission));
      expect(includesRule(held, requested), JSON.stringify({ held, requested })).toBe(within);
      if (within && requested.operations.length > 0) included += 1;
    }
    expect(included).toBeGreaterThan(100);
  });

  test('that are equal are reduced to the first of them', () => {
    const rule = { entityType: 'channel', entityId: null, workspaceId: null } as const;
    const first = { ...rule, id: '1', operations: ['READ', 'LIST'] as Operation[] };
    const same = { ...rule, id: '2', operations: ['LIST', 'READ', 'READ'] as Operation[] };
    const others = [
      { ...rule, id: '3', operations: ['READ'] as Operation[] },
      { ...rule, id: '4', entityId: 'e1', operations: first.operations },
      { ...rule, id: '5', workspaceId: 'w1', operations: first.operations },
      { ...rule, id: '6', entityType: 'token', operations: first.operations },
    ];
    expect(withoutDuplicates([first, same, ...others])).toEqual([first, ...others]);
  });
});

describe('the smallest scopes', () => {
  const rule = (
    entityType: string,
    entityId: string | null,
    workspaceId: string | null,
    operations: string[],
  ) => ({
    ...{ entityType, entityId, workspaceId, operations },
  });

  test('allow exactly what the rules allow, and none of them is included in the others', () => {
    const random = seededRandom(7);
    const { pick } = random;
    for (let round = 0; round < 300; round += 1) {
      const rules = Array.from({ length: 1 + random.below(12) }, () =>
        rule(pick(['doc', 'channel']), pick([null, 'a/1', 'a/2', 'a/*', 'b']), pick([null, 'v', 'w']), [
          pick(['READ', 'LIST', 'UPDATE']),
          pick(['READ', 'LIST']),
        ]),
      );
      const smallest = smallestScopes(rules);
      for (const each of rules) expect(includesRule(smallest, each)).toBe(true);
      for (const each of smallest) {
        expect(includesRule(rules, each)).toBe(true);
        const others = smallest.filter((other) => other !== each);
        for (const operation of each.operations) {
          expect(includesRule(others, { ...each, operations: [operation] })).toBe(false);
        }
      }
    }
  });

  test('of sixty thousand rules take no time that grows with their square', () => {
    const rules = Array.from({ length: 60_000 }, (_, n) => rule('channel', `${n}`, null, ['READ']));
    const started = performance.now();
    const before = process.cpuUsage();
    expect(smallestScopes(rules)).toHaveLength(rules.length);
    // A busy machine lengthens the one, other workers of this process the other. The square would take two minutes of both.
    const took = Math.min(performance.now() - started, process.cpuUsage(before).user / 1000);
    expect(took).toBeLessThan(20_000);
  });
});
