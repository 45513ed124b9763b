import { describe, expect, test } from 'vitest';
import { ANONYMOUS, isToken, policySubjectOf, userIdOf } from '../../src/domain/principal.ts';
import { authority, personalToken, session, workspaceToken } from '../support/principals.ts';

const PERSONAL = personalToken({ lifetime: 5 }, { lifetime: 30 });
const WORKSPACE = { ...workspaceToken('VIEWER'), chain: [authority({ lifetime: null })] as const };
const ALL = [ANONYMOUS, session(), PERSONAL, WORKSPACE];

describe('a principal', () => {
  test('is a token only as a personal or a workspace token', () => {
    expect(ALL.map(isToken)).toEqual([false, false, true, true]);
  });

  test('has a user if it is a session or a personal token', () => {
    expect(ALL.map(userIdOf)).toEqual([null, 'u', 'u', null]);
  });

  test('is subject to policies only if it is a token, with the longest lifetime of its chain', () => {
    expect(ALL.map((each) => policySubjectOf(each, 7))).toEqual([
      null,
      null,
      { kind: 'PERSONAL', lifetime: 30, unseenFor: 7 },
      { kind: 'WORKSPACE', lifetime: null, unseenFor: 0 },
    ]);
    const never = policySubjectOf({ ...PERSONAL, ownerSignedInAt: null }, 7);
    expect(never?.unseenFor).toBe(Number.MAX_SAFE_INTEGER);
  });
});
