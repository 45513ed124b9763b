import { describe, expect, test } from 'vitest';
import { ANONYMOUS, isToken, policySubjectOf, userIdOf } from '../../src/domain/principal.ts';
import { describeRequirement } from '../../src/domain/requirement.ts';
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

test.each([
  [{ kind: 'anyone' }, 'Needs nothing: anyone may call it.'],
  [{ kind: 'person' }, 'Needs no credential; refused to every token.'],
  [{ kind: 'credential' }, 'Needs any credential.'],
  [{ kind: 'session' }, 'Needs a signed-in person; refused to every token.'],
  [
    { kind: 'role', role: 'WORKSPACE_MANAGER', workspace: 'input.id' },
    'Needs the role Workspace Manager in the workspace; refused to every personal token.',
  ],
  [
    { kind: 'role', role: 'ADMINISTRATOR', workspace: 'input.workspaceId', orSelf: 'input.userId' },
    'Needs the role Administrator in the workspace, or to be the one concerned; refused to every personal token.',
  ],
  [
    { kind: 'entity', operation: 'PUBLISH', entityType: 'channel', entity: 'input.channelId' },
    'Needs PUBLISH on the channel: a token by its scopes, a person by role or share.',
  ],
  [{ kind: 'token', operation: 'LIST' }, 'Needs to own the token, or a scope with LIST on tokens.'],
  [
    { kind: 'token', operation: 'UPDATE', token: 'input.id', workspaceRole: 'ADMINISTRATOR' },
    'Needs to own the token, or a scope with UPDATE on tokens. On a workspace token: the role Administrator, refused to every personal token.',
  ],
] as const)('the need %j reads "%s"', (need, sentence) => {
  expect(describeRequirement(need)).toBe(sentence);
});
