import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Answer, PASSWORD, type Person, startTestApp, type TestApp } from '../support/app.ts';
import { mutate } from '../support/channels.ts';
import { authOutcome, refusalIn } from '../support/responses.ts';
import { createPersonalToken, createWorkspaceToken } from '../support/tokens.ts';

const MANAGE = { entityType: 'token', operations: ['CREATE', 'UPDATE', 'DELETE'] };
const STOPS = ['disableToken', 'enableToken', 'revokeToken', 'deleteToken'];

let postern: TestApp;
beforeEach(async () => {
  postern = await startTestApp();
});
afterEach(() => postern.close());

const run = (field: string, id: string, by: string | null = postern.owner.session): Promise<Answer> =>
  mutate(
    postern,
    field,
    { id },
    by,
    field === 'deleteToken' ? 'deletedTokenId' : 'token { status disabledAt revokedAt updatedAt }',
  );

const personal = (input: object = {}) => createPersonalToken(postern, postern.owner.session, input);
const outcome = (secret: string) => authOutcome(postern, secret);

/** Creates a token, its child and its grandchild; all of them work. */
async function family() {
  const scoped = { access: 'SCOPED', scopes: [MANAGE] };
  const top = await personal(scoped);
  const child = await createPersonalToken(postern, top.secret, scoped);
  const grandchild = await createPersonalToken(postern, child.secret, { access: 'SCOPED', scopes: [] });
  const outcomes = async () => [
    await outcome(top.secret),
    await outcome(child.secret),
    await outcome(grandchild.secret),
  ];
  expect(await outcomes()).toEqual(['OK', 'OK', 'OK']);
  return { top, child, grandchild, outcomes };
}

describe('disableToken and enableToken', () => {
  test('disable a token, and enable the same secret again', async () => {
    const { id, secret } = await personal();
    const at = new Date(postern.now()).toISOString();
    const { data } = await run('disableToken', id);
    expect(data.disableToken.token).toMatchObject({ status: 'DISABLED', disabledAt: at });
    expect(await outcome(secret)).toBe('TOKEN_DISABLED');
    expect((await run('enableToken', id)).data.enableToken.token).toMatchObject({
      status: 'ACTIVE',
      disabledAt: null,
    });
    expect(await outcome(secret)).toBe('OK');
  });

  test('change nothing and write no second audit row when repeated', async () => {
    const { id } = await personal();
    await run('disableToken', id);
    const first = (await run('disableToken', id)).data;
    postern.advance(1000);
    expect((await run('disableToken', id)).data).toEqual(first);
    await run('enableToken', id);
    await run('enableToken', id);
    const query = 'query ($id: ID!) { token(id: $id) { auditEvents { nodes { action } } } }';
    const { data } = await postern.post(query, { id }, postern.owner.session);
    const actions = data.token.auditEvents.nodes.map(({ action }: { action: string }) => action);
    expect(actions).toEqual(['token.enabled', 'token.disabled', 'token.created']);
  });

  test('are a conflict for a revoked token', async () => {
    const { id } = await personal();
    await run('revokeToken', id);
    expect([refusalIn(await run('disableToken', id)), refusalIn(await run('enableToken', id))]).toEqual([
      'CONFLICT',
      'CONFLICT',
    ]);
  });

  test('disable the whole subtree, and enable it except for tokens disabled in it', async () => {
    const { top, child, outcomes } = await family();
    await run('disableToken', child.id);
    expect(await outcomes()).toEqual(['OK', 'TOKEN_DISABLED', 'TOKEN_DISABLED']);
    await run('disableToken', top.id);
    await run('enableToken', child.id);
    expect(await outcomes()).toEqual(['TOKEN_DISABLED', 'TOKEN_DISABLED', 'TOKEN_DISABLED']);
    await run('enableToken', top.id);
    expect(await outcomes()).toEqual(['OK', 'OK', 'OK']);
  });

  test('leave an expired token expired after it is enabled', async () => {
    const { id, secret } = await personal({ expires: { after: 'PT1S' } });
    await run('disableToken', id);
    postern.advance(1000);
    expect(await outcome(secret)).toBe('TOKEN_DISABLED');
    expect((await run('enableToken', id)).data.enableToken.token.status).toBe('EXPIRED');
  });
});

describe('revokeToken', () => {
  test('makes the secret invalid, keeps the record, and changes nothing when repeated', async () => {
    const { id, secret } = await personal();
    const first = await run('revokeToken', id);
    expect(first.data.revokeToken.token).toMatchObject({ status: 'REVOKED', revokedAt: expect.any(String) });
    postern.advance(1000);
    expect((await run('revokeToken', id)).data).toEqual(first.data);
    expect(await outcome(secret)).toBe('TOKEN_REVOKED');
  });

  test('takes precedence over disabled and expired in the status', async () => {
    const { id, secret } = await personal({ expires: { after: 'PT1S' } });
    await run('disableToken', id);
    await run('revokeToken', id);
    postern.advance(1000);
    expect(await outcome(secret)).toBe('TOKEN_REVOKED');
  });

  test('revokes the whole subtree permanently', async () => {
    const { child, outcomes } = await family();
    await run('revokeToken', child.id);
    expect(await outcomes()).toEqual(['OK', 'TOKEN_REVOKED', 'TOKEN_REVOKED']);
    await mutate(postern, 'regenerateToken', { id: child.id }, postern.owner.session, '__typename');
    expect(await outcomes()).toEqual(['OK', 'INVALID_TOKEN', 'TOKEN_REVOKED']);
  });
});

describe('deleteToken', () => {
  test('deletes the record and the secret, and the audit log keeps the name', async () => {
    const { id, secret } = await personal({ name: 'remembered' });
    expect((await run('deleteToken', id)).data.deleteToken.deletedTokenId).toBe(id);
    expect(await outcome(secret)).toBe('INVALID_TOKEN');
    expect(refusalIn(await run('deleteToken', id))).toBe('NOT_FOUND');
    const query =
      'query ($id: ID!) { token(id: $id) { id } viewer { auditEvents(first: 1) { nodes { action targetId detail } } } }';
    const { data } = await postern.post(query, { id }, postern.owner.session);
    const identifier = expect.stringMatching(/^owner@example\.com_/);
    expect(data.token).toBeNull();
    expect(data.viewer.auditEvents.nodes).toMatchObject([
      { action: 'token.deleted', targetId: id, detail: { name: 'remembered', identifier } },
    ]);
  });

  test('deletes the whole subtree', async () => {
    const { top, outcomes } = await family();
    await run('deleteToken', top.id);
    expect(await outcomes()).toEqual(['INVALID_TOKEN', 'INVALID_TOKEN', 'INVALID_TOKEN']);
    const { data } = await postern.post('{ tokens { totalCount } }', {}, postern.owner.session);
    expect(data.tokens.totalCount).toBe(0);
  });
});

describe('deleteAllTokens', () => {
  const all = (by: string | null) => postern.post('mutation { deleteAllTokens { deletedCount } }', {}, by);

  test('deletes every personal token of the caller, and no other', async () => {
    const { outcomes } = await family();
    const other = await postern.person('other');
    const { secret: theirs } = await createPersonalToken(postern, other.session);
    const { secret: ofWorkspace } = await createWorkspaceToken(postern, 'VIEWER');
    expect((await all(postern.owner.session)).data.deleteAllTokens.deletedCount).toBe(3);
    expect(await outcomes()).toEqual(['INVALID_TOKEN', 'INVALID_TOKEN', 'INVALID_TOKEN']);
    expect([await outcome(theirs), await outcome(ofWorkspace)]).toEqual(['OK', 'OK']);
    expect((await all(postern.owner.session)).data.deleteAllTokens.deletedCount).toBe(0);
  });

  test('requires a session, for every access of a token', async () => {
    const { secret } = await personal({ access: 'SCOPED', scopes: [MANAGE] });
    expect([refusalIn(await all(secret)), refusalIn(await all(null))]).toEqual([
      'SESSION_REQUIRED',
      'UNAUTHENTICATED',
    ]);
    expect(await outcome(secret)).toBe('OK');
  });
});

describe.each(STOPS)('%s', (field) => {
  test('is for the owner: other callers get NOT_FOUND, anonymous callers UNAUTHENTICATED, a FULL token lacks the scope', async () => {
    const { id, secret } = await personal();
    const other = await postern.person('other', 'OWNER');
    expect(refusalIn(await run(field, id, other.session))).toBe('NOT_FOUND');
    expect(refusalIn(await run(field, id, null))).toBe('UNAUTHENTICATED');
    expect(refusalIn(await run(field, id, secret))).toBe('MISSING_SCOPE');
    expect(refusalIn(await run(field, 'nothing'))).toBe('NOT_FOUND');
    expect(await outcome(secret)).toBe('OK');
  });

  test('requires an Administrator for a workspace token', async () => {
    const { id, secret } = await createWorkspaceToken(postern, 'VIEWER');
    const manager = await postern.person('manager', 'WORKSPACE_MANAGER');
    expect(refusalIn(await run(field, id, manager.session))).toBe('ROLE_REQUIRED');
    expect(await outcome(secret)).toBe('OK');
    const administrator = await postern.person('administrator', 'ADMINISTRATOR');
    expect(refusalIn(await run(field, id, administrator.session))).toBeNull();
  });
});

describe('tokens follow their owner', () => {
  async function withToken(): Promise<{ person: Person; secret: string }> {
    const person = await postern.person('person', 'TEAM_MEMBER');
    return { person, secret: (await createPersonalToken(postern, person.session)).secret };
  }
  const changePassword = (person: Person, revokeTokens: boolean) => {
    const input = { currentPassword: PASSWORD, newPassword: 'another good password', revokeTokens };
    return mutate(postern, 'changePassword', input, person.session, 'user { id }');
  };

  test('the tokens of a deactivated user do not work, and work again after reactivation', async () => {
    const { person, secret } = await withToken();
    const operator = postern.app.services.operator;
    await operator.deactivateUser(person.email);
    expect([await outcome(secret), await outcome(person.session)]).toEqual([
      'INVALID_TOKEN',
      'INVALID_SESSION',
    ]);
    await operator.reactivateUser(person.email);
    expect([await outcome(secret), await outcome(person.session)]).toEqual(['OK', 'INVALID_SESSION']);
  });

  test('a password change keeps them by default', async () => {
    const { person, secret } = await withToken();
    expect((await changePassword(person, false)).errors).toEqual([]);
    expect(await outcome(secret)).toBe('OK');
  });

  test('a password change revokes them if requested', async () => {
    const { person, secret } = await withToken();
    expect((await changePassword(person, true)).errors).toEqual([]);
    expect(await outcome(secret)).toBe('TOKEN_REVOKED');
  });

  test('the tokens of a user who leaves a workspace lose their access to it', async () => {
    const { person, secret } = await withToken();
    const query = 'query ($id: ID!) { workspace(id: $id) { viewerRole } }';
    const role = async () =>
      (await postern.post(query, { id: postern.workspaceId }, secret)).data.workspace?.viewerRole;
    expect(await role()).toBe('TEAM_MEMBER');
    const target = { workspaceId: postern.workspaceId, userId: person.id };
    await mutate(
      postern,
      'updateMemberRole',
      { ...target, role: 'VIEWER' },
      postern.owner.session,
      '__typename',
    );
    expect(await role()).toBe('VIEWER');
    await mutate(postern, 'removeMember', target, person.session, '__typename');
    expect(await role()).toBeUndefined();
    expect(await outcome(secret)).toBe('OK');
  });
});
