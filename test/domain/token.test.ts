import { describe, expect, test } from 'vitest';
import { statusOf } from '../../src/domain/token.ts';

const NOW = 1_000;

/** Every combination of state columns, with the status by precedence: revoked, disabled, expired, used up, active. */
const STATES = [null, 500].flatMap((revokedAt) =>
  [null, 500].flatMap((disabledAt) =>
    [false, true].flatMap((isAncestorDisabled) =>
      [null, NOW + 1, NOW, NOW - 1].flatMap((expiresAt) =>
        [false, true].map((isUsedUp) => {
          const token = { revokedAt, disabledAt, isAncestorDisabled, expiresAt, isUsedUp };
          const expired = expiresAt === NOW || expiresAt === NOW - 1;
          if (revokedAt) return { token, status: 'REVOKED' };
          if (disabledAt || isAncestorDisabled) return { token, status: 'DISABLED' };
          if (expired) return { token, status: 'EXPIRED' };
          return { token, status: isUsedUp ? 'USED_UP' : 'ACTIVE' };
        }),
      ),
    ),
  ),
);

describe('the status of a token', () => {
  test.each(STATES)('$token is $status', ({ token, status }) => {
    expect(statusOf(token, NOW)).toBe(status);
  });

  test('becomes EXPIRED at the millisecond of the expiry', () => {
    const token = {
      revokedAt: null,
      disabledAt: null,
      isAncestorDisabled: false,
      expiresAt: NOW,
      isUsedUp: false,
    };
    expect([NOW - 1, NOW, NOW + 1].map((now) => statusOf(token, now))).toEqual([
      'ACTIVE',
      'EXPIRED',
      'EXPIRED',
    ]);
  });
});
