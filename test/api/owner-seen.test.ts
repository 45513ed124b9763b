import { afterEach, beforeEach, expect, test } from 'vitest';
import { DAY } from '../../src/domain/duration.ts';
import { type Person, startTestApp, type TestApp } from '../support/app.ts';
import { follow } from '../support/streams.ts';
import { createPersonalToken } from '../support/tokens.ts';
import { verify } from '../support/verify.ts';

let postern: TestApp;
let ada: Person;
let secret: string;
let tokenId: string;
let channelId: string;

const CREATE = 'mutation ($input: CreateChannelInput!) { createChannel(input: $input) { channel { id } } }';

async function setPolicy(ownerSeenWithin: string | null): Promise<void> {
  const session = await postern.signIn(postern.owner.email);
  const query =
    'mutation ($input: UpdateTokenPolicyInput!) { updateTokenPolicy(input: $input) { workspace { tokenPolicy { ownerSeenWithin } } } }';
  const { data } = await postern.post(
    query,
    { input: { workspaceId: postern.workspaceId, ownerSeenWithin } },
    session,
  );
  expect(data.updateTokenPolicy.workspace.tokenPolicy.ownerSeenWithin).toBe(ownerSeenWithin);
}

beforeEach(async () => {
  postern = await startTestApp({ POSTERN_SESSION_LIFETIME: 'P90D' });
  ada = await postern.person('Ada', 'TEAM_MEMBER');
  ({ secret, id: tokenId } = await createPersonalToken(postern, ada.session, { expires: { after: 'P90D' } }));
  const input = { workspaceId: postern.workspaceId, name: 'news' };
  channelId = (await postern.post(CREATE, { input }, ada.session)).data.createChannel.channel.id;
});
afterEach(() => postern.close());

/** Returns everything that says what the token reaches. */
async function reach() {
  const { workspaceId } = postern;
  const read = await postern.post(
    `query ($id: ID!, $channel: ID!) { workspace(id: $id) { id } workspaces { nodes { id } } channel(id: $channel) { id }
      viewer { can(operation: READ, entityType: "channel", entityId: $channel) { allowed reason } } }`,
    { id: workspaceId, channel: channelId },
    secret,
  );
  const written = await postern.post(CREATE, { input: { workspaceId, name: `n${postern.now()}` } }, secret);
  const verified = await postern.fetch(
    new Request(`http://postern.test/verify?operation=READ&entityType=channel&entityId=${channelId}`, {
      headers: { authorization: `Bearer ${secret}` },
    }),
  );
  const every = await postern.fetch(
    new Request('http://postern.test/verify?operation=READ&entityType=workspace', {
      headers: { authorization: `Bearer ${secret}` },
    }),
  );
  const introspected = await postern.fetch(
    new Request('http://postern.test/oauth/introspect', {
      method: 'POST',
      headers: {
        authorization: `Bearer ${ada.session}`,
        'content-type': 'application/x-www-form-urlencoded',
      },
      body: new URLSearchParams({ token: secret }),
    }),
  );
  const own = await postern.post(
    `query ($id: ID!) { token(id: $id) { restrictions { reason workspace { id } } abilities(checks: [{operation: READ, entityType: "workspace", entityId: "${workspaceId}"}]) { allowed reason } } }`,
    { id: tokenId },
    ada.session,
  );
  return {
    workspace: read.data.workspace?.id ?? null,
    workspaces: read.data.workspaces.nodes.length,
    channel: read.data.channel?.id ?? null,
    can: read.data.viewer.can,
    write: written.errors[0]?.extensions.reason ?? null,
    verify: verified.status,
    verifyEvery: every.status,
    scope: ((await introspected.json()) as { scope?: string }).scope ?? '',
    restrictions: own.data.token.restrictions,
    abilities: own.data.token.abilities,
  };
}

test('a token reaches nothing in the workspace until its owner signs in again', async () => {
  await setPolicy('P14D');
  postern.advance(14 * DAY - 1);
  const open = await reach();
  expect(open).toMatchObject({
    workspace: postern.workspaceId,
    workspaces: 1,
    channel: channelId,
    write: null,
  });
  expect(open).toMatchObject({ can: { allowed: true }, verify: 204, verifyEvery: 204, restrictions: [] });
  expect(open).toMatchObject({
    abilities: [{ allowed: true }],
    scope: expect.stringContaining('workspace:read'),
  });

  postern.advance(1);
  expect(await reach()).toEqual({
    workspace: null,
    workspaces: 0,
    channel: null,
    can: { allowed: false, reason: 'POLICY' },
    write: 'POLICY',
    verify: 403,
    verifyEvery: 403,
    scope: expect.not.stringContaining('workspace'),
    restrictions: [{ reason: 'POLICY', workspace: { id: postern.workspaceId } }],
    abilities: [{ allowed: false, reason: 'POLICY' }],
  });
  // A session that is used is no sign-in, and the policy concerns tokens only.
  expect(
    (await postern.post('{ workspaces { nodes { id } } }', {}, ada.session)).data.workspaces.nodes,
  ).toHaveLength(1);

  await postern.signIn(ada.email);
  expect(await reach()).toMatchObject({ workspaces: 1, verify: 204, restrictions: [] });
});

test('a check that is repeated is refused in time, although nothing is stored', async () => {
  await setPolicy('P14D');
  postern.advance(14 * DAY - 1);
  const check = () => verify(postern, secret, { operation: 'READ', entityType: 'workspace' });
  expect([(await check()).status, (await check()).status]).toEqual([204, 204]);
  postern.advance(1);
  expect((await check()).status).toBe(403);
});

test('removing the limit opens the workspace again, and shorter ones are shown before they apply', async () => {
  postern.advance(10 * DAY);
  const impact = async (ownerSeenWithin: string | null) => {
    const session = await postern.signIn(postern.owner.email);
    const query = `query ($id: ID!, $within: Duration) { workspace(id: $id) { tokenPolicyImpact(ownerSeenWithin: $within) { personalTokenCount workspaceTokenCount owners { user { id } tokenCount } } } }`;
    return (await postern.post(query, { id: postern.workspaceId, within: ownerSeenWithin }, session)).data
      .workspace.tokenPolicyImpact;
  };
  const none = { personalTokenCount: 0, workspaceTokenCount: 0, owners: [] };
  expect(await impact('P11D')).toEqual(none);
  expect(await impact('P10D')).toEqual({
    ...none,
    personalTokenCount: 1,
    owners: [{ user: { id: ada.id }, tokenCount: 1 }],
  });
  await setPolicy('P10D');
  expect(await reach()).toMatchObject({ verify: 403 });
  // What the present policy refuses is no impact of a change.
  expect(await impact('P5D')).toEqual(none);
  expect(await impact(null)).toEqual(none);
  await setPolicy(null);
  expect(await reach()).toMatchObject({ verify: 204 });
});

test('open streams close when the owner has not signed in for too long', async () => {
  await setPolicy('P14D');
  const stream = await follow(postern, channelId, secret);
  postern.advance(14 * DAY);
  expect(await stream.end()).toBeLessThan(1000);
});

test('a share that the token gave is in effect only while the workspace is open to it', async () => {
  const eve = await postern.person('Eve');
  const share = 'mutation ($input: ShareChannelInput!) { shareChannel(input: $input) { channel { id } } }';
  const input = { id: channelId, email: eve.email, operations: ['READ'] };
  const shared = await postern.post(share, { input }, secret);
  expect(shared.errors).toEqual([]);
  const seen = async () =>
    (await postern.post('query ($id: ID!) { channel(id: $id) { id } }', { id: channelId }, eve.session)).data
      .channel;
  await setPolicy('P14D');
  expect(await seen()).toEqual({ id: channelId });
  postern.advance(14 * DAY);
  expect(await seen()).toBeNull();
  await postern.signIn(ada.email);
  expect(await seen()).toEqual({ id: channelId });
});
