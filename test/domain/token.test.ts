import { describe, expect, test } from 'vitest';
import { statusOf } from '../../src/domain/token.ts';

const NOW = 1_000;

/** Every combination of state columns, with the status by precedence: revoked, disabled, expired, used up, active. */
const STATES = [null, 500].flatMap((revokedAt) =>
  [null, 500].flatMap((disabledAt) =>
    [null, 500].flatMap((ancestorDisabledAt) =>
      [null, NOW + 1, NOW, NOW - 1].flatMap((expiresAt) =>
        [null, 1, 0].map((usesLeft) => {
          const token = { revokedAt, disabledAt, ancestorDisabledAt, expiresAt, usesLeft };
          const expired = expiresAt === NOW || expiresAt === NOW - 1;
          if (revokedAt) return { token, status: 'REVOKED' };
          if (disabledAt || ancestorDisabledAt) return { token, status: 'DISABLED' };
          if (expired) return { token, status: 'EXPIRED' };
          return { token, status: usesLeft === 0 ? 'USED_UP' : 'ACTIVE' };
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
      ancestorDisabledAt: null,
      expiresAt: NOW,
      usesLeft: null,
    };
    expect([NOW - 1, NOW, NOW + 1].map((now) => statusOf(token, now))).toEqual([
      'ACTIVE',
      'EXPIRED',
      'EXPIRED',
    ]);
  });
});
