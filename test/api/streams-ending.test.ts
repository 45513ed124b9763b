import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Person, startTestApp, type TestApp } from '../support/app.ts';
import { createChannel, mutate, publish, share } from '../support/channels.ts';
import { follow } from '../support/streams.ts';
import { sampleIfRepeated } from '../support/test-length.ts';
import { createPersonalToken, createWorkspaceToken, type IssuedToken } from '../support/tokens.ts';

const DAY = 86_400_000;
/** The time in which an idle stream ends after the change was acknowledged. */
const PROMPTLY = 1_000;

let postern: TestApp;
let member: Person;
let channelId: string;

beforeEach(async () => {
  postern = await startTestApp();
  member = await postern.person('Member', 'TEAM_MEMBER');
  channelId = await createChannel(postern);
});

afterEach(() => postern.close());

/** The secret of a follower, and a change that can end its stream. */
interface Change {
  readonly secret: string;
  change(): Promise<unknown>;
}

async function owns(field: string, input: object, selection: string): Promise<void> {
  expect(await mutate(postern, field, input, postern.owner.session, selection)).toMatchObject({ errors: [] });
}

async function members(field: string, input: object, selection = 'token { id }'): Promise<void> {
  expect(await mutate(postern, field, input, member.session, selection)).toMatchObject({ errors: [] });
}

/** Returns a change by the owner of a personal token to that token. */
async function ofToken(
  change: (token: IssuedToken) => Promise<unknown>,
  input: object = {},
): Promise<Change> {
  const token = await createPersonalToken(postern, member.session, input);
  return { secret: token.secret, change: () => change(token) };
}

/** Returns a change by the owner of the workspace, or by the clock, that affects the session of a member. */
async function ofMember(change: () => Promise<unknown>): Promise<Change> {
  return { secret: member.session, change };
}

/** Returns a change that affects a user who has only a share. */
async function ofGuest(change: (guest: Person) => Promise<unknown>): Promise<Change> {
  const guest = await postern.person('Guest');
  await share(postern, channelId, guest, ['SUBSCRIBE', 'READ']);
  const token = await createPersonalToken(postern, guest.session);
  return { secret: token.secret, change: () => change(guest) };
}

/** Returns a change that affects a member who shared the channel with a guest. */
async function ofGranter(change: () => Promise<unknown>): Promise<Change> {
  return ofGuestOf(member.session, change);
}

/** Returns a change that affects a personal token of the member that shared the channel with a guest. */
async function ofGrantingToken(change: (token: IssuedToken) => Promise<unknown>): Promise<Change> {
  const token = await createPersonalToken(postern, member.session, { expires: { after: 'P1D' } });
  return ofGuestOf(token.secret, () => change(token));
}

async function ofGuestOf(granter: string, change: () => Promise<unknown>): Promise<Change> {
  const { email, session } = await postern.person('Guest');
  const input = { id: channelId, email, operations: ['SUBSCRIBE', 'READ'] };
  expect(await mutate(postern, 'shareChannel', input, granter, '__typename')).toMatchObject({ errors: [] });
  return { secret: session, change };
}

async function ofWorkspaceToken(change: (token: IssuedToken) => Promise<unknown>): Promise<Change> {
  const token = await createWorkspaceToken(postern, 'VIEWER');
  return { secret: token.secret, change: () => change(token) };
}

const scoped = () => ({
  access: 'SCOPED',
  scopes: [
    { entityType: 'channel', entityId: channelId, operations: ['SUBSCRIBE'] },
    { entityType: 'token', operations: ['CREATE'] },
  ],
});

const LOSSES: Record<string, () => Promise<Change>> = {
  'its token is revoked': () => ofToken(({ id }) => members('revokeToken', { id })),
  'its token is disabled': () => ofToken(({ id }) => members('disableToken', { id })),
  'its token is deleted': () => ofToken(({ id }) => members('deleteToken', { id }, 'deletedTokenId')),
  'all tokens of its owner are deleted': () =>
    ofToken(() => postern.post('mutation { deleteAllTokens { deletedCount } }', {}, member.session)),
  'its token is regenerated': () => ofToken(({ id }) => members('regenerateToken', { id }, 'secret')),
  'the overlap with a new secret ends by the first use of the new secret': () =>
    ofToken(async ({ id }) => {
      const input = { id, overlap: 'P1D' };
      const { data } = await mutate(postern, 'regenerateToken', input, member.session, 'secret');
      await postern.post('{ viewer { kind } }', {}, data.regenerateToken.secret);
    }),
  'the overlap with a new secret expires': () =>
    ofToken(async ({ id }) => {
      await members('regenerateToken', { id, overlap: 'P1D' }, 'secret');
      postern.advance(DAY);
    }),
  'its token expires': () => ofToken(async () => postern.advance(30 * DAY)),
  'its token loses all scopes': () => ofToken(({ id }) => members('removeAllTokenScopes', { id }), scoped()),
  'its token gets other scopes': () =>
    ofToken(({ id }) => {
      const scopes = [{ entityType: 'channel', entityId: channelId, operations: ['READ', 'PUBLISH'] }];
      return members('updateToken', { id, scopes });
    }, scoped()),
  'its token loses its access': () => ofToken(({ id }) => members('updateToken', { id, access: 'NONE' })),
  'the token from which its token derives is disabled': async () => {
    const parent = await createPersonalToken(postern, member.session, scoped());
    const scopes = scoped().scopes.slice(0, 1);
    const child = await createPersonalToken(postern, parent.secret, { access: 'SCOPED', scopes });
    return { secret: child.secret, change: () => members('disableToken', { id: parent.id }) };
  },
  'the channel is unshared': () =>
    ofGuest((guest) => owns('unshareChannel', { id: channelId, userId: guest.id }, 'channel { id }')),
  'the channel is shared for other operations': () =>
    ofGuest((guest) => share(postern, channelId, guest, ['READ', 'LIST', 'PUBLISH'])),
  'the user who shared the channel is removed': () =>
    ofGranter(() => {
      const input = { workspaceId: postern.workspaceId, userId: member.id };
      return owns('removeMember', input, 'removedUserId');
    }),
  'the user who shared the channel is deactivated': () =>
    ofGranter(() => postern.app.services.operator.deactivateUser(member.email)),
  'the token that shared the channel is disabled': () =>
    ofGrantingToken(({ id }) => members('disableToken', { id })),
  'the token that shared the channel is reported as leaked': () =>
    ofGrantingToken(({ secret }) =>
      postern.post(`mutation { reportLeakedSecrets(input: { secrets: ["${secret}"] }) { received } }`),
    ),
  'the token that shared the channel expires': () => ofGrantingToken(async () => postern.advance(DAY)),
  'the member is removed': () =>
    ofMember(() => {
      const input = { workspaceId: postern.workspaceId, userId: member.id };
      return owns('removeMember', input, 'removedUserId');
    }),
  'the member leaves': () =>
    ofMember(() => {
      const input = { workspaceId: postern.workspaceId, userId: member.id };
      return members('removeMember', input, 'removedUserId');
    }),
  'the member signs out': () =>
    ofMember(() => postern.post('mutation { signOut { signedOut } }', {}, member.session)),
  'the session is ended from elsewhere': () =>
    ofMember(async () => {
      const elsewhere = await postern.signIn(member.email);
      await postern.post('mutation { revokeOtherSessions { revokedCount } }', {}, elsewhere);
    }),
  'the password is changed from elsewhere': () =>
    ofMember(async () => {
      const elsewhere = await postern.signIn(member.email);
      const input = { currentPassword: member.password, newPassword: 'another correct horse' };
      await mutate(postern, 'changePassword', input, elsewhere, 'user { id }');
    }),
  'the session expires': () => ofMember(async () => postern.advance(14 * DAY)),
  'the user is deactivated': () => ofToken(() => postern.app.services.operator.deactivateUser(member.email)),
  'the channel is deleted': () =>
    ofMember(() => owns('deleteChannel', { id: channelId }, 'deletedChannelId')),
  'the workspace is deleted': () =>
    ofMember(() => owns('deleteWorkspace', { id: postern.workspaceId }, 'deletedWorkspaceId')),
  'the workspace forbids personal tokens': () =>
    ofToken(() => {
      const input = { workspaceId: postern.workspaceId, personalTokens: 'FORBIDDEN' };
      return owns('updateTokenPolicy', input, 'workspace { id }');
    }),
  'the workspace forbids tokens of that lifetime': () =>
    ofWorkspaceToken(() => {
      const input = { workspaceId: postern.workspaceId, maxLifetime: 'P1D' };
      return owns('updateTokenPolicy', input, 'workspace { id }');
    }),
  'its workspace token is revoked': () =>
    ofWorkspaceToken(({ id }) => owns('revokeToken', { id }, 'token { id }')),
};

test.each(sampleIfRepeated(Object.keys(LOSSES), { short: 6, ci: 3 }))(
  'an idle stream ends within a second when %s',
  async (cause) => {
    const { secret, change } = await (LOSSES[cause] as () => Promise<Change>)();
    const stream = await follow(postern, channelId, secret);
    const bystander = await follow(postern, channelId, postern.owner.session);
    await publish(postern, channelId, 'before');
    expect([await stream.payload(), await bystander.payload()]).toEqual(['before', 'before']);

    await change();
    expect(await stream.end()).toBeLessThan(PROMPTLY);
  },
);

test.each(sampleIfRepeated(Object.keys(LOSSES), { short: 6, ci: 3 }))(
  'no message that is published after the change was acknowledged arrives when %s',
  async (cause) => {
    const { secret, change } = await (LOSSES[cause] as () => Promise<Change>)();
    const stream = await follow(postern, channelId, secret);
    await publish(postern, channelId, 'before');
    expect(await stream.payload()).toBe('before');

    await change();
    await mutate(
      postern,
      'publishMessage',
      { channelId, payload: 'after' },
      postern.owner.session,
      'message { id }',
    );
    await stream.end();
  },
);

const NO_LOSSES: Record<string, () => Promise<Change>> = {
  'its follower becomes a Viewer': () =>
    ofMember(() => {
      const input = { workspaceId: postern.workspaceId, userId: member.id, role: 'VIEWER' };
      return owns('updateMemberRole', input, 'member { role }');
    }),
  'another token of its owner is revoked': () =>
    ofToken(async () => {
      const { id } = await createPersonalToken(postern, member.session);
      await members('revokeToken', { id });
    }),
  'another channel is deleted': () =>
    ofMember(async () => {
      const id = await createChannel(postern, { name: 'other' });
      await owns('deleteChannel', { id }, 'deletedChannelId');
    }),
  'its token is renamed, and enabled although it is not disabled': () =>
    ofToken(async ({ id }) => {
      await members('updateToken', { id, name: 'renamed' });
      await members('enableToken', { id });
    }),
  'its token is regenerated with an overlap': () =>
    ofToken(({ id }) => members('regenerateToken', { id, overlap: 'P1D' }, 'secret')),
};

test.each(Object.keys(NO_LOSSES))('a stream continues when %s', async (cause) => {
  const { secret, change } = await (NO_LOSSES[cause] as () => Promise<Change>)();
  const stream = await follow(postern, channelId, secret);
  const witness = await createPersonalToken(postern, postern.owner.session);
  const ending = await follow(postern, channelId, witness.secret);
  await publish(postern, channelId, 'before');
  expect([await stream.payload(), await ending.payload()]).toEqual(['before', 'before']);

  await change();
  // When this stream has ended, all streams have been authorized again.
  await owns('revokeToken', { id: witness.id }, 'token { id }');
  await ending.end();
  await publish(postern, channelId, 'after');
  expect(await stream.payload()).toBe('after');
});

test('at any point of a revocation among messages, a stream delivers all messages before some point, and none that was sent after the acknowledgement', async () => {
  for (let round = 0; round < 10; round += 1) {
    const { id, secret } = await createPersonalToken(postern, member.session);
    const stream = await follow(postern, channelId, secret);
    const sentBefore: string[] = [];
    let revoked = false;
    const revoking = round * 3;
    const publishing = (async () => {
      for (let sent = 0; !revoked || sent < revoking + 5; sent += 1) {
        const payload = `${round}.${sent}`;
        if (!revoked) sentBefore.push(payload);
        if (sent === revoking) void members('revokeToken', { id }).then(() => (revoked = true));
        await publish(postern, channelId, payload);
      }
    })();

    const received: unknown[] = [];
    for (let event = await stream.next(); event?.event === 'next'; event = await stream.next()) {
      received.push(event.data.data.channelMessages.payload);
    }
    await publishing;
    expect(received).toEqual(sentBefore.slice(0, received.length));
  }
});
