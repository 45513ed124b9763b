import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Cascades } from '../../src/services/maintenance/cascades.ts';
import { CHUNK } from '../../src/services/transactions/chunk.ts';
import { PASSWORD, type Person, startTestApp, type TestApp } from '../support/app.ts';
import { applyOneChunk, startCascades } from '../support/cascades.ts';
import { createChannel, mutate, share } from '../support/channels.ts';
import { repeatInvitations, repeatShares } from '../support/grants.ts';
import { sampleIfRepeated } from '../support/test-length.ts';
import { createPersonalToken, createWorkspaceToken } from '../support/tokens.ts';

const MORE = CHUNK + 10;

let postern: TestApp;
let cascades: Cascades;
let sharer: Person;
let guest: Person;

beforeEach(async () => {
  postern = await startTestApp({ POSTERN_SHARES_PER_CHANNEL: '2', POSTERN_INVITATIONS_PER_WORKSPACE: '2' });
  // The server's own would run when a call ends.
  await postern.app.services.cascades.close();
  cascades = startCascades(postern);
  sharer = await postern.person('Sharer', 'ADMINISTRATOR');
  guest = await postern.person('Guest', 'VIEWER');
});

afterEach(async () => {
  await cascades.close();
  await postern.close();
});

async function call(field: string, input: object, by: string | null, selection = '__typename') {
  const { data, errors } = await mutate(postern, field, input, by, selection);
  expect(errors).toEqual([]);
  return data[field];
}

const rowsOf = async (table: 'channel_shares' | 'invitations') =>
  (await postern.database.db.selectFrom(table).select('ends_survived').execute()).length;

async function signInAgain(person: Person, password?: string): Promise<void> {
  sharer = { ...person, session: await postern.signIn(person.email, password) };
}

const membership = () => ({ workspaceId: postern.workspaceId, userId: guest.id });
const leak = (secret: string) => call('reportLeakedSecrets', { secrets: [secret] }, null);

/** A way in which shares end: what gives one, what ends it and others like it, and what lets it be given again. */
interface ShareEnd {
  /** Returns the secret that shares. */
  readonly giver?: () => Promise<string>;
  readonly end: (secret: string) => Promise<unknown>;
  readonly restore?: () => Promise<void>;
}

const token = async () => (await createPersonalToken(postern, sharer.session)).secret;
const workspaceToken = async () => (await createWorkspaceToken(postern, 'TEAM_MEMBER')).secret;

async function deleteTokenOf(secret: string): Promise<void> {
  const { data } = await postern.post('{ viewer { token { id } } }', {}, secret);
  const by = secret.startsWith('pat') ? sharer.session : postern.owner.session;
  await call('deleteToken', { id: data.viewer.token.id }, by);
}

async function rejoin(): Promise<void> {
  const input = { workspaceId: postern.workspaceId, email: guest.email, role: 'VIEWER' };
  const { invitationSecret } = await call('inviteMember', input, sharer.session, 'invitationSecret');
  await call('acceptInvitation', { secret: invitationSecret }, guest.session);
}

const SHARE_ENDS: Record<string, ShareEnd> = {
  'the removal of their recipient': {
    end: () => call('removeMember', membership(), sharer.session),
    restore: rejoin,
  },
  'a lower role of their recipient': {
    giver: async () => {
      await call('updateMemberRole', { ...membership(), role: 'TEAM_MEMBER' }, sharer.session);
      return sharer.session;
    },
    end: () => call('updateMemberRole', { ...membership(), role: 'VIEWER' }, sharer.session),
  },
  'the deactivation of their granter': {
    end: () => postern.app.services.operator.deactivateUser(sharer.email),
    restore: async () => {
      await postern.app.services.operator.reactivateUser(sharer.email);
      await signInAgain(sharer);
    },
  },
  'the leak of a session of their granter': { end: leak, restore: () => signInAgain(sharer) },
  'the leak of their token': { giver: token, end: leak },
  'the leak of their workspace token': { giver: workspaceToken, end: leak },
  'the deletion of their token': { giver: token, end: deleteTokenOf },
  'the deletion of their workspace token': { giver: workspaceToken, end: deleteTokenOf },
  'the deletion of all tokens': {
    giver: token,
    end: async () => {
      const { errors } = await postern.post(
        'mutation { deleteAllTokens { deletedCount } }',
        {},
        sharer.session,
      );
      expect(errors).toEqual([]);
    },
  },
  'a reset of the password': {
    giver: token,
    end: () => postern.app.services.operator.resetPassword(sharer.email, 'another long password', false),
    restore: () => signInAgain(sharer, 'another long password'),
  },
};

/** Returns how many of some channels the guest can publish to, and checks that this agrees with what they can do in the workspace. */
async function countShared(channels: readonly string[]): Promise<number> {
  const inChannel = `query ($id: ID!) {
    viewer { can(operation: PUBLISH, entityType: "channel", entityId: $id) { allowed } } }`;
  const inWorkspace = `query ($workspaceId: ID!) {
    viewer { can(operation: PUBLISH, entityType: "channel", workspaceId: $workspaceId) { allowed } } }`;
  const isAllowed = async (query: string, variables: object): Promise<boolean> =>
    (await postern.post(query, variables, guest.session)).data.viewer.can.allowed;
  let shared = 0;
  // One after the other: each further connection would plan the large statements again.
  for (const id of channels) if (await isAllowed(inChannel, { id })) shared++;
  expect(await isAllowed(inWorkspace, { workspaceId: postern.workspaceId })).toBe(shared > 0);
  return shared;
}

/** Returns the emails of the recipients that the owner sees at a channel. */
async function recipientsOf(id: string): Promise<string[]> {
  const query = 'query ($id: ID!) { channel(id: $id) { shares { user { email } } } }';
  const { data, errors } = await postern.post(query, { id }, postern.owner.session);
  expect(errors).toEqual([]);
  return data.channel.shares.map(({ user }: { user: { email: string } }) => user.email);
}

describe.each(sampleIfRepeated(Object.entries(SHARE_ENDS), { short: 3, ci: 1 }))(
  'shares that end with %s',
  (_, { giver, end, restore }) => {
    test('do not count from the next request on, and their rows follow', async () => {
      const secret = (await giver?.()) ?? sharer.session;
      const first = await createChannel(postern);
      await share(postern, first, guest, ['PUBLISH'], secret);
      const more = await repeatShares(postern.database, first, MORE);
      const channels = [first, ...more.slice(-9)];
      expect(await countShared(channels)).toBe(10);

      await end(secret);
      expect(await rowsOf('channel_shares')).toBe(MORE + 1);
      expect(await cascades.count()).toBe(1);
      expect(await countShared(channels)).toBe(0);
      expect(await recipientsOf(first)).toEqual([]);
      const unshared = { id: first, userId: guest.id };
      const refused = await mutate(postern, 'unshareChannel', unshared, postern.owner.session, '__typename');
      expect(refused.code).toBe('NOT_FOUND');

      const ended = await rowsOf('channel_shares');
      await applyOneChunk(postern);
      expect(await rowsOf('channel_shares')).toBe(ended - CHUNK);
      await restore?.();
      expect(await countShared(channels)).toBe(0);
      // They do not count for the limit of shares, and what is shared from then on stays.
      const others = [await postern.person('One'), await postern.person('Two')];
      for (const other of others) await share(postern, channels.at(-1) as string, other, ['PUBLISH']);
      const last = channels.at(-2) as string;
      await share(postern, last, guest, ['PUBLISH'], sharer.session);
      expect(await countShared(channels)).toBe(1);
      await cascades.run();
      expect(await cascades.count()).toBe(0);
      expect(await rowsOf('channel_shares')).toBe(3);
      expect(await countShared(channels)).toBe(1);
      expect(await recipientsOf(last)).toEqual([guest.email]);
    });
  },
);

/** A way in which invitations end: what creates one, and what ends it and others like it. */
interface InvitationEnd {
  /** Returns the secret that invites. */
  readonly giver?: () => Promise<string>;
  readonly end: (secret: string) => Promise<unknown>;
  /** The kind of actor that the audit events name; `null` if there are none. */
  readonly by: string | null;
}

const manager = async () => (await createWorkspaceToken(postern, 'WORKSPACE_MANAGER')).secret;

async function revokeTokenOf(secret: string): Promise<void> {
  const { data } = await postern.post('{ viewer { token { id } } }', {}, secret);
  await call('revokeToken', { id: data.viewer.token.id }, postern.owner.session);
}

const INVITATION_ENDS: Record<string, InvitationEnd> = {
  'a reset of the password of their creator': {
    end: () => postern.app.services.operator.resetPassword(sharer.email, 'another long password', true),
    by: 'OPERATOR',
  },
  'the deactivation of their creator': {
    end: () => postern.app.services.operator.deactivateUser(sharer.email),
    by: 'OPERATOR',
  },
  'a new password of their creator': {
    end: (session) => {
      const input = { currentPassword: PASSWORD, newPassword: 'another long password', revokeTokens: true };
      return call('changePassword', input, session);
    },
    by: 'SESSION',
  },
  'the leak of a session of their creator': { end: leak, by: null },
  'the revocation of their token': { giver: manager, end: revokeTokenOf, by: 'SESSION' },
  'the leak of their token': { giver: manager, end: leak, by: null },
  'the deletion of their token': { giver: manager, end: deleteTokenOf, by: null },
};

async function invite(email: string, by: string): Promise<{ id: string; secret: string }> {
  const input = { workspaceId: postern.workspaceId, email, role: 'VIEWER' };
  const { invitationSecret: secret, invitation } = await call(
    'inviteMember',
    input,
    by,
    'invitationSecret invitation { id }',
  );
  return { id: invitation.id, secret };
}

const accept = (secret: string) =>
  mutate(postern, 'acceptInvitation', { secret, name: 'Newcomer', password: PASSWORD }, null, '__typename');

/** Returns how many invitations the owner sees, void or not. */
async function countInvitations(): Promise<number> {
  const query = 'query ($id: ID!) { workspace(id: $id) { invitations { id } } }';
  const { data, errors } = await postern.post(query, { id: postern.workspaceId }, postern.owner.session);
  expect(errors).toEqual([]);
  return data.workspace.invitations.length;
}

/** Returns the kinds of the actors of all audit events about void invitations. */
async function actorsOfEvents(): Promise<unknown[]> {
  const query = postern.database.db.selectFrom('audit_events').select(['actor_kind', 'target_id']);
  const events = await query.where('action', '=', 'member.invitation_voided').execute();
  expect(new Set(events.map(({ target_id }) => target_id)).size).toBe(events.length);
  return events.map(({ actor_kind }) => actor_kind);
}

describe.each(sampleIfRepeated(Object.entries(INVITATION_ENDS), { short: 3, ci: 1 }))(
  'invitations that end with %s',
  (name, { giver, end, by }) => {
    const isDeletion = name.includes('deletion');

    test('do not count from the next request on, and their rows follow', async () => {
      const secret = (await giver?.()) ?? sharer.session;
      const first = await invite('newcomer@example.com', secret);
      await repeatInvitations(postern.database, first.id, MORE);
      expect(await countInvitations()).toBe(MORE + 1);

      await end(secret);
      expect(await rowsOf('invitations')).toBe(MORE + 1);
      expect(await cascades.count()).toBe(1);
      expect(await countInvitations()).toBe(0);
      expect((await accept(first.secret)).code).toBe('NOT_FOUND');
      expect(await actorsOfEvents()).toEqual([]);
      const revoked = { workspaceId: postern.workspaceId, id: first.id };
      const refused = await mutate(postern, 'revokeInvitation', revoked, postern.owner.session, '__typename');
      expect(refused.code).toBe('NOT_FOUND');
      await leak(first.secret);
      expect(await rowsOf('invitations')).toBe(MORE + 1);

      // They do not count for the limit of invitations, and the same address can be invited again.
      const again = await invite('newcomer@example.com', postern.owner.session);
      await invite('other@example.com', postern.owner.session);
      expect(await countInvitations()).toBe(2);
      const rows = await rowsOf('invitations');
      await applyOneChunk(postern);
      expect(await rowsOf('invitations')).toBe(rows - CHUNK);
      expect((await accept(first.secret)).code).toBe('NOT_FOUND');
      await cascades.run();
      expect(await cascades.count()).toBe(0);
      expect(await rowsOf('invitations')).toBe(2);
      expect((await accept(again.secret)).errors).toEqual([]);
      expect(await actorsOfEvents()).toEqual(isDeletion ? [] : Array(MORE + 1).fill(by));
    });

    test('leave a workspace that is deleted meanwhile with their audit events', async () => {
      const secret = (await giver?.()) ?? sharer.session;
      const { id } = await invite('newcomer@example.com', secret);
      await repeatInvitations(postern.database, id, MORE);
      await end(secret);
      await call('deleteWorkspace', { id: postern.workspaceId }, postern.owner.session);
      await cascades.run();
      expect(await rowsOf('invitations')).toBe(0);
      expect(await cascades.count()).toBe(0);
      expect(await actorsOfEvents()).toHaveLength(isDeletion ? 0 : MORE + 1);
    });
  },
);

test('few shares and invitations are deleted in the call', async () => {
  const channel = await createChannel(postern);
  await share(postern, channel, guest, ['PUBLISH'], sharer.session);
  await repeatShares(postern.database, channel, CHUNK - 1);
  const { id } = await invite('newcomer@example.com', sharer.session);
  await repeatInvitations(postern.database, id, CHUNK - 1);
  await postern.app.services.operator.deactivateUser(sharer.email);
  expect([await rowsOf('channel_shares'), await rowsOf('invitations')]).toEqual([0, 0]);
  expect(await cascades.count()).toBe(0);
  expect(await actorsOfEvents()).toHaveLength(CHUNK);
  const { detail } = await postern.database.db
    .selectFrom('audit_events')
    .select('detail')
    .where('action', '=', 'user.deactivated')
    .executeTakeFirstOrThrow();
  expect(JSON.parse(detail)).toMatchObject({ deletedShares: CHUNK, deletedInvitations: CHUNK });
});
