import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Answer, startTestApp, type TestApp } from '../support/app.ts';
import { mutate } from '../support/channels.ts';
import { authOutcome, badPathsIn, refusalIn } from '../support/responses.ts';
import { createPersonalToken, createWorkspaceToken } from '../support/tokens.ts';

const TOKEN =
  'id name description access role status expiresAt regeneratedAt maskedSecret createdAt updatedAt scopes { entityType operations }';
const READ = { entityType: 'workspace', operations: ['READ'] };
const MANAGE = { entityType: 'token', operations: ['CREATE', 'READ', 'UPDATE'] };

let postern: TestApp;
beforeEach(async () => {
  postern = await startTestApp();
});
afterEach(() => postern.close());

const update = (id: string, input: object, by: string | null = postern.owner.session): Promise<Answer> =>
  mutate(postern, 'updateToken', { id, ...input }, by, `token { ${TOKEN} }`);

const personal = (input: object = {}) => createPersonalToken(postern, postern.owner.session, input);

async function present(id: string): Promise<any> {
  const { data } = await postern.post(
    `query ($id: ID!) { token(id: $id) { ${TOKEN} } }`,
    { id },
    postern.owner.session,
  );
  return data.token;
}

describe('updateToken', () => {
  test('changes the given fields, and keeps the rest, secret and expiry included', async () => {
    const { id, secret } = await personal({ name: 'before', description: 'stays' });
    const before = await present(id);
    postern.advance(60_000);
    const { data } = await update(id, { name: ' after ' });
    const updatedAt = new Date(postern.now()).toISOString();
    expect(data.updateToken.token).toEqual({ ...before, name: 'after', updatedAt });
    expect(await authOutcome(postern, secret)).toBe('OK');
  });

  test('removes a description with null, or with only blanks', async () => {
    for (const description of [null, '  ']) {
      const { id } = await personal({ description: 'goes' });
      expect((await update(id, { description })).data.updateToken.token.description).toBeNull();
    }
  });

  test('adds and removes access from the next request on', async () => {
    const { id, secret } = await personal({ access: 'NONE' });
    const steps = [
      [{ access: 'SCOPED' }, 'OK'],
      [{ access: 'FULL' }, 'OK'],
      [{ access: 'NONE' }, 'TOKEN_NO_ACCESS'],
      [{ access: 'SCOPED', scopes: [READ] }, 'OK'],
    ] as const;
    for (const [input, outcome] of steps) {
      expect((await update(id, input)).errors).toEqual([]);
      expect(await authOutcome(postern, secret)).toBe(outcome);
    }
  });

  test('replaces all scopes, and deletes them with an access that has none', async () => {
    const { id } = await personal({ access: 'SCOPED', scopes: [READ, MANAGE] });
    const scopes = async (input: object) => (await update(id, input)).data.updateToken.token.scopes;
    expect(await scopes({ name: 'x' })).toEqual([READ, MANAGE]);
    expect(await scopes({ scopes: [MANAGE] })).toEqual([MANAGE]);
    expect(await scopes({ access: 'FULL' })).toEqual([]);
    expect(await scopes({ access: 'SCOPED' })).toEqual([]);
  });

  test.each([
    ['an invalid name', { name: '' }, ['input.name']],
    [
      'several invalid values',
      { name: 'a\u200bb', description: 'x'.repeat(501) },
      ['input.name', 'input.description'],
    ],
    ['a role', { role: 'VIEWER' }, ['input.role']],
    ['the access of workspace tokens', { access: 'ROLE' }, ['input.access']],
    ['scopes without the access SCOPED', { scopes: [READ] }, ['input.scopes']],
    [
      'invalid scopes',
      { access: 'SCOPED', scopes: [{ ...READ, operations: [] }] },
      ['input.scopes.0.operations'],
    ],
  ])('refuses to give a personal token %s', async (_what, input, paths) => {
    const { id } = await personal();
    const before = await present(id);
    expect(badPathsIn(await update(id, input))).toEqual(paths);
    expect(await present(id)).toEqual(before);
  });

  test.each([
    ['access', { access: 'FULL' }, ['input.access']],
    ['scopes', { scopes: [] }, ['input.scopes']],
  ])('refuses to give a workspace token %s', async (_what, input, paths) => {
    const { id } = await createWorkspaceToken(postern, 'VIEWER');
    expect(badPathsIn(await update(id, input))).toEqual(paths);
  });

  test('gives a workspace token a role up to the caller’s own that the policy lists', async () => {
    const { session } = await postern.person('manager', 'WORKSPACE_MANAGER');
    const { id } = await createWorkspaceToken(postern, 'VIEWER');
    expect((await update(id, { role: 'TEAM_MEMBER' }, session)).data.updateToken.token.role).toBe(
      'TEAM_MEMBER',
    );
    expect(refusalIn(await update(id, { role: 'ADMINISTRATOR' }, session))).toBe('EXCEEDS_CALLER');
    const policy = { workspaceId: postern.workspaceId, tokenRoles: ['VIEWER'] };
    await mutate(postern, 'updateTokenPolicy', policy, postern.owner.session, '__typename');
    expect(refusalIn(await update(id, { role: 'OWNER' }))).toBe('POLICY');
    expect((await present(id)).role).toBe('TEAM_MEMBER');
  });

  test('lets a token update itself and its descendants, within its own access', async () => {
    const top = await personal({ access: 'SCOPED', scopes: [MANAGE, READ] });
    const child = await createPersonalToken(postern, top.secret, { access: 'NONE' });
    for (const { id } of [top, child]) {
      expect(
        refusalIn(await update(id, { name: 'mine', access: 'SCOPED', scopes: [READ, MANAGE] }, top.secret)),
      ).toBeNull();
      expect(refusalIn(await update(id, { access: 'FULL' }, top.secret))).toBe('EXCEEDS_CALLER');
      const more = [{ entityType: 'workspace', operations: ['READ', 'LIST'] }];
      expect(refusalIn(await update(id, { scopes: more }, top.secret))).toBe('EXCEEDS_CALLER');
    }
    expect((await present(child.id)).scopes).toEqual([READ, MANAGE]);
  });

  test('lets a token update no other token of its owner, and none of its ancestors', async () => {
    const top = await personal({ access: 'SCOPED', scopes: [MANAGE] });
    const child = await createPersonalToken(postern, top.secret, { access: 'SCOPED', scopes: [MANAGE] });
    const { id: sibling } = await personal();
    for (const id of [sibling, top.id])
      expect(refusalIn(await update(id, { name: 'x' }, child.secret))).toBe('NOT_FOUND');
  });

  test('is for the owner: other callers get NOT_FOUND, anonymous callers UNAUTHENTICATED, a FULL token lacks the scope', async () => {
    const { id, secret } = await personal();
    const other = await postern.person('other', 'OWNER');
    expect(refusalIn(await update(id, { name: 'x' }, other.session))).toBe('NOT_FOUND');
    expect(refusalIn(await update(id, { name: 'x' }, null))).toBe('UNAUTHENTICATED');
    expect(refusalIn(await update(id, { name: 'x' }, secret))).toBe('MISSING_SCOPE');
  });

  test('does not change the status of a disabled, a revoked and an expired token', async () => {
    const stopped = await personal();
    await mutate(postern, 'disableToken', { id: stopped.id }, postern.owner.session, '__typename');
    const revoked = await personal();
    await mutate(postern, 'revokeToken', { id: revoked.id }, postern.owner.session, '__typename');
    const over = await personal({ expires: { after: 'PT1S' } });
    postern.advance(1000);
    const statuses = [];
    for (const { id } of [stopped, revoked, over]) {
      const { data } = await update(id, { name: 'renamed', access: 'SCOPED', scopes: [READ] });
      statuses.push(data.updateToken.token.status);
    }
    expect(statuses).toEqual(['DISABLED', 'REVOKED', 'EXPIRED']);
  });
});
