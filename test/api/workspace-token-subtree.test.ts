import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { startTestApp, type TestApp } from '../support/app.ts';
import { mutate } from '../support/channels.ts';
import { authOutcome, refusalIn } from '../support/responses.ts';
import { createWorkspaceToken, type IssuedToken } from '../support/tokens.ts';

let postern: TestApp;
beforeEach(async () => {
  postern = await startTestApp();
});
afterEach(() => postern.close());

const act = (field: string, input: object, by: string, selection = '__typename') =>
  mutate(postern, field, input, by, selection);

/** Changes that give a token more than it has: a new secret, a new lifetime, another role. */
const GIVING = [
  ['regenerateToken', {}],
  ['regenerateToken', { overlap: 'P7D' }],
  ['regenerateToken', { expires: { after: 'PT1H' } }],
  ['enableToken', {}],
  ['updateToken', { role: 'ADMINISTRATOR' }],
  ['updateToken', { role: 'VIEWER', name: 'renamed' }],
] as const;

describe('a workspace token', () => {
  let caller: IssuedToken;
  let others: Record<'sibling' | 'parent' | 'nephew', IssuedToken>;

  beforeEach(async () => {
    const parent = await createWorkspaceToken(postern, 'ADMINISTRATOR');
    const sibling = await createWorkspaceToken(postern, 'WORKSPACE_MANAGER');
    const nephew = await createWorkspaceToken(postern, 'VIEWER', {}, sibling.secret);
    caller = await createWorkspaceToken(postern, 'ADMINISTRATOR', {}, parent.secret);
    others = { sibling, parent, nephew };
  });

  test.each(GIVING)('cannot do %s %j to a token that it did not create', async (field, input) => {
    for (const [name, { id, secret }] of Object.entries(others)) {
      const response = await act(field, { id, ...input }, caller.secret);
      expect(refusalIn(response), name).toBe('EXCEEDS_CALLER');
      expect(await authOutcome(postern, secret), name).toBe('OK');
    }
  });

  test.each(GIVING)('can do %s %j to its descendants and itself', async (field, input) => {
    const child = await createWorkspaceToken(postern, 'WORKSPACE_MANAGER', {}, caller.secret);
    const grandchild = await createWorkspaceToken(postern, 'VIEWER', {}, child.secret);
    for (const { id } of [grandchild, child, caller]) {
      expect((await act(field, { id, ...input }, caller.secret)).errors).toEqual([]);
    }
  });

  test('can rename and stop tokens that it did not create', async () => {
    const { sibling, nephew, parent } = others;
    const renamed = await act(
      'updateToken',
      { id: parent.id, name: 'renamed', description: null },
      caller.secret,
      'token { name }',
    );
    expect(renamed.data.updateToken.token.name).toBe('renamed');
    expect((await act('disableToken', { id: nephew.id }, caller.secret)).errors).toEqual([]);
    expect((await act('revokeToken', { id: sibling.id }, caller.secret)).errors).toEqual([]);
    expect((await act('deleteToken', { id: sibling.id }, caller.secret)).errors).toEqual([]);
  });

  test('cannot enable another token', async () => {
    const { id } = others.sibling;
    await act('disableToken', { id }, postern.owner.session);
    expect(refusalIn(await act('enableToken', { id }, caller.secret))).toBe('EXCEEDS_CALLER');
    await act('revokeToken', { id }, postern.owner.session);
    expect(refusalIn(await act('regenerateToken', { id }, caller.secret))).toBe('EXCEEDS_CALLER');
    expect(await authOutcome(postern, others.sibling.secret)).toBe('TOKEN_REVOKED');
  });

  test('leaves no valid token that it changed after it is revoked', async () => {
    const child = await createWorkspaceToken(postern, 'ADMINISTRATOR', {}, caller.secret);
    const response = await act('regenerateToken', { id: child.id, overlap: 'P7D' }, caller.secret, 'secret');
    await act('revokeToken', { id: caller.id }, postern.owner.session);
    for (const secret of [caller.secret, child.secret, response.data.regenerateToken.secret]) {
      expect(await authOutcome(postern, secret)).toBe('TOKEN_REVOKED');
    }
  });
});

describe('a workspace token with the role Owner', () => {
  let secret: string;
  beforeEach(async () => {
    ({ secret } = await createWorkspaceToken(postern, 'OWNER'));
  });

  const member = (userId: string, more: object = {}) => ({
    workspaceId: postern.workspaceId,
    userId,
    ...more,
  });

  test('cannot invite, promote, demote or remove an Owner', async () => {
    const viewer = await postern.person('Viewer', 'VIEWER');
    const owner = await postern.person('Second', 'OWNER');
    const responses = [
      await act('updateMemberRole', member(viewer.id, { role: 'OWNER' }), secret),
      await act('updateMemberRole', member(owner.id, { role: 'VIEWER' }), secret),
      await act('updateMemberRole', member(owner.id, { role: 'OWNER' }), secret),
      await act('removeMember', member(owner.id), secret),
    ];
    expect(responses.map(refusalIn)).toEqual(Array(4).fill('SESSION_REQUIRED'));
    expect(
      (await act('updateMemberRole', member(viewer.id, { role: 'ADMINISTRATOR' }), secret)).errors,
    ).toEqual([]);
  });

  test('cannot invite an Owner, but every role below', async () => {
    const invite = (role: string) =>
      act('inviteMember', { workspaceId: postern.workspaceId, email: 'ada@example.com', role }, secret);
    expect(refusalIn(await invite('OWNER'))).toBe('SESSION_REQUIRED');
    expect((await invite('ADMINISTRATOR')).errors).toEqual([]);
  });
});
