import { describe, expect, test } from 'vitest';
import { type ClaimRule, fulfilsAll, parseClaimRules } from '../../src/domain/federation/claims.ts';
import { badPathsOf } from '../support/refusal.ts';

const TENANT = { name: 'repository_owner', value: 'acme' };
const rejected = (...rules: ClaimRule[]) => badPathsOf(() => parseClaimRules(rules, ['claims'])) !== null;

describe('rules', () => {
  test('need at least one that names the tenant', () => {
    expect(rejected()).toBe(true);
    expect(rejected({ name: 'ref', value: 'refs/heads/main' })).toBe(true);
    for (const name of [
      ...['sub', 'repository', 'repository_owner', 'repository_owner_id'],
      ...['project_path', 'namespace_path', 'namespace_id'],
    ]) {
      expect(rejected({ name, value: 'acme' }), name).toBe(false);
    }
    expect(rejected({ name: 'Repository', value: 'acme/app' })).toBe(true);
  });

  test.each(['repo:*', 'project_path:*', 'repo:/*', 'spiffe://*', 'https:*'])(
    'a sub of %s names no tenant',
    (value) => {
      expect(rejected({ name: 'sub', value })).toBe(true);
    },
  );

  test.each(['repo:org/*', 'repo:org/app:*', 'system:serviceaccount:shop:*', 'repo:org/app:ref:x'])(
    'a sub of %s names a tenant',
    (value) => {
      expect(rejected({ name: 'sub', value })).toBe(false);
    },
  );

  test.each(['*', 'repo:org*', 'repo:*/app', 'a*c/*', 'ab/*', 'repo:org/**', '/*', 'acme.*'])(
    'a star is refused in %s',
    (value) => {
      expect(rejected(TENANT, { name: 'sub', value })).toBe(true);
    },
  );

  test('are at most twenty, each on another claim, with a name and a value of limited length', () => {
    const rule = (name: string, value = 'x') => ({ name, value });
    expect(rejected(TENANT, ...Array.from({ length: 20 }, (_, index) => rule(`c${index}`)))).toBe(true);
    expect(rejected(TENANT, TENANT)).toBe(true);
    for (const name of ['', 'a b', 'x'.repeat(101)]) expect(rejected(TENANT, rule(name)), name).toBe(true);
    for (const value of ['', 'x'.repeat(501)]) expect(rejected(TENANT, rule('c', value))).toBe(true);
  });
});

describe('claims', () => {
  const fulfil = (claims: object, value: string, name = 'sub') =>
    fulfilsAll(claims as Record<string, unknown>, [{ name, value }]);

  test('are compared byte for byte', () => {
    expect(fulfil({ sub: 'repo:acme/app' }, 'repo:acme/app')).toBe(true);
    for (const sub of ['repo:Acme/app', 'repo:acme/app ', 'repo:acme/app\u0000', 'repo:acme/ap']) {
      expect(fulfil({ sub }, 'repo:acme/app'), sub).toBe(false);
    }
    expect(fulfil({ sub: 'repo:ac\u006de\u0301/app' }, 'repo:acm\u00e9/app')).toBe(false);
  });

  test('a star stands for a rest, never for nothing or for a part of a name', () => {
    expect(fulfil({ sub: 'repo:org/app' }, 'repo:org/*')).toBe(true);
    for (const sub of ['repo:org/', 'repo:org-evil/app', 'repo:orgs/app', 'xrepo:org/app', 'repo:Org/app']) {
      expect(fulfil({ sub }, 'repo:org/*'), sub).toBe(false);
    }
    // A star in a token is an ordinary character.
    expect(fulfil({ sub: 'repo:*' }, 'repo:org/app')).toBe(false);
  });

  test('numbers and booleans are compared as JSON; other values never match', () => {
    expect(fulfil({ id: 65 }, '65', 'id')).toBe(true);
    expect(fulfil({ id: '65' }, '65', 'id')).toBe(true);
    expect(fulfil({ id: true }, 'true', 'id')).toBe(true);
    for (const id of [null, ['65'], [65], { 0: '65' }, 65.5, 650, undefined]) {
      expect(fulfil({ id }, '65', 'id'), JSON.stringify(id)).toBe(false);
    }
    expect(fulfil({ id: null }, 'null', 'id')).toBe(false);
    expect(fulfil({ id: ['a'] }, '["a"]', 'id')).toBe(false);
    // Another number has the same text.
    expect(fulfil(JSON.parse('{"id": 9007199254740993}'), '9007199254740992', 'id')).toBe(false);
  });

  test('a missing or inherited claim fulfils no rule, and no rules are fulfilled by nothing', () => {
    expect(fulfil({}, 'x')).toBe(false);
    expect(fulfil({}, 'x', 'constructor')).toBe(false);
    expect(fulfilsAll({ sub: 'x' }, [])).toBe(false);
    const rules = [TENANT, { name: 'ref', value: 'refs/heads/main' }];
    expect(fulfilsAll({ repository_owner: 'acme', ref: 'refs/heads/main' }, rules)).toBe(true);
    expect(fulfilsAll({ repository_owner: 'acme' }, rules)).toBe(false);
  });
});
