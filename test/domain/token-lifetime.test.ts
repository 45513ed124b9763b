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
  ])('%j means %s', (request, expiresAt) => {
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
  ])('%j is refused at %s', (request, path) => {
    expect(badPathsOf(() => parseExpiry(request, NOW, ['input', 'expires']))).toEqual([path]);
  });
});

describe('a personal token', () => {
  const bounds = { maxLifetime: 366 * DAY, required: true };
  const refusal = (expiresAt: number | null) =>
    badPathsOf(() => checkPersonalExpiry(expiresAt, NOW, bounds, ['e']));

  test('lives up to its bound, and not a millisecond longer', () => {
    expect(refusal(NOW + 366 * DAY)).toBeNull();
    expect(refusal(NOW + 366 * DAY + 1)).toEqual(['e']);
  });

  test('always expires', () => {
    expect(refusal(null)).toEqual(['e']);
  });
});

describe('a workspace token', () => {
  const MONTH = { ...DEFAULT_POLICY, maxLifetime: 30 * DAY };
  const MUST_EXPIRE = { ...DEFAULT_POLICY, requireExpiry: true };
  test.each([
    ['lives for ever where nothing forbids it', DEFAULT_POLICY, null, null],
    ['lives long where nothing forbids it', DEFAULT_POLICY, NOW + 10_000 * DAY, null],
    ['lives as long as the policy lets it', MONTH, NOW + 30 * DAY, null],
    ['does not live a millisecond longer', MONTH, NOW + 30 * DAY + 1, 'POLICY'],
    ['does not live for ever under a limit', MONTH, null, 'POLICY'],
    ['does not live for ever where expiry is required', MUST_EXPIRE, null, 'POLICY'],
    ['lives long where only expiry is required', MUST_EXPIRE, NOW + 10_000 * DAY, null],
  ] as const)('%s', (_promise, policy, expiresAt, reason) => {
    expect(refusalOf(() => checkWorkspaceExpiry(expiresAt, NOW, policy))?.reason ?? null).toBe(reason);
  });
});

describe('a token for which no expiry was asked', () => {
  test.each([
    ['lives 30 days', null, null, NOW + 30 * DAY],
    ['lives 30 days where more is allowed', 366 * DAY, null, NOW + 30 * DAY],
    ['lives as long as it may where that is less', 7 * DAY, null, NOW + 7 * DAY],
    ['ends with its parent', 366 * DAY, NOW + 99 * DAY, NOW + 99 * DAY],
    ['ends with its parent, though that ends soon', null, NOW + DAY, NOW + DAY],
  ])('%s', (_promise, maxLifetime, parentExpiresAt, expiresAt) => {
    expect(defaultExpiry(NOW, maxLifetime, parentExpiresAt)).toBe(expiresAt);
  });
});

test('a lifetime runs from the issue of the present secret to the expiry', () => {
  expect(lifetimeOf({ issuedAt: NOW, expiresAt: NOW + DAY })).toBe(DAY);
  expect(lifetimeOf({ issuedAt: NOW, expiresAt: null })).toBeNull();
});

describe('an overlap', () => {
  test('lasts up to seven days', () => {
    expect(parseOverlap('P7D', ['input', 'overlap'])).toBe(7 * DAY);
  });

  test.each(['P7DT1S', 'P1M', 'PT0S', 'P-1D', ''])('of %j is refused', (text) => {
    expect(badPathsOf(() => parseOverlap(text, ['input', 'overlap']))).toEqual(['input.overlap']);
  });
});
