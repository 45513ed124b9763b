import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { OperatorService } from '../../src/services/accounts/operator.ts';
import { CHUNK } from '../../src/services/transactions/chunk.ts';
import { PASSWORD, startTestApp, type TestApp } from '../support/app.ts';
import { createChannel, mutate } from '../support/channels.ts';
import { repeatInvitingWorkspaces } from '../support/grants.ts';
import { stockClient } from '../support/oauth.ts';
import { createPersonalToken, createWorkspaceToken } from '../support/tokens.ts';
import { verify } from '../support/verify.ts';

const CEO = 'ceo@company.example';
const SHARE = 'channel { shares { user { email } } }';

let postern: TestApp;
let operator: OperatorService;

beforeEach(async () => {
  postern = await startTestApp();
  operator = postern.app.services.operator;
});
afterEach(() => postern.close());

function start(env: Record<string, string> = {}): Promise<void> {
  return postern.close().then(async () => {
    postern = await startTestApp(env);
    operator = postern.app.services.operator;
  });
}

async function invite(email: string, workspaceId = postern.workspaceId, by = postern.owner.session) {
  const input = { workspaceId, email, role: 'VIEWER' };
  const { data } = await mutate(postern, 'inviteMember', input, by, 'invitationSecret');
  return data.inviteMember.invitationSecret as string;
}

function accept(secret: string, by: string | null = null) {
  const account = by === null ? { name: 'Ceo', password: PASSWORD } : {};
  return mutate(
    postern,
    'acceptInvitation',
    { secret, ...account },
    by,
    'member { user { id emailVerified } }',
  );
}

/** Creates an account with an unverified address by an invitation, as every user can; returns its session. */
async function takeAddress(email = CEO): Promise<string> {
  const squatter = await postern.person('Squatter');
  const workspaceId = await postern.workspace('Own', [[squatter, 'OWNER']]);
  await accept(await invite(email, workspaceId, squatter.session));
  return postern.signIn(email);
}

async function emailVerified(session: string): Promise<boolean> {
  const { data } = await postern.post('{ viewer { user { emailVerified } } }', {}, session);
  return data.viewer.user.emailVerified;
}

describe('an address is verified', () => {
  test('if the operator created the account, and not if an invitation did', async () => {
    const ada = await postern.person('Ada');
    expect(await emailVerified(postern.owner.session)).toBe(true);
    expect(await emailVerified(ada.session)).toBe(true);
    expect(await emailVerified(await takeAddress())).toBe(false);
  });

  test('from the time that the operator verifies it', async () => {
    const session = await takeAddress();
    const token = await createPersonalToken(postern, session);
    expect((await verify(postern, token.secret)).identity).not.toHaveProperty('x-postern-email');
    expect(await operator.verifyEmail(CEO)).toBe(true);
    expect(await operator.verifyEmail(CEO)).toBe(false);
    expect(await emailVerified(session)).toBe(true);
    expect((await verify(postern, token.secret)).identity).toHaveProperty('x-postern-email', CEO);
    expect((await verify(postern, session)).identity).toHaveProperty('x-postern-email', CEO);
  });
});

describe('an unverified address is not sent to other services', () => {
  test('by /verify', async () => {
    const session = await takeAddress();
    const token = await createPersonalToken(postern, session);
    for (const secret of [session, token.secret, session, token.secret]) {
      const { status, identity } = await verify(postern, secret);
      expect([status, identity]).toEqual([
        204,
        expect.objectContaining({ 'x-postern-user': expect.any(String) }),
      ]);
      expect(identity).not.toHaveProperty('x-postern-email');
    }
  });

  test('by introspection', async () => {
    const session = await takeAddress();
    const token = await createPersonalToken(postern, session);
    const client = await stockClient(postern);
    const response = await client.introspect(token.secret, session);
    expect(response).toMatchObject({ active: true, sub: expect.stringMatching(/^usr_/) });
    expect(response).not.toHaveProperty('username');
    await operator.verifyEmail(CEO);
    expect(await client.introspect(token.secret, session)).toHaveProperty('username', CEO);
  });
});

describe('a channel is shared with an unverified address', () => {
  function share(id: string, email: string, by = postern.owner.session) {
    return mutate(postern, 'shareChannel', { id, email, operations: ['READ'] }, by, SHARE);
  }

  test('never from another workspace: the response is that of an address without an account', async () => {
    await takeAddress();
    const id = await createChannel(postern);
    const responses = [await share(id, CEO), await share(id, 'unknown@company.example')];
    const seen = responses.map(({ status, data, errors }) => ({
      status,
      data,
      errors: errors.map(({ message, path, extensions: { requestId: _, ...rest } }) => ({
        message,
        path,
        rest,
      })),
    }));
    expect(seen[0]).toEqual(seen[1]);
    expect(seen[0]?.errors[0]?.rest).toMatchObject({ code: 'BAD_USER_INPUT' });
    await operator.verifyEmail(CEO);
    expect((await share(id, CEO)).errors).toEqual([]);
  });

  test('in a workspace that the user belongs to', async () => {
    const session = await takeAddress();
    await accept(await invite(CEO), session);
    const id = await createChannel(postern);
    expect((await share(id, CEO)).data.shareChannel.channel.shares).toEqual([{ user: { email: CEO } }]);
  });
});

describe('a share with an unverified address', () => {
  test('is not effective after the user has left the workspace', async () => {
    const session = await takeAddress();
    const { data } = await accept(await invite(CEO), session);
    const id = await createChannel(postern);
    await mutate(
      postern,
      'shareChannel',
      { id, email: CEO, operations: ['READ'] },
      postern.owner.session,
      SHARE,
    );
    const member = { workspaceId: postern.workspaceId, userId: data.acceptInvitation.member.user.id };
    await mutate(postern, 'removeMember', member, postern.owner.session, 'removedUserId');
    expect((await postern.post(`{ channel(id: "${id}") { id } }`, {}, session)).data.channel).toBeNull();
  });
});

describe('an address that another user took', () => {
  test('gives its holder no place in a workspace without the secret of the invitation', async () => {
    const session = await takeAddress();
    const secret = await invite(CEO);
    expect((await accept(secret)).code).toBe('UNAUTHENTICATED');
    const { data } = await postern.post('{ workspaces { totalCount } }', {}, session);
    expect(data.workspaces.totalCount).toBe(1);
  });

  test('is released by the operator: the holder is deactivated, and the next user inherits nothing', async () => {
    const session = await takeAddress();
    const token = await createPersonalToken(postern, session);
    await accept(await invite(CEO), session);
    const id = await createChannel(postern);
    await mutate(
      postern,
      'shareChannel',
      { id, email: CEO, operations: ['READ'] },
      postern.owner.session,
      SHARE,
    );
    await expect(operator.createUser({ email: CEO, name: 'Ceo', password: PASSWORD })).rejects.toMatchObject({
      code: 'CONFLICT',
      message: expect.stringContaining('postern user release'),
    });
    await operator.releaseEmail(CEO);
    await operator.createUser({ email: CEO, name: 'Ceo', password: PASSWORD });

    expect((await verify(postern, token.secret)).status).toBe(401);
    expect((await verify(postern, session)).status).toBe(401);
    const real = await postern.signIn(CEO);
    expect(await emailVerified(real)).toBe(true);
    const query = `{ channel(id: "${id}") { id } workspaces { totalCount } tokens { totalCount } }`;
    const { data } = await postern.post(query, {}, real);
    expect(data).toEqual({ channel: null, workspaces: { totalCount: 0 }, tokens: { totalCount: 0 } });
  });

  test('is not released if it is verified, or if no account has it', async () => {
    await postern.person('Ada');
    await expect(operator.releaseEmail('ada@example.com')).rejects.toMatchObject({ code: 'CONFLICT' });
    await expect(operator.releaseEmail(CEO)).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });
});

describe('an invitation that can no longer be accepted', () => {
  const LIST = `query ($id: ID!) {
    workspace(id: $id) { invitations { email voidReason } auditEvents { nodes { action detail } } }
  }`;

  async function voided(): Promise<object[]> {
    const { data } = await postern.post(LIST, { id: postern.workspaceId }, postern.owner.session);
    type Row = { action: string; detail: object };
    return data.workspace.auditEvents.nodes
      .filter(({ action }: Row) => action === 'member.invitation_voided')
      .map(({ detail }: Row) => detail);
  }

  test('because its address was released is void, and its inviter sees that in the list and in the audit log', async () => {
    const session = await takeAddress();
    const secret = await invite(CEO);
    await operator.releaseEmail(CEO);
    expect((await accept(secret)).code).toBe('NOT_FOUND');
    expect((await accept(secret, session)).code).toBe('INVALID_SESSION');
    const { data } = await postern.post(LIST, { id: postern.workspaceId }, postern.owner.session);
    expect(data.workspace.invitations).toEqual([{ email: CEO, voidReason: 'ADDRESS_RELEASED' }]);
    expect(data.workspace.auditEvents.nodes[0]).toMatchObject({
      action: 'member.invitation_voided',
      detail: { email: CEO, role: 'VIEWER', reason: 'ADDRESS_RELEASED' },
    });
  });

  test('because its address was released is one of at most fifty that become void in one transaction', async () => {
    await start({ POSTERN_TOKENS_PER_USER: '10000' });
    await takeAddress();
    await invite(CEO);
    const { database } = postern;
    await repeatInvitingWorkspaces(database, CEO, 2 * CHUNK + 10);
    const total = 2 * CHUNK + 11;
    const countVoid = async () => {
      const rows = await database.db.selectFrom('invitations').select('void_reason').execute();
      return rows.filter(({ void_reason }) => void_reason === 'ADDRESS_RELEASED').length;
    };
    const released = operator.releaseEmail(CEO);
    const seen: number[] = [];
    // Each of these changes is stored between two transactions of the release, or after it.
    while ((seen.at(-1) ?? 0) < total) {
      await createPersonalToken(postern, postern.owner.session);
      seen.push(await countVoid());
    }
    await released;
    expect(seen.filter((count) => count % CHUNK !== 0 && count !== total)).toEqual([]);
    expect(seen.some((count) => count > 0 && count < total)).toBe(true);
    const events = database.db.selectFrom('audit_events').select('target_id').distinct();
    expect(await events.where('action', '=', 'member.invitation_voided').execute()).toHaveLength(total);
    expect(await database.db.selectFrom('users').select('id').where('email', '=', CEO).execute()).toEqual([]);
  });

  test('is void while its creator cannot give the role', async () => {
    const manager = await postern.person('Manager', 'WORKSPACE_MANAGER');
    const secret = await invite(CEO, postern.workspaceId, manager.session);
    const member = { workspaceId: postern.workspaceId, userId: manager.id };
    for (const [role, voidReason, code] of [
      ['TEAM_MEMBER', 'INVITER_LOST_AUTHORITY', 'NOT_FOUND'],
      ['WORKSPACE_MANAGER', null, undefined],
    ]) {
      await mutate(
        postern,
        'updateMemberRole',
        { ...member, role },
        postern.owner.session,
        'member { role }',
      );
      const { data } = await postern.post(LIST, { id: postern.workspaceId }, postern.owner.session);
      expect(data.workspace.invitations).toEqual([{ email: CEO, voidReason }]);
      expect((await accept(secret)).code).toBe(code);
    }
  });

  test.each([
    ['deactivates', (email: string) => operator.deactivateUser(email)],
    ['resets the password of', (email: string) => operator.resetPassword(email, PASSWORD, true)],
  ])('is in the audit log if the operator %s its creator', async (_what, end) => {
    const manager = await postern.person('Manager', 'WORKSPACE_MANAGER');
    await invite(CEO, postern.workspaceId, manager.session);
    await end(manager.email);
    expect(await voided()).toEqual([{ email: CEO, role: 'VIEWER', reason: 'INVITER_LOST_AUTHORITY' }]);
  });

  test('is in the audit log if the token that created it is revoked', async () => {
    const { id, secret } = await createWorkspaceToken(postern, 'WORKSPACE_MANAGER');
    await invite(CEO, postern.workspaceId, secret);
    await mutate(postern, 'revokeToken', { id }, postern.owner.session, 'token { status }');
    expect(await voided()).toEqual([{ email: CEO, role: 'VIEWER', reason: 'INVITER_LOST_AUTHORITY' }]);
  });

  test('can be revoked although it is void', async () => {
    const manager = await postern.person('Manager', 'WORKSPACE_MANAGER');
    await invite(CEO, postern.workspaceId, manager.session);
    const { workspaceId, owner } = postern;
    await mutate(
      postern,
      'removeMember',
      { workspaceId, userId: manager.id },
      owner.session,
      'removedUserId',
    );
    const list = `query ($id: ID!) { workspace(id: $id) { invitations { id voidReason } } }`;
    const { data } = await postern.post(list, { id: workspaceId }, owner.session);
    const [{ id, voidReason }] = data.workspace.invitations;
    expect(voidReason).toBe('INVITER_LOST_AUTHORITY');
    await mutate(postern, 'revokeInvitation', { workspaceId, id }, owner.session, 'revokedInvitationId');
    expect((await postern.post(list, { id: workspaceId }, owner.session)).data.workspace.invitations).toEqual(
      [],
    );
  });

  test('makes room for a new one', async () => {
    await takeAddress();
    await invite(CEO);
    await operator.releaseEmail(CEO);
    const secret = await invite(CEO);
    const { data } = await postern.post(LIST, { id: postern.workspaceId }, postern.owner.session);
    expect(data.workspace.invitations).toEqual([{ email: CEO, voidReason: null }]);
    expect((await accept(secret)).errors).toEqual([]);
  });
});

describe('POSTERN_NEW_ACCOUNTS=operator', () => {
  beforeEach(() => start({ POSTERN_NEW_ACCOUNTS: 'operator' }));

  test('an invitation creates no account, and stays open for the one that the operator creates', async () => {
    const secret = await invite(CEO);
    expect((await accept(secret)).code).toBe('FORBIDDEN');
    await operator.createUser({ email: CEO, name: 'Ceo', password: PASSWORD });
    expect((await accept(secret)).code).toBe('UNAUTHENTICATED');
    const { data } = await accept(secret, await postern.signIn(CEO));
    expect(data.acceptInvitation.member.user.emailVerified).toBe(true);
  });

  test('is not revealed to a caller without an invitation', async () => {
    const { secret } = await createWorkspaceToken(postern, 'VIEWER');
    expect((await accept(secret)).code).toBe('NOT_FOUND');
  });
});
