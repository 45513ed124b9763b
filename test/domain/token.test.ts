import { describe, expect, test } from 'vitest';
import { statusOf } from '../../src/domain/token.ts';

const NOW = 1_000;

/** Every combination of state columns, with the status by precedence: revoked, disabled, expired, active. */
const STATES = [null, 500].flatMap((revokedAt) =>
  [null, 500].flatMap((disabledAt) =>
    [null, 500].flatMap((ancestorDisabledAt) =>
      [null, NOW + 1, NOW, NOW - 1].map((expiresAt) => {
        const token = { revokedAt, disabledAt, ancestorDisabledAt, expiresAt };
        const expired = expiresAt === NOW || expiresAt === NOW - 1;
        if (revokedAt) return { token, status: 'REVOKED' };
        if (disabledAt || ancestorDisabledAt) return { token, status: 'DISABLED' };
        return { token, status: expired ? 'EXPIRED' : 'ACTIVE' };
      }),
    ),
  ),
);

describe('the status of a token', () => {
  test.each(STATES)('$token is $status', ({ token, status }) => {
    expect(statusOf(token, NOW)).toBe(status);
  });

  test('becomes EXPIRED at the millisecond of the expiry', () => {
    const token = { revokedAt: null, disabledAt: null, ancestorDisabledAt: null, expiresAt: NOW };
    expect([NOW - 1, NOW, NOW + 1].map((now) => statusOf(token, now))).toEqual([
      'ACTIVE',
      'EXPIRED',
      'EXPIRED',
    ]);
  });
});
