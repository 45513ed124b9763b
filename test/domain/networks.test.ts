import { describe, expect, test } from 'vitest';
import { commonNetworks, isWithinLimits } from '../../src/domain/values/limits.ts';
import { isAddressWithin, isBlockWithin, parseBlock } from '../../src/domain/values/networks.ts';
import { refusalOf } from '../support/refusal.ts';

describe('a network', () => {
  test.each([
    ['192.0.2.0/24', '192.0.2.0/24'],
    ['192.0.2.7', '192.0.2.7/32'],
    ['0.0.0.0/0', '0.0.0.0/0'],
    ['2001:DB8::/32', '2001:db8::/32'],
    ['::1', '::1/128'],
    ['::ffff:192.0.2.0/120', '192.0.2.0/24'],
    ['::ffff:192.0.2.7', '192.0.2.7/32'],
  ])('%s is stored as %s', (text, block) => {
    expect(parseBlock(text, [])).toBe(block);
  });

  test.each([
    '192.0.2.1/24',
    '2001:db8::1/32',
    '192.0.2.0/33',
    '192.0.2.0/-1',
    '192.0.2.0/',
    '192.0.2.0/24/24',
    '192.0.2/24',
    '0x7f.0.0.1',
    '010.0.0.1',
    '::ffff:192.0.2.0/24',
    'fe80::1%eth0',
    'localhost',
    '',
    '1'.repeat(100),
  ])('%j is refused', (text) => {
    expect(refusalOf(() => parseBlock(text, []))?.code).toBe('BAD_USER_INPUT');
  });

  test.each([
    ['192.0.2.255', true],
    ['192.0.3.0', false],
    ['::ffff:192.0.2.1', true],
    ['2001:db8:ffff::1', true],
    ['2001:db9::', false],
    ['::c000:201', false],
    ['unknown', false],
    [null, false],
  ])('contains %s: %s', (address, expected) => {
    expect(isAddressWithin(address, ['192.0.2.0/24', '2001:db8::/32'])).toBe(expected);
  });

  test('lies in another one if all its addresses do', () => {
    expect(isBlockWithin('192.0.2.128/25', ['192.0.2.0/24'])).toBe(true);
    expect(isBlockWithin('192.0.2.0/24', ['192.0.2.0/24'])).toBe(true);
    expect(isBlockWithin('192.0.0.0/16', ['192.0.2.0/24'])).toBe(false);
    expect(isBlockWithin('::/0', ['0.0.0.0/0'])).toBe(false);
  });
});

test('limits are within others if they allow no more', () => {
  const bounds = { networks: ['192.0.2.0/24'], requestsPerMinute: 10, uses: 5 };
  expect(isWithinLimits(bounds, bounds)).toBe(true);
  expect(isWithinLimits(null, null)).toBe(true);
  expect(isWithinLimits(bounds, null)).toBe(true);
  for (const looser of [
    { networks: null },
    { networks: ['0.0.0.0/0'] },
    { requestsPerMinute: 11 },
    { uses: null },
  ]) {
    expect(isWithinLimits({ ...bounds, ...looser }, bounds)).toBe(false);
  }
  expect(isWithinLimits(null, bounds)).toBe(false);
});

test('common networks are those that both lists contain', () => {
  expect(commonNetworks(null, ['10.0.0.0/8'])).toEqual(['10.0.0.0/8']);
  expect(commonNetworks(['10.0.0.0/8', '192.0.2.0/24'], ['10.1.0.0/16', '192.0.0.0/16'])).toEqual([
    '192.0.2.0/24',
    '10.1.0.0/16',
  ]);
  expect(commonNetworks(['10.0.0.0/8'], ['192.0.2.0/24'])).toEqual([]);
});
