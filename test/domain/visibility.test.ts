import { describe, expect, test } from 'vitest';
import { authorizeBeforeLookup, authorizeEntity } from '../../src/domain/authority.ts';
import type { AccessContext } from '../../src/domain/decision.ts';
import { isOpenTo } from '../../src/domain/policy.ts';
import { ANONYMOUS, type Principal } from '../../src/domain/principal.ts';
import { isAtLeast, ROLES } from '../../src/domain/roles.ts';
import { OPERATIONS, type Operation, type ScopeRule } from '../../src/domain/scopes.ts';
import { type VisibilityFilter, visibilityFilterFor } from '../../src/domain/visibility.ts';
import { authority, type Link, personalToken, session, workspaceToken } from '../support/principals.ts';
import { type Random, seededRandom } from '../support/random.ts';

interface Place {
  readonly channelId: string;
  readonly access: AccessContext;
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

/** The tokens of `personalToken` belong to an owner who signed in at 0. */
const NOW = 100;

/** Returns a caller's access to a channel. A workspace token has its role only in its own workspace. */
function randomPlace(random: Random, principal: Principal): Place {
  const workspaceId = random.pick(['w', 'v', 'x']);
  const isHome = principal.kind === 'WORKSPACE_TOKEN' && principal.workspaceId === workspaceId;
  const role =
    principal.kind === 'WORKSPACE_TOKEN' ? (isHome ? principal.role : null) : random.pick([null, ...ROLES]);
  return {
    channelId: random.pick(['c1', 'c2', 'c3']),
    access: {
      workspaceId,
      role,
      shared: [],
      policy: {
        personalTokens: random.pick(['ALLOWED', 'ALLOWED', 'FORBIDDEN'] as const),
        maxLifetime: random.pick([null, null, 10]),
        ownerSeenWithin: random.pick([null, null, 5, 500]),
        requireExpiry: false,
        tokenRoles: ROLES,
      },
    },
  };
}

/** Returns whether a list with the visibility filter contains the channel. */
function contains(filter: VisibilityFilter | null, { channelId, access }: Place): boolean {
  if (!filter) return false;
  const held =
    'workspaceId' in filter.holder
      ? filter.holder.workspaceId === access.workspaceId
      : access.role !== null && isAtLeast(access.role, filter.role);
  const limited = filter.limits.every((clauses) =>
    clauses.some(
      (clause) =>
        (clause.entityId === null || clause.entityId === channelId) &&
        (clause.workspaceId === null || clause.workspaceId === access.workspaceId),
    ),
  );
  return held && limited && (filter.subject === null || isOpenTo(access.policy, filter.subject));
}

function isAllowed(principal: Principal, operation: Operation, { channelId, access }: Place): boolean {
  const { workspaceId } = access;
  const request = {
    kind: 'entity',
    operation,
    entityType: 'channel',
    entityId: channelId,
    workspaceId,
  } as const;
  const decision =
    authorizeBeforeLookup(principal, request) ?? authorizeEntity(principal, request, access, NOW);
  return decision.allowed;
}

describe('the visibility filter of a caller', () => {
  test('contains exactly the channels on which the caller is allowed the operation', () => {
    const random = seededRandom(1);
    let visible = 0;
    for (let round = 0; round < 5000; round++) {
      const principal = randomPrincipal(random);
      const place = randomPlace(random, principal);
      const operation = random.pick(['READ', 'LIST', 'UPDATE', 'PUBLISH'] as const);
      const contained = contains(visibilityFilterFor(principal, operation, 'channel', NOW), place);
      expect(contained, JSON.stringify({ principal, place, operation })).toBe(
        isAllowed(principal, operation, place),
      );
      if (contained) visible += 1;
    }
    expect(visible).toBeGreaterThan(500);
  });

  test('never grows with another token in the chain', () => {
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
