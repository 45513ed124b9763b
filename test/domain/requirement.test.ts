import { expect, test } from 'vitest';
import { describeRequirement } from '../../src/domain/requirement.ts';

test.each([
  [{ kind: 'anyone' }, 'Requires no credential.'],
  [{ kind: 'person' }, 'Requires no credential. Tokens are refused.'],
  [{ kind: 'credential' }, 'Requires a session or a token.'],
  [{ kind: 'session' }, 'Requires a session. Tokens are refused.'],
  [
    { kind: 'role', role: 'WORKSPACE_MANAGER', workspace: 'input.id' },
    'Requires the role Workspace Manager in the workspace. Personal tokens are refused.',
  ],
  [
    { kind: 'role', role: 'ADMINISTRATOR', workspace: 'input.workspaceId', orSelf: 'input.userId' },
    'Requires the role Administrator in the workspace, unless the call applies to the caller. Personal tokens are refused.',
  ],
  [
    { kind: 'entity', operation: 'PUBLISH', entityType: 'channel', entity: 'input.channelId' },
    'Requires PUBLISH on the channel, by a role or a share, and by a scope if the caller is a SCOPED token.',
  ],
  [
    { kind: 'entity', operation: 'LIST', entityType: 'channel', lookup: true },
    'Requires LIST on channels, by a role or a share, and by a scope if the caller is a SCOPED token.',
  ],
  [
    { kind: 'token', operation: 'LIST' },
    'Requires a session, or a token with a scope that allows LIST on tokens.',
  ],
  [
    { kind: 'token', operation: 'UPDATE', token: 'input.id', workspaceRole: 'ADMINISTRATOR' },
    'Requires a session of the owner of the token, or a token with a scope that allows UPDATE on tokens. If the token belongs to a workspace: requires the role Administrator in it; personal tokens are refused.',
  ],
  [
    { kind: 'token', operation: 'UPDATE', token: 'input.id', subtreeOnly: ['input.role', 'input.scopes'] },
    'Requires a session of the owner of the token, or a token with a scope that allows UPDATE on tokens. A token can call it only on itself and its descendants, if any of role, scopes is set; other calls are refused with EXCEEDS_CALLER.',
  ],
  [
    { kind: 'session', reauthentication: true },
    'Requires a session. Tokens are refused. A session must have signed in or called reauthenticate in the last 10 minutes; otherwise the call is refused with REAUTHENTICATION_REQUIRED.',
  ],
  [
    {
      kind: 'role',
      role: 'WORKSPACE_MANAGER',
      workspace: 'input.id',
      reauthentication: { from: 'ADMINISTRATOR', role: 'input.role' },
    },
    'Requires the role Workspace Manager in the workspace. Personal tokens are refused. If the call concerns the role Administrator or a higher one, a session must have signed in or called reauthenticate in the last 10 minutes; otherwise the call is refused with REAUTHENTICATION_REQUIRED.',
  ],
] as const)('the requirement %j is described as "%s"', (requires, description) => {
  expect(describeRequirement(requires)).toBe(description);
});
