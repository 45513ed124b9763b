import { describe, expect, test } from 'vitest';
import { DAY } from '../../src/domain/duration.ts';
import {
  checkPersonalExpiry,
  checkWorkspaceExpiry,
  defaultExpiry,
  lifetimeOf,
  parseExpiry,
  parseOverlap,
} from '../../src/domain/token-lifetime.ts';
import { DEFAULT_POLICY } from '../../src/domain/workspace.ts';
import { badPathsOf, refusalOf } from '../support/refusal.ts';

const NOW = Date.UTC(2030, 0, 1);

describe('a request for an expiry', () => {
  test.each([
    [{ after: 'P1D' }, NOW + DAY],
    [{ at: new Date(NOW + 1) }, NOW + 1],
    [{ never: true }, null],
  ])('%j is parsed as %s', (request, expiresAt) => {
    expect(parseExpiry(request, NOW, ['input', 'expires'])).toBe(expiresAt);
  });

  test.each([
    [{ after: 'PT0S' }, 'input.expires.after'],
    [{ after: 'soon' }, 'input.expires.after'],
    [{ at: new Date(NOW) }, 'input.expires.at'],
    [{ at: new Date(NOW - DAY) }, 'input.expires.at'],
    [{ at: new Date(Number.NaN) }, 'input.expires.at'],
    [{ never: false }, 'input.expires.never'],
    [{}, 'input.expires.never'],
  ])('%j is rejected at %s', (request, path) => {
    expect(badPathsOf(() => parseExpiry(request, NOW, ['input', 'expires']))).toEqual([path]);
  });
});

describe('a personal token', () => {
  const bounds = { maxLifetime: 366 * DAY, required: true };
  const refusal = (expiresAt: number | null) =>
    badPathsOf(() => checkPersonalExpiry(expiresAt, NOW, bounds, ['e']));

  test('expires no later than the maximum lifetime, to the millisecond', () => {
    expect(refusal(NOW + 366 * DAY)).toBeNull();
    expect(refusal(NOW + 366 * DAY + 1)).toEqual(['e']);
  });

  test('must expire', () => {
    expect(refusal(null)).toEqual(['e']);
  });
});

describe('a workspace token', () => {
  const MONTH = { ...DEFAULT_POLICY, maxLifetime: 30 * DAY };
  const MUST_EXPIRE = { ...DEFAULT_POLICY, requireExpiry: true };
  test.each([
    ['can have no expiry by default', DEFAULT_POLICY, null, null],
    ['can have any expiry by default', DEFAULT_POLICY, NOW + 10_000 * DAY, null],
    ['can have the maximum lifetime of the policy', MONTH, NOW + 30 * DAY, null],
    ['cannot have a millisecond more', MONTH, NOW + 30 * DAY + 1, 'POLICY'],
    ['must expire if the policy has a maximum lifetime', MONTH, null, 'POLICY'],
    ['must expire if the policy requires an expiry', MUST_EXPIRE, null, 'POLICY'],
    ['can have any expiry if the policy only requires one', MUST_EXPIRE, NOW + 10_000 * DAY, null],
  ] as const)('%s', (_promise, policy, expiresAt, reason) => {
    expect(refusalOf(() => checkWorkspaceExpiry(expiresAt, NOW, policy))?.reason ?? null).toBe(reason);
  });
});

describe('a token without a requested expiry', () => {
  test.each([
    ['expires in 30 days', null, null, NOW + 30 * DAY],
    ['expires in 30 days if more is allowed', 366 * DAY, null, NOW + 30 * DAY],
    ['has the maximum lifetime if that is less than 30 days', 7 * DAY, null, NOW + 7 * DAY],
    ['expires with its parent, even after more than 30 days', 366 * DAY, NOW + 99 * DAY, NOW + 99 * DAY],
    ['expires with its parent, even after less than 30 days', null, NOW + DAY, NOW + DAY],
  ])('%s', (_promise, maxLifetime, parentExpiresAt, expiresAt) => {
    expect(defaultExpiry(NOW, maxLifetime, parentExpiresAt)).toBe(expiresAt);
  });
});

test('a lifetime runs from the issue of the current secret to the expiry', () => {
  expect(lifetimeOf({ issuedAt: NOW, expiresAt: NOW + DAY })).toBe(DAY);
  expect(lifetimeOf({ issuedAt: NOW, expiresAt: null })).toBeNull();
});

describe('an overlap', () => {
  test('can last seven days', () => {
    expect(parseOverlap('P7D', ['input', 'overlap'])).toBe(7 * DAY);
  });

  test.each(['P7DT1S', 'P1M', 'PT0S', 'P-1D', ''])('of %j is rejected', (text) => {
    expect(badPathsOf(() => parseOverlap(text, ['input', 'overlap']))).toEqual(['input.overlap']);
  });
});
