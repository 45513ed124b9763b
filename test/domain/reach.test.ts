import { describe, expect, test } from 'vitest';
import {
  type AccessContext,
  authorizeEntity,
  refusalBeforeLookup,
  type VisibilityFilter,
  visibilityFilterFor,
} from '../../src/domain/authority.ts';
import { isOpenTo } from '../../src/domain/policy.ts';
import { ANONYMOUS, type Principal } from '../../src/domain/principal.ts';
import { isAtLeast, ROLES } from '../../src/domain/roles.ts';
import { OPERATIONS, type Operation, type ScopeRule } from '../../src/domain/scopes.ts';
import { authority, type Link, personalToken, session, workspaceToken } from '../support/principals.ts';
import { type Random, seededRandom } from '../support/random.ts';
import { refusalOf } from '../support/refusal.ts';

interface Place {
  readonly channelId: string;
  readonly standing: AccessContext;
}

function randomScope(random: Random): ScopeRule {
  return {
    entityType: random.pick(['channel', 'channel', 'workspace']),
    entityId: random.pick([null, null, 'c1', 'c2']),
    workspaceId: random.pick([null, null, 'w', 'v']),
    operations: random.some(OPERATIONS),
  };
}

function randomLink(random: Random): Link {
  return {
    access: random.pick(['SCOPED', 'SCOPED', 'FULL'] as const),
    scopes: Array.from({ length: random.below(4) }, () => randomScope(random)),
    lifetime: random.pick([null, 10, 20]),
  };
}

function randomPersonalToken(random: Random) {
  return personalToken(randomLink(random), ...random.some([randomLink(random), randomLink(random)]));
}

function randomPrincipal(random: Random): Principal {
  const token = workspaceToken(random.pick(ROLES), ...random.some(ROLES));
  return random.pick<Principal>([
    ANONYMOUS,
    session(),
    token,
    randomPersonalToken(random),
    randomPersonalToken(random),
  ]);
}

/** How a caller stands to a channel of a workspace; a workspace token has its role in its own and none elsewhere. */
function randomPlace(random: Random, principal: Principal): Place {
  const workspaceId = random.pick(['w', 'v', 'x']);
  const isHome = principal.kind === 'WORKSPACE_TOKEN' && principal.workspaceId === workspaceId;
  const role =
    principal.kind === 'WORKSPACE_TOKEN' ? (isHome ? principal.role : null) : random.pick([null, ...ROLES]);
  return {
    channelId: random.pick(['c1', 'c2', 'c3']),
    standing: {
      workspaceId,
      role,
      shared: [],
      policy: {
        personalTokens: random.pick(['ALLOWED', 'ALLOWED', 'FORBIDDEN'] as const),
        maxLifetime: random.pick([null, null, 10]),
        requireExpiry: false,
        tokenRoles: ROLES,
      },
    },
  };
}

/** Whether a list that is filtered by a reach has the channel in it. */
function holds(reach: VisibilityFilter | null, { channelId, standing }: Place): boolean {
  if (!reach) return false;
  const held =
    'workspaceId' in reach.holder
      ? reach.holder.workspaceId === standing.workspaceId
      : standing.role !== null && isAtLeast(standing.role, reach.role);
  const limited = reach.limits.every((clauses) =>
    clauses.some(
      (clause) =>
        (clause.entityId === null || clause.entityId === channelId) &&
        (clause.workspaceId === null || clause.workspaceId === standing.workspaceId),
    ),
  );
  return held && limited && (reach.subject === null || isOpenTo(standing.policy, reach.subject));
}

function isAllowed(principal: Principal, operation: Operation, { channelId, standing }: Place): boolean {
  const { workspaceId } = standing;
  const ask = { kind: 'entity', operation, entityType: 'channel', entityId: channelId, workspaceId } as const;
  return (
    refusalBeforeLookup(principal, ask) === null &&
    refusalOf(() => authorizeEntity(principal, ask, standing)) === null
  );
}

describe('what a caller reaches', () => {
  test('is what the caller would be allowed on, one by one', () => {
    const random = seededRandom(1);
    let reached = 0;
    for (let round = 0; round < 5000; round++) {
      const principal = randomPrincipal(random);
      const place = randomPlace(random, principal);
      const operation = random.pick(['READ', 'LIST', 'UPDATE', 'PUBLISH'] as const);
      const within = holds(visibilityFilterFor(principal, operation, 'channel'), place);
      expect(within, JSON.stringify({ principal, place, operation })).toBe(
        isAllowed(principal, operation, place),
      );
      if (within) reached += 1;
    }
    expect(reached).toBeGreaterThan(500);
  });

  test('is never more with one more link in the chain', () => {
    const random = seededRandom(2);
    for (let round = 0; round < 3000; round++) {
      const principal = randomPersonalToken(random);
      const longer = {
        ...principal,
        chain: [...principal.chain, authority(randomLink(random))],
      } as typeof principal;
      const place = randomPlace(random, principal);
      const operation = random.pick(OPERATIONS);
      if (isAllowed(longer, operation, place)) expect(isAllowed(principal, operation, place)).toBe(true);
    }
  });
});
