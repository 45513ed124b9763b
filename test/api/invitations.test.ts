import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { DAY } from '../../src/domain/duration.ts';
import type { Role } from '../../src/domain/roles.ts';
import { composeSecret } from '../../src/domain/secret.ts';
import { PASSWORD, startTestApp, type TestApp } from '../support/app.ts';
import { refusalsBelow, refusalsFor } from '../support/role-gate.ts';
import { createPersonalToken, createWorkspaceToken } from '../support/tokens.ts';

let postern: TestApp;
beforeEach(async () => {
  postern = await startTestApp();
});
afterEach(() => postern.close());

const INVITE = `mutation ($workspaceId: ID!, $email: EmailAddress!, $role: Role!) {
  inviteMember(input: { workspaceId: $workspaceId, email: $email, role: $role }) {
    invitationSecret expiresAt invitation { id email role }
  }
}`;
const ACCEPT = `mutation ($input: AcceptInvitationInput!) {
  acceptInvitation(input: $input) { member { role joinedAt user { name email } } workspace { id name } }
}`;
const REVOKE = `mutation ($workspaceId: ID!, $id: ID!) {
  revokeInvitation(input: { workspaceId: $workspaceId, id: $id }) { revokedInvitationId }
}`;
const OPEN = `query ($id: ID!) {
  workspace(id: $id) { invitations { id email role createdAt expiresAt invitedBy { email } } }
}`;
const STOP = 'mutation ($id: ID!) { FIELD(input: { id: $id }) { token { status } } }';

function invite(email: string, role: Role, secret: string | null = postern.owner.session) {
  return postern.post(INVITE, { workspaceId: postern.workspaceId, email, role }, secret);
}

async function secretFor(email: string, role: Role = 'VIEWER', by?: string): Promise<string> {
  return (await invite(email, role, by)).data.inviteMember.invitationSecret;
}

function accept(secret: string, by: string | null = null, account: object = {}) {
  return postern.post(ACCEPT, { input: { secret, ...account } }, by);
}

function revoke(id: string, secret: string | null = postern.owner.session) {
  return postern.post(REVOKE, { workspaceId: postern.workspaceId, id }, secret);
}

async function openInvitations() {
  const { data } = await postern.post(OPEN, { id: postern.workspaceId }, postern.owner.session);
  return data.workspace.invitations;
}

const NEW_ACCOUNT = { name: 'Ada', password: PASSWORD };

describe('inviteMember', () => {
  test('returns the secret once, and lists the invitation without it', async () => {
    const { data } = await invite('Ada@Example.com', 'TEAM_MEMBER');
    const expiresAt = new Date(postern.now() + 7 * DAY).toISOString();
    expect(data.inviteMember).toEqual({
      invitationSecret: expect.stringMatching(/^inv_[0-9A-Za-z]{49}$/),
      expiresAt,
      invitation: { id: expect.stringMatching(/^ivt_/), email: 'ada@example.com', role: 'TEAM_MEMBER' },
    });
    expect(await openInvitations()).toEqual([
      {
        ...data.inviteMember.invitation,
        createdAt: new Date(postern.now()).toISOString(),
        expiresAt,
        invitedBy: { email: 'owner@example.com' },
      },
    ]);
  });

  test('replaces the open invitation of the same person', async () => {
    const first = await secretFor('ada@example.com', 'TEAM_MEMBER');
    const second = await secretFor('ada@example.com', 'VIEWER');
    expect((await accept(first, null, NEW_ACCOUNT)).code).toBe('NOT_FOUND');
    expect((await accept(second, null, NEW_ACCOUNT)).data.acceptInvitation.member.role).toBe('VIEWER');
  });

  test('of a member is a conflict', async () => {
    const ada = await postern.person('Ada', 'VIEWER');
    expect((await invite(ada.email, 'OWNER')).code).toBe('CONFLICT');
  });

  test('cannot give a role above that of the caller, a person or a workspace token', async () => {
    const manager = await postern.person('Manager', 'WORKSPACE_MANAGER');
    const token = await createWorkspaceToken(postern, 'WORKSPACE_MANAGER');
    for (const caller of [manager.session, token.secret]) {
      const { errors } = await invite('ada@example.com', 'ADMINISTRATOR', caller);
      expect(errors[0]?.extensions).toMatchObject({ code: 'FORBIDDEN', reason: 'EXCEEDS_CALLER' });
      expect((await invite('ada@example.com', 'WORKSPACE_MANAGER', caller)).errors).toEqual([]);
    }
  });

  test('cannot replace an invitation for a role above that of the caller', async () => {
    const manager = await postern.person('Manager', 'WORKSPACE_MANAGER');
    await invite('ada@example.com', 'OWNER');
    const { errors } = await invite('ada@example.com', 'VIEWER', manager.session);
    expect(errors[0]?.extensions).toMatchObject({ reason: 'ROLE_REQUIRED', required: { role: 'OWNER' } });
  });

  test('rejects an invalid email address', async () => {
    expect((await invite('nonsense', 'VIEWER')).code).toBe('BAD_VARIABLES');
  });

  test('is refused to every caller below Workspace Manager', async () => {
    const refusals = await refusalsBelow(postern, 'WORKSPACE_MANAGER', (secret) =>
      invite('ada@example.com', 'VIEWER', secret),
    );
    expect(refusals).toEqual(refusalsFor('WORKSPACE_MANAGER'));
    expect(await openInvitations()).toEqual([]);
  });
});

describe('acceptInvitation', () => {
  test('creates an account for a new user, who can then sign in', async () => {
    const secret = await secretFor('ada@example.com', 'TEAM_MEMBER');
    const { data } = await accept(secret, null, NEW_ACCOUNT);
    expect(data.acceptInvitation).toEqual({
      member: {
        role: 'TEAM_MEMBER',
        joinedAt: new Date(postern.now()).toISOString(),
        user: { name: 'Ada', email: 'ada@example.com' },
      },
      workspace: { id: postern.workspaceId, name: 'Main' },
    });
    expect(await postern.signIn('ada@example.com')).toMatch(/^ses_/);
    expect(await openInvitations()).toEqual([]);
  });

  test('makes the signed-in owner of the address a member, and does not change the account', async () => {
    const ada = await postern.person('Ada');
    const { data } = await accept(await secretFor(ada.email, 'VIEWER'), ada.session, {
      name: 'Other',
      password: 'another long password',
    });
    expect(data.acceptInvitation.member).toMatchObject({ role: 'VIEWER', user: { name: 'Ada' } });
    expect(await postern.signIn(ada.email)).toMatch(/^ses_/);
  });

  test('requires the owner of an address with an account to sign in', async () => {
    const ada = await postern.person('Ada');
    const secret = await secretFor(ada.email);
    const { code, errors } = await accept(secret, null, { name: 'Thief', password: PASSWORD });
    expect(code).toBe('UNAUTHENTICATED');
    expect(JSON.stringify(errors)).not.toContain(ada.email);
    expect((await accept(secret, ada.session)).errors).toEqual([]);
  });

  test('responds to another account as if the invitation did not exist', async () => {
    const ada = await postern.person('Ada');
    const stranger = await postern.person('Stranger');
    const secrets = [await secretFor(ada.email), await secretFor('unknown@example.com')];
    const absent = await accept('inv_nonsense', stranger.session);
    for (const secret of secrets) {
      expect((await accept(secret, stranger.session, NEW_ACCOUNT)).errors).toEqual(absent.errors);
    }
    expect(absent.code).toBe('NOT_FOUND');
    expect(await openInvitations()).toHaveLength(2);
  });

  test('works once', async () => {
    const secret = await secretFor('ada@example.com');
    await accept(secret, null, NEW_ACCOUNT);
    expect((await accept(secret, null, NEW_ACCOUNT)).code).toBe('NOT_FOUND');
    expect((await accept(secret, await postern.signIn('ada@example.com'))).code).toBe('NOT_FOUND');
  });

  test('works once among many concurrent calls', async () => {
    const secret = await secretFor('ada@example.com');
    const responses = await Promise.all(Array.from({ length: 8 }, () => accept(secret, null, NEW_ACCOUNT)));
    const joined = responses.filter(({ errors }) => errors.length === 0);
    const codes = new Set(responses.map(({ code }) => code));
    expect([joined.length, codes]).toEqual([1, new Set([undefined, 'NOT_FOUND'])]);
  });

  test('works for seven days, to the millisecond', async () => {
    const [early, late] = [await secretFor('ada@example.com'), await secretFor('ben@example.com')];
    postern.advance(7 * DAY - 1);
    expect((await accept(early, null, NEW_ACCOUNT)).errors).toEqual([]);
    postern.advance(1);
    expect((await accept(late, null, NEW_ACCOUNT)).code).toBe('NOT_FOUND');
  });

  const unknown = composeSecret('INVITATION', new Uint8Array(32));
  test.each(['', 'nonsense', 'ses_0000', `inv_${'0'.repeat(49)}`, unknown])(
    'does not accept the secret %j',
    async (secret) => {
      expect((await accept(secret, null, NEW_ACCOUNT)).code).toBe('NOT_FOUND');
    },
  );

  test('reports every invalid value to a new user, but only with a valid secret', async () => {
    const secret = await secretFor('ada@example.com');
    const { errors } = await accept(secret, null, { name: ' ', password: 'short' });
    expect(errors[0]?.extensions).toMatchObject({
      code: 'BAD_USER_INPUT',
      issues: [{ path: ['input', 'name'] }, { path: ['input', 'password'] }],
    });
    expect((await accept(secret)).code).toBe('BAD_USER_INPUT');
    expect((await accept(secret, null, NEW_ACCOUNT)).errors).toEqual([]);
  });

  test('is refused to every token', async () => {
    const ada = await postern.person('Ada');
    const secret = await secretFor(ada.email);
    const personal = await createPersonalToken(postern, ada.session);
    const workspace = await createWorkspaceToken(postern, 'OWNER');
    for (const token of [personal, workspace]) {
      const { errors } = await accept(secret, token.secret);
      expect(errors[0]?.extensions).toMatchObject({ code: 'FORBIDDEN', reason: 'SESSION_REQUIRED' });
    }
  });
});

describe('revokeInvitation', () => {
  test('makes the secret invalid', async () => {
    const { invitationSecret, invitation } = (await invite('ada@example.com', 'VIEWER')).data.inviteMember;
    expect((await revoke(invitation.id)).data.revokeInvitation.revokedInvitationId).toBe(invitation.id);
    expect((await accept(invitationSecret, null, NEW_ACCOUNT)).code).toBe('NOT_FOUND');
    expect((await revoke(invitation.id)).code).toBe('NOT_FOUND');
  });

  test('cannot revoke an invitation for a role above that of the caller, or of another workspace', async () => {
    const manager = await postern.person('Manager', 'WORKSPACE_MANAGER');
    const { id } = (await invite('ada@example.com', 'OWNER')).data.inviteMember.invitation;
    const { errors } = await revoke(id, manager.session);
    expect(errors[0]?.extensions).toMatchObject({ reason: 'ROLE_REQUIRED', required: { role: 'OWNER' } });
    const workspaceId = await postern.workspace('Other', [[postern.owner, 'OWNER']]);
    expect((await postern.post(REVOKE, { workspaceId, id }, postern.owner.session)).code).toBe('NOT_FOUND');
  });

  test('is refused to every caller below Workspace Manager, and so is the list', async () => {
    const { id } = (await invite('ada@example.com', 'VIEWER')).data.inviteMember.invitation;
    const refusals = await refusalsBelow(postern, 'WORKSPACE_MANAGER', (secret) => revoke(id, secret));
    expect(refusals).toEqual(refusalsFor('WORKSPACE_MANAGER'));
    const member = await postern.person('Member', 'TEAM_MEMBER');
    const { errors } = await postern.post(OPEN, { id: postern.workspaceId }, member.session);
    expect(errors[0]?.extensions).toMatchObject({ required: { role: 'WORKSPACE_MANAGER' } });
  });
});

describe('an invitation by a workspace token', () => {
  const stop = (field: string, id: string) =>
    postern.post(STOP.replace('FIELD', field), { id }, postern.owner.session);

  test('works, and does not outlive the token', async () => {
    const { secret } = await createWorkspaceToken(postern, 'ADMINISTRATOR', { expires: { after: 'P1D' } });
    const { data } = await invite('ada@example.com', 'ADMINISTRATOR', secret);
    expect(data.inviteMember.expiresAt).toBe(new Date(postern.now() + DAY).toISOString());
    expect((await accept(data.inviteMember.invitationSecret, null, NEW_ACCOUNT)).errors).toEqual([]);
  });

  test('does not work while the token is disabled', async () => {
    const token = await createWorkspaceToken(postern, 'ADMINISTRATOR');
    const secret = await secretFor('ada@example.com', 'ADMINISTRATOR', token.secret);
    await stop('disableToken', token.id);
    expect((await accept(secret, null, NEW_ACCOUNT)).code).toBe('NOT_FOUND');
    await stop('enableToken', token.id);
    expect((await accept(secret, null, NEW_ACCOUNT)).errors).toEqual([]);
  });

  test('ends with the token, and regenerating the token does not restore it', async () => {
    const token = await createWorkspaceToken(postern, 'ADMINISTRATOR');
    const secret = await secretFor('ada@example.com', 'ADMINISTRATOR', token.secret);
    await stop('revokeToken', token.id);
    await stop('regenerateToken', token.id);
    expect((await accept(secret, null, NEW_ACCOUNT)).code).toBe('NOT_FOUND');
    expect(await openInvitations()).toEqual([]);
  });
});

describe('an invitation by a member who loses the role', () => {
  const change = (field: string, type: string, input: object) => {
    const query = `mutation ($input: ${type}!) { ${field}(input: $input) { __typename } }`;
    const member = { workspaceId: postern.workspaceId, ...input };
    return postern.post(query, { input: member }, postern.owner.session);
  };

  test('ends with the membership', async () => {
    const mallory = await postern.person('Mallory', 'ADMINISTRATOR');
    const secret = await secretFor('mallory@elsewhere.example', 'ADMINISTRATOR', mallory.session);
    await change('removeMember', 'RemoveMemberInput', { userId: mallory.id });
    expect((await accept(secret, null, NEW_ACCOUNT)).code).toBe('NOT_FOUND');
  });

  test('works if the remaining role can still give the invited role', async () => {
    const mallory = await postern.person('Mallory', 'ADMINISTRATOR');
    const above = await secretFor('above@example.com', 'ADMINISTRATOR', mallory.session);
    const below = await secretFor('below@example.com', 'VIEWER', mallory.session);
    await change('updateMemberRole', 'UpdateMemberRoleInput', {
      userId: mallory.id,
      role: 'WORKSPACE_MANAGER',
    });
    expect((await accept(above, null, NEW_ACCOUNT)).code).toBe('NOT_FOUND');
    expect((await accept(below, null, NEW_ACCOUNT)).errors).toEqual([]);
  });
});
