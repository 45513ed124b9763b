import { describe, expect, test } from 'vitest';
import { covers, type ScopeTarget } from '../../src/domain/scope-coverage.ts';
import type { Operation, ScopeRule } from '../../src/domain/scopes.ts';
import { authority, type Link } from '../support/principals.ts';
import { type Random, seededRandom } from '../support/random.ts';

const ENTITIES = ['a', 'b', 'c'];
const WORKSPACES = ['v', 'w'];
const OPERATION: Operation = 'READ';

function randomScope(random: Random): ScopeRule {
  return {
    entityType: random.pick(['repository', 'repository', 'repository', 'other']),
    entityId: random.pick([null, null, ...ENTITIES]),
    workspaceId: random.pick([null, null, ...WORKSPACES]),
    operations: random.pick([['READ'], ['READ', 'UPDATE'], ['UPDATE']] as const),
  };
}

function randomChain(random: Random) {
  const link = (): Link => ({
    access: random.pick(['SCOPED', 'SCOPED', 'SCOPED', 'FULL', 'NONE'] as const),
    scopes: Array.from({ length: random.below(5) }, () => randomScope(random)),
  });
  return Array.from({ length: 1 + random.below(3) }, () => authority(link()));
}

const target = (part: Partial<ScopeTarget>): ScopeTarget => ({
  operation: OPERATION,
  entityType: 'repository',
  ...part,
});

describe('a chain of tokens', () => {
  test('that covers every entity covers each one in each requested workspace, new entities included', () => {
    const random = seededRandom(3);
    let covered = 0;
    for (let round = 0; round < 4000; round++) {
      const chain = randomChain(random);
      const workspaceId = random.pick([undefined, ...WORKSPACES]);
      if (!covers(chain, target({ workspaceId }))) continue;
      covered += 1;
      const places = workspaceId === undefined ? [...WORKSPACES, 'unknown'] : [workspaceId];
      for (const place of places) {
        for (const entityId of [...ENTITIES, 'unknown'])
          expect(covers(chain, target({ entityId, workspaceId: place }))).toBe(true);
        expect(covers(chain, target({ any: true, workspaceId: place }))).toBe(true);
      }
    }
    expect(covered).toBeGreaterThan(300);
  });

  test('that covers one entity covers at least one entity of the type', () => {
    const random = seededRandom(4);
    let covered = 0;
    for (let round = 0; round < 4000; round++) {
      const chain = randomChain(random);
      const workspaceId = random.pick([undefined, ...WORKSPACES]);
      if (!covers(chain, target({ entityId: random.pick(ENTITIES), workspaceId }))) continue;
      covered += 1;
      expect(covers(chain, target({ any: true, workspaceId }))).toBe(true);
    }
    expect(covered).toBeGreaterThan(300);
  });

  test('with a scope on one entity covers at least one and not every one; the default target is every one', () => {
    const limited = [
      authority({
        scopes: [
          {
            ...randomScope(seededRandom(1)),
            entityType: 'repository',
            entityId: 'a',
            workspaceId: null,
            operations: ['READ'],
          },
        ],
      }),
    ];
    expect(covers(limited, target({}))).toBe(false);
    expect(covers(limited, target({ any: false }))).toBe(false);
    expect(covers(limited, target({ any: true }))).toBe(true);
  });
});
