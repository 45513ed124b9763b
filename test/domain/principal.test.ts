import { describe, expect, test } from 'vitest';
import { ANONYMOUS, isToken, policySubjectOf, userIdOf } from '../../src/domain/principal.ts';
import { authority, personalToken, session, workspaceToken } from '../support/principals.ts';

const PERSONAL = personalToken({ lifetime: 5 }, { lifetime: 30 });
const WORKSPACE = { ...workspaceToken('VIEWER'), chain: [authority({ lifetime: null })] as const };
const ALL = [ANONYMOUS, session(), PERSONAL, WORKSPACE];

describe('a principal', () => {
  test('is a token or none', () => {
    expect(ALL.map(isToken)).toEqual([false, false, true, true]);
  });

  test('has a user behind it where a person or a personal token calls', () => {
    expect(ALL.map(userIdOf)).toEqual([null, 'u', 'u', null]);
  });

  test('is judged by policies with a token only, and by the longest life of its chain', () => {
    expect(ALL.map(policySubjectOf)).toEqual([
      null,
      null,
      { kind: 'PERSONAL', lifetime: 30 },
      { kind: 'WORKSPACE', lifetime: null },
    ]);
  });
});
