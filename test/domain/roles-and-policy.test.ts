import { describe, expect, test } from 'vitest';
import { isOpenTo } from '../../src/domain/policy.ts';
import { isAtLeast, lowestRole, ROLES, rankOf, roleOfRank } from '../../src/domain/roles.ts';

describe('roles', () => {
  test('are ordered Viewer, Team Member, Workspace Manager, Administrator, Owner', () => {
    expect(ROLES).toEqual(['VIEWER', 'TEAM_MEMBER', 'WORKSPACE_MANAGER', 'ADMINISTRATOR', 'OWNER']);
  });

  test('include every lower role and no higher role', () => {
    for (const [rank, role] of ROLES.entries()) {
      expect(ROLES.filter((required) => isAtLeast(role, required))).toEqual(ROLES.slice(0, rank + 1));
    }
  });

  test('are restored from the stored rank; an unknown rank throws', () => {
    expect(ROLES.map((role) => roleOfRank(rankOf(role)))).toEqual([...ROLES]);
    expect(() => roleOfRank(5)).toThrow();
    expect(() => roleOfRank(-1)).toThrow();
  });

  test('of a chain give the lowest role of the chain', () => {
    expect(lowestRole('OWNER')).toBe('OWNER');
    expect(lowestRole('OWNER', 'VIEWER', 'ADMINISTRATOR')).toBe('VIEWER');
  });
});

describe('a policy', () => {
  const PERSONAL = ['PERSONAL'] as const;
  test.each([
    [9, 10, true],
    [10, 10, false],
    [0, 10, true],
    [Number.MAX_SAFE_INTEGER, 10, false],
    [Number.MAX_SAFE_INTEGER, null, true],
  ])(
    'for an owner absent for %s, with ownerSeenWithin %s, is open: %s',
    (unseenFor, ownerSeenWithin, open) => {
      const policy = { personalTokens: 'ALLOWED', maxLifetime: null, ownerSeenWithin } as const;
      expect(isOpenTo(policy, { kind: 'PERSONAL', lifetime: 1, unseenFor })).toBe(open);
      expect(isOpenTo(policy, { kind: 'WORKSPACE', lifetime: 1, unseenFor: 0 })).toBe(true);
    },
  );

  const WORKSPACE = ['WORKSPACE'] as const;
  test.each([
    [...PERSONAL, 10, 'ALLOWED', null, true],
    [...PERSONAL, 10, 'FORBIDDEN', null, false],
    [...WORKSPACE, 10, 'FORBIDDEN', null, true],
    [...PERSONAL, 10, 'ALLOWED', 10, true],
    [...PERSONAL, 11, 'ALLOWED', 10, false],
    [...WORKSPACE, 10, 'ALLOWED', 10, true],
    [...WORKSPACE, 11, 'ALLOWED', 10, false],
    [...WORKSPACE, null, 'ALLOWED', 10, false],
    [...WORKSPACE, null, 'ALLOWED', null, true],
    [...PERSONAL, 1, 'FORBIDDEN', 10, false],
  ] as const)(
    'for a %s token of lifetime %s, with personal tokens %s and maxLifetime %s, is open: %s',
    (kind, lifetime, personalTokens, maxLifetime, open) => {
      const policy = { personalTokens, maxLifetime, ownerSeenWithin: null };
      expect(isOpenTo(policy, { kind, lifetime, unseenFor: 100 })).toBe(open);
    },
  );
});
