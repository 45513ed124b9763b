import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { startTestApp, type TestApp } from '../support/app.ts';
import { createChannel, mutate, share } from '../support/channels.ts';
import { createPersonalToken, createWorkspaceToken, type IssuedToken } from '../support/tokens.ts';

let postern: TestApp;
beforeEach(async () => {
  postern = await startTestApp();
});
afterEach(() => postern.close());

const IMPACT = `query ($id: ID!, $personalTokens: PersonalTokenPolicy, $maxLifetime: Duration) {
  workspace(id: $id) {
    tokenPolicyImpact(personalTokens: $personalTokens, maxLifetime: $maxLifetime) {
      personalTokenCount workspaceTokenCount isComplete
      owners { user { name } tokenCount } workspaceTokens { id }
    }
  }
}`;
const DAYS_10 = { expires: { after: 'P10D' } };
const DAYS_60 = { expires: { after: 'P60D' } };
const NEVER = { expires: { never: true } };

function preview(changes: object, secret = postern.owner.session) {
  return postern.post(IMPACT, { id: postern.workspaceId, ...changes }, secret);
}

async function impactOf(changes: object) {
  return (await preview(changes)).data.workspace.tokenPolicyImpact;
}

async function update(changes: object): Promise<void> {
  const input = { workspaceId: postern.workspaceId, ...changes };
  const { errors } = await mutate(postern, 'updateTokenPolicy', input, postern.owner.session, '__typename');
  expect(errors).toEqual([]);
}

/** Returns the tokens that can read the workspace. */
async function openTo(tokens: readonly IssuedToken[]): Promise<IssuedToken[]> {
  const query = 'query ($id: ID!) { workspace(id: $id) { id } }';
  const answers = tokens.map(({ secret }) => postern.post(query, { id: postern.workspaceId }, secret));
  const open = (await Promise.all(answers)).map(({ data }) => data?.workspace != null);
  return tokens.filter((_, index) => open[index]);
}

/** Creates tokens of every kind: short, long, stopped, derived, and without access to the workspace. */
async function createTokens(): Promise<{ personal: IssuedToken[]; workspace: IssuedToken[] }> {
  const { session } = postern.owner;
  const other = await postern.workspace('Other', [[postern.owner, 'OWNER']]);
  const viewer = await postern.person('Vera', 'VIEWER');
  const outsider = await postern.person('Otto');
  const read = (entityId?: string, workspaceId?: string) => ({
    access: 'SCOPED',
    scopes: [
      { entityType: 'workspace', operations: ['READ'], entityId, workspaceId },
      { entityType: 'token', operations: ['CREATE'] },
    ],
  });
  const parent = await createPersonalToken(postern, session, { ...read(), ...DAYS_60 });
  const personal = [
    parent,
    await createPersonalToken(postern, parent.secret, { ...read(), ...DAYS_10 }),
    await createPersonalToken(postern, session, DAYS_10),
    await createPersonalToken(postern, session, { ...read(postern.workspaceId), ...DAYS_60 }),
    await createPersonalToken(postern, session, { ...read(undefined, postern.workspaceId), ...DAYS_10 }),
    await createPersonalToken(postern, session, { ...read(other), ...DAYS_60 }),
    await createPersonalToken(postern, session, { ...read(undefined, other), ...DAYS_60 }),
    await createPersonalToken(postern, session, { access: 'NONE', ...DAYS_60 }),
    await createPersonalToken(postern, viewer.session, DAYS_60),
    await createPersonalToken(postern, outsider.session, DAYS_60),
  ];
  const maker = await createWorkspaceToken(postern, 'ADMINISTRATOR', NEVER);
  const workspace = [
    maker,
    await createWorkspaceToken(postern, 'VIEWER', DAYS_10, maker.secret),
    await createWorkspaceToken(postern, 'VIEWER', DAYS_10),
    await createWorkspaceToken(postern, 'VIEWER', DAYS_60),
  ];
  const stopped = [
    await createPersonalToken(postern, session, DAYS_60),
    await createWorkspaceToken(postern, 'VIEWER', NEVER),
    await createWorkspaceToken(postern, 'VIEWER', DAYS_60),
  ];
  await mutate(postern, 'revokeToken', { id: stopped[0]?.id }, session, '__typename');
  await mutate(postern, 'revokeToken', { id: stopped[1]?.id }, session, '__typename');
  await mutate(postern, 'disableToken', { id: stopped[2]?.id }, session, '__typename');
  return { personal, workspace };
}

describe('tokenPolicyImpact', () => {
  test.each([
    [{}, { personalTokens: 'FORBIDDEN' }],
    [{}, { maxLifetime: 'P30D' }],
    [{}, { personalTokens: 'FORBIDDEN', maxLifetime: 'P5D' }],
    [{ maxLifetime: 'P30D' }, { personalTokens: 'FORBIDDEN' }],
    [{ maxLifetime: 'P30D' }, { maxLifetime: 'P5D' }],
    [{ maxLifetime: 'P30D' }, { maxLifetime: null }],
    [{ personalTokens: 'FORBIDDEN' }, { maxLifetime: 'P30D' }],
    [{ personalTokens: 'FORBIDDEN' }, { personalTokens: 'ALLOWED', maxLifetime: 'P5D' }],
  ])('with the policy %j names exactly the tokens that %j cuts off', async (before, changes) => {
    const { personal, workspace } = await createTokens();
    await update(before);
    const openBefore = [await openTo(personal), await openTo(workspace)];
    const impact = await impactOf(changes);
    await update(changes);
    const openAfter = (await openTo([...personal, ...workspace])).map(({ id }) => id);
    const [cutPersonal, cutWorkspace] = openBefore.map((tokens) =>
      tokens.map(({ id }) => id).filter((id) => !openAfter.includes(id)),
    );
    expect(impact).toMatchObject({ personalTokenCount: cutPersonal?.length, isComplete: true });
    expect(impact.workspaceTokens.map(({ id }: { id: string }) => id)).toEqual(cutWorkspace);
    expect(impact.workspaceTokenCount).toBe(cutWorkspace?.length);
  });

  test('names the owners, those with the most tokens first, and changes nothing', async () => {
    const { personal } = await createTokens();
    const impact = await impactOf({ personalTokens: 'FORBIDDEN' });
    expect(impact.owners).toEqual([
      { user: { name: 'Owner' }, tokenCount: 5 },
      { user: { name: 'Vera' }, tokenCount: 1 },
    ]);
    expect(await openTo(personal)).toHaveLength(6);
  });

  test('counts the tokens of a guest that reach a shared channel', async () => {
    const guest = await postern.person('Gus');
    const id = await createChannel(postern);
    await share(postern, id, guest, ['READ']);
    const scopes = [{ entityType: 'channel', entityId: id, operations: ['READ'] }];
    await createPersonalToken(postern, guest.session, { access: 'SCOPED', scopes });
    const { owners } = await impactOf({ personalTokens: 'FORBIDDEN' });
    expect(owners).toEqual([{ user: { name: 'Gus' }, tokenCount: 1 }]);
  });

  test('leaves out expired and used up tokens', async () => {
    await createWorkspaceToken(postern, 'VIEWER', DAYS_10);
    const used = await createWorkspaceToken(postern, 'VIEWER', { ...NEVER, limits: { uses: 1 } });
    expect((await impactOf({ maxLifetime: 'P1D' })).workspaceTokenCount).toBe(2);
    await openTo([used]);
    postern.advance(10 * 86_400_000);
    expect((await impactOf({ maxLifetime: 'P1D' })).workspaceTokenCount).toBe(0);
  });

  test('rejects a lifetime that updateTokenPolicy rejects', async () => {
    const { errors } = await preview({ maxLifetime: 'PT0S' });
    expect(errors[0]?.extensions).toMatchObject({
      code: 'BAD_USER_INPUT',
      issues: [{ path: ['maxLifetime'] }],
    });
  });

  test('is refused to every caller below Administrator', async () => {
    const manager = await postern.person('Mara', 'WORKSPACE_MANAGER');
    const token = await createWorkspaceToken(postern, 'WORKSPACE_MANAGER');
    const personal = await createPersonalToken(postern, postern.owner.session);
    for (const [secret, reason] of [
      [manager.session, 'ROLE_REQUIRED'],
      [token.secret, 'ROLE_REQUIRED'],
      [personal.secret, 'ROLE_GATED'],
    ] as const) {
      expect((await preview({}, secret)).errors[0]?.extensions).toMatchObject({ code: 'FORBIDDEN', reason });
    }
  });
});
