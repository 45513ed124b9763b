import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { DAY } from '../../src/domain/duration.ts';
import { START, startTestApp, type TestApp } from '../support/app.ts';
import { createChannel, mutate, share } from '../support/channels.ts';
import { type StockClient, stockClient } from '../support/oauth.ts';
import { createPersonalToken, createWorkspaceToken, unknownSecret } from '../support/tokens.ts';

let postern: TestApp;
let client: StockClient;
/** A workspace token of the owner's workspace, with which a service introspects. */
let service: string;

beforeEach(async () => {
  postern = await startTestApp();
  client = await stockClient(postern);
  service = (await createWorkspaceToken(postern, 'VIEWER')).secret;
});
afterEach(() => postern.close());

const INACTIVE = { active: false };
const CHANNEL = ['create', 'read', 'list', 'update', 'delete', 'share', 'unshare', 'publish', 'subscribe'];
const ALL = ['workspace:read', 'workspace:list', ...CHANNEL.map((name) => `channel:${name}`)].join(' ');
const READING = 'workspace:read workspace:list channel:read channel:list channel:subscribe';

function scoped(...scopes: object[]) {
  return { access: 'SCOPED', scopes };
}

describe('an active token', () => {
  test('is returned with its owner, its times and its authority in the workspace of the caller', async () => {
    const { owner, workspaceId } = postern;
    const token = await createPersonalToken(postern, owner.session);
    const operations = CHANNEL.map((name) => name.toUpperCase());
    expect(await client.introspect(token.secret, service)).toEqual({
      active: true,
      scope: ALL,
      client_id: token.id,
      sub: owner.id,
      username: owner.email,
      token_type: 'Bearer',
      iat: START / 1000,
      exp: (START + 30 * DAY) / 1000,
      iss: 'http://postern.test',
      postern: {
        principal: 'PERSONAL_TOKEN',
        token: token.id,
        workspace: null,
        role: null,
        access: 'FULL',
        subject: null,
        metadata: null,
        networks: null,
        scopes: [
          {
            ...{ entityType: 'workspace', entityId: null, entityPattern: null, workspaceId },
            operations: ['READ', 'LIST'],
          },
          { entityType: 'channel', entityId: null, entityPattern: null, workspaceId, operations },
        ],
      },
    });
  });

  test('of a workspace is returned with its role, and without an expiry if it has none', async () => {
    const token = await createWorkspaceToken(postern, 'VIEWER', { expires: { never: true } });
    const { postern: details, exp, ...response } = await client.introspect(token.secret, service);
    expect(exp).toBeUndefined();
    expect(response).toMatchObject({ active: true, scope: READING, sub: postern.workspaceId });
    expect(response).not.toHaveProperty('username');
    expect(details).toMatchObject({ workspace: postern.workspaceId, role: 'VIEWER', access: 'ROLE' });
  });

  test('is returned with its scopes, and the entity of a scope that names one', async () => {
    const { owner, workspaceId } = postern;
    const channel = await createChannel(postern);
    await mutate(
      postern,
      'registerEntityType',
      { workspaceId, name: 'repository', operations: [{ name: 'READ' }] },
      owner.session,
      'entityType { name }',
    );
    const token = await createPersonalToken(
      postern,
      owner.session,
      scoped(
        { entityType: 'channel', entityId: channel, operations: ['PUBLISH', 'READ'] },
        { entityType: 'channel', operations: ['LIST'] },
        { entityType: 'repository', workspaceId, entityId: 'team/a repo', operations: ['READ'] },
        { entityType: 'repository', workspaceId, entityPattern: 'team:ü/*', operations: ['READ'] },
        { entityType: 'token', operations: ['CREATE'] },
      ),
    );
    const { scope } = await client.introspect(token.secret, service);
    expect(scope?.split(' ').sort()).toEqual([
      'channel:list',
      `channel:publish:${channel}`,
      `channel:read:${channel}`,
      'repository:read:team%2Fa%20repo',
      'repository:read:team%3A%C3%BC%2F*',
    ]);
  });

  test('is returned with no more than its owner can do now', async () => {
    const viewer = await postern.person('Vera', 'VIEWER');
    const { secret } = await createPersonalToken(postern, viewer.session);
    expect((await client.introspect(secret, service)).scope).toBe(READING);
    await mutate(
      postern,
      'updateMemberRole',
      { workspaceId: postern.workspaceId, userId: viewer.id, role: 'TEAM_MEMBER' },
      postern.owner.session,
      'member { role }',
    );
    expect((await client.introspect(secret, service)).scope).toBe(ALL);
    await mutate(
      postern,
      'removeMember',
      { workspaceId: postern.workspaceId, userId: viewer.id },
      postern.owner.session,
      'removedUserId',
    );
    expect(await client.introspect(secret, service)).toEqual(INACTIVE);
  });

  test('of a user who has only a share is returned with that share', async () => {
    const guest = await postern.person('Guest');
    const channel = await createChannel(postern);
    await createChannel(postern, { name: 'other' });
    const { secret } = await createPersonalToken(postern, guest.session);
    expect(await client.introspect(secret, service)).toEqual(INACTIVE);
    await share(postern, channel, guest, ['PUBLISH']);
    expect((await client.introspect(secret, service)).scope).toBe(`channel:publish:${channel}`);
  });

  test('that derives from another is returned with the authority that both give', async () => {
    const { owner } = postern;
    const channel = await createChannel(postern);
    const any = { entityType: 'channel', operations: ['PUBLISH', 'READ'] };
    const parent = await createPersonalToken(
      postern,
      owner.session,
      scoped(any, { entityType: 'token', operations: ['CREATE'] }),
    );
    const child = await createPersonalToken(postern, parent.secret, scoped(any));
    const less = [{ entityType: 'channel', entityId: channel, operations: ['READ'] }];
    await mutate(postern, 'updateToken', { id: parent.id, scopes: less }, owner.session, 'token { id }');
    expect((await client.introspect(child.secret, service)).scope).toBe(`channel:read:${channel}`);
  });

  test('expires with the overlap if the secret is the old one', async () => {
    const { owner } = postern;
    const token = await createPersonalToken(postern, owner.session);
    await mutate(postern, 'regenerateToken', { id: token.id, overlap: 'PT1H' }, owner.session, 'secret');
    expect((await client.introspect(token.secret, service)).exp).toBe(START / 1000 + 3600);
  });
});

describe('a token that does not concern the caller', () => {
  test('is not active: a token of a user elsewhere, a workspace token of another workspace', async () => {
    const stranger = await postern.person('Stranger');
    const elsewhere = await postern.workspace('Elsewhere', [[stranger, 'OWNER']]);
    const theirs = await createPersonalToken(postern, stranger.session);
    const foreign = await createWorkspaceToken(
      postern,
      'OWNER',
      { workspaceId: elsewhere },
      stranger.session,
    );
    expect(await client.introspect(theirs.secret, service)).toEqual(INACTIVE);
    expect(await client.introspect(foreign.secret, service)).toEqual(INACTIVE);
    const own = await createPersonalToken(postern, postern.owner.session);
    expect(await client.introspect(own.secret, foreign.secret)).toEqual(INACTIVE);
    expect(await client.introspect(own.secret, stranger.session)).toEqual(INACTIVE);
    expect(await client.introspect(service, stranger.session)).toEqual(INACTIVE);
  });

  test('is returned without other workspaces and without the management of tokens', async () => {
    const { owner, workspaceId } = postern;
    const other = await postern.workspace('Other', [[owner, 'OWNER']]);
    const hidden = await createChannel(postern, { workspaceId: other });
    const { secret } = await createPersonalToken(
      postern,
      owner.session,
      scoped(
        { entityType: 'channel', workspaceId, operations: ['READ'] },
        { entityType: 'channel', entityId: hidden, operations: ['PUBLISH'] },
        { entityType: 'workspace', entityId: other, operations: ['READ'] },
        { entityType: 'token', operations: ['READ'] },
      ),
    );
    const response = await client.introspect(secret, service);
    expect(response.scope).toBe('channel:read');
    expect(JSON.stringify(response)).not.toContain(other);
    expect(JSON.stringify(response)).not.toContain(hidden);
  });

  test('is not active if no scope reaches the workspace, or its policy closes it', async () => {
    const { owner, workspaceId } = postern;
    const nothing = await createPersonalToken(postern, owner.session, scoped());
    expect(await client.introspect(nothing.secret, service)).toEqual(INACTIVE);
    const full = await createPersonalToken(postern, owner.session);
    await mutate(
      postern,
      'updateTokenPolicy',
      { workspaceId, personalTokens: 'FORBIDDEN' },
      owner.session,
      'workspace { id }',
    );
    expect(await client.introspect(full.secret, service)).toEqual(INACTIVE);
  });
});

describe('a user', () => {
  test('sees their own tokens with every workspace named, and those of workspaces as a member', async () => {
    const { owner, workspaceId } = postern;
    const other = await postern.workspace('Other', [[owner, 'VIEWER']]);
    const scopes = [
      { entityType: 'channel', operations: ['PUBLISH', 'READ'] },
      { entityType: 'token', operations: ['READ'] },
    ];
    const own = await createPersonalToken(postern, owner.session, scoped(...scopes));
    expect((await client.introspect(own.secret, owner.session)).scope?.split(' ').sort()).toEqual(
      [
        `channel:publish@${workspaceId}`,
        `channel:read@${workspaceId}`,
        `channel:read@${other}`,
        'token:read',
      ].sort(),
    );
    const viewer = await postern.person('Vera', 'VIEWER');
    const team = await createWorkspaceToken(postern, 'VIEWER');
    expect((await client.introspect(team.secret, viewer.session)).scope).toBe(
      READING.split(' ')
        .map((scope) => `${scope}@${workspaceId}`)
        .join(' '),
    );
    expect(await client.introspect(own.secret, viewer.session)).toEqual(INACTIVE);
  });

  test('sees a token of their own without authority as active, without a scope', async () => {
    const { owner } = postern;
    const { secret } = await createPersonalToken(postern, owner.session, scoped());
    const response = await client.introspect(secret, owner.session);
    expect(response.active).toBe(true);
    expect(response).not.toHaveProperty('scope');
  });
});

describe('an inactive token', () => {
  test('gets the same response as an unknown one, to the byte', async () => {
    const { owner } = postern;
    const create = (input: object = {}) => createPersonalToken(postern, owner.session, input);
    const revoked = await create();
    const disabled = await create();
    const none = await create({ access: 'NONE' });
    const superseded = await create();
    await mutate(postern, 'revokeToken', { id: revoked.id }, owner.session, 'token { id }');
    await mutate(postern, 'disableToken', { id: disabled.id }, owner.session, 'token { id }');
    await mutate(postern, 'regenerateToken', { id: superseded.id }, owner.session, 'secret');
    const never = unknownSecret();
    const secrets = [revoked, disabled, none, superseded].map(({ secret }) => secret);
    for (const token of [...secrets, never, 'nonsense', owner.session]) {
      const response = await postern.fetch(
        new Request('http://postern.test/oauth/introspect', {
          method: 'POST',
          headers: { Authorization: `Bearer ${service}` },
          body: new URLSearchParams({ token }),
        }),
      );
      expect([response.status, await response.text()]).toEqual([200, '{"active":false}']);
    }
    const short = await create({ expires: { after: 'PT1H' } });
    postern.advance(3_600_000);
    expect(await client.introspect(short.secret, service)).toEqual(INACTIVE);
  });
});

test('introspection does not count as a use of the token and ends no overlap; it counts as a use of the caller', async () => {
  const { owner } = postern;
  const token = await createPersonalToken(postern, owner.session);
  const asking = await createWorkspaceToken(postern, 'VIEWER');
  const renewed = await mutate(
    postern,
    'regenerateToken',
    { id: token.id, overlap: 'PT1H' },
    owner.session,
    'secret',
  );
  await client.introspect(renewed.data.regenerateToken.secret, asking.secret);
  expect((await client.introspect(token.secret, asking.secret)).active).toBe(true);
  const lastUse = async (id: string) => {
    const query = 'query ($id: ID!) { token(id: $id) { lastUsedAt } }';
    return (await postern.post(query, { id }, owner.session)).data.token.lastUsedAt;
  };
  expect(await lastUse(token.id)).toBeNull();
  expect(await lastUse(asking.id)).toBe(new Date(START).toISOString());
});
