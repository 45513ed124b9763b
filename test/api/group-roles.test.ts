import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { decodeGlobalId } from '../../src/domain/global-id.ts';
import type { DatabaseHandle } from '../../src/storage/database.ts';
import { findIdentity, insertIdentity } from '../../src/storage/repositories/accounts/identities.ts';
import { type Person, startTestApp, type TestApp } from '../support/app.ts';
import { createChannel, mutate, share } from '../support/channels.ts';
import { insertGroupedPeople } from '../support/grouped-people.ts';
import { startTestProvider, type TestProvider } from '../support/oidc-provider.ts';
import { POSTERN as ORIGIN, signIn } from '../support/sign-in.ts';
import { follow } from '../support/streams.ts';
import { createPersonalToken } from '../support/tokens.ts';
import { verify } from '../support/verify.ts';

let provider: TestProvider;
let postern: TestApp;

beforeAll(async () => {
  provider = await startTestProvider({ names: ['corp'], origins: [ORIGIN] });
});
afterAll(() => provider.close());

beforeEach(async () => {
  provider.people.clear();
  postern = await start();
  return () => postern.close();
});

function start(env: Record<string, string> = {}): Promise<TestApp> {
  return startTestApp({
    ...provider.env('corp', ORIGIN),
    POSTERN_OIDC_CORP_PROVISION: 'on',
    POSTERN_OIDC_CORP_GROUPS: 'engineering,staff',
    ...env,
  });
}

const inTeam = () => ({ workspaceId: postern.workspaceId, provider: 'corp' });

async function map(group: string, role: string, by = postern.owner.session) {
  return mutate(
    postern,
    'setGroupRole',
    { ...inTeam(), group, role },
    by,
    'workspace { groupRoles { group role } }',
  );
}

/** Signs a person in with groups. Earlier statements are made a second older, because the provider states whole seconds. */
async function enter(name: string, groups: unknown, more: object = {}): Promise<void> {
  const { db } = postern.database;
  await db
    .updateTable('identities')
    .set((eb) => ({ groups_at: eb('groups_at', '-', 1000) }))
    .execute();
  provider.people.set(name, { email: `${name}@example.com`, email_verified: true, name, groups, ...more });
  const { answer } = await signIn(postern, name);
  expect(answer.errors).toEqual([]);
}

interface Row {
  readonly role: string;
  readonly directRole: string | null;
  readonly groupRoles: { readonly group: string }[];
}

/** Returns the member with an address; `undefined` if there is none. */
async function memberOf(email: string): Promise<Row | undefined> {
  const { data } = await postern.post(
    `query ($id: ID!) { workspace(id: $id) { members(first: 50) { nodes {
      user { email } role directRole groupRoles { provider group role } } } } }`,
    { id: postern.workspaceId },
    postern.owner.session,
  );
  return data.workspace.members.nodes.find((node: any) => node.user.email === email);
}

/** Returns the details of the workspace's events with an action, oldest first. */
async function audited(action: string): Promise<Record<string, unknown>[]> {
  const { data } = await postern.post(
    `query ($id: ID!, $actions: [String!]) { workspace(id: $id) {
      auditEvents(first: 50, filter: { actions: $actions }) { nodes { detail } } } }`,
    { id: postern.workspaceId, actions: [action] },
    postern.owner.session,
  );
  return data.workspace.auditEvents.nodes.map((node: any) => node.detail).reverse();
}

/** Links a person to a subject of the provider and states their groups. */
async function state(person: Person, groups: readonly string[], at = postern.now()): Promise<void> {
  const { db } = postern.database;
  const key = { provider: 'corp', subject: person.email };
  if (!(await findIdentity(db, key))) {
    const id = `01900000-0000-7000-8000-${Buffer.from(person.id.slice(-6)).toString('hex')}`;
    const userId = decodeGlobalId('User', person.id);
    await insertIdentity(db, { id, userId, ...key, linkedAt: 0, lastUsedAt: null });
  }
  const identity = await findIdentity(db, key);
  if (identity) await postern.app.services.groups.replaceGroups(identity, groups, { source: 'claim', at });
}

describe('the groups of a sign-in give roles', () => {
  test('a person becomes a member by a group alone, and stops being one with the next sign-in without it', async () => {
    await map('engineering', 'TEAM_MEMBER');
    await enter('ada', ['engineering', 'unknown']);
    expect(await memberOf('ada@example.com')).toEqual({
      user: { email: 'ada@example.com' },
      role: 'TEAM_MEMBER',
      directRole: null,
      groupRoles: [{ provider: 'corp', group: 'engineering', role: 'TEAM_MEMBER' }],
    });
    // The provider does not state the claim.
    await enter('ada', undefined);
    expect(await memberOf('ada@example.com')).toBeUndefined();
    expect((await audited('member.joined')).at(-1)).toEqual({
      ...{ email: 'ada@example.com', role: 'TEAM_MEMBER', by: 'group', provider: 'corp', source: 'claim' },
    });
    expect(await audited('member.removed')).toEqual([
      { email: 'ada@example.com', role: 'TEAM_MEMBER', by: 'group', provider: 'corp', source: 'claim' },
    ]);
  });

  test('a single text is one group, compared exactly', async () => {
    await map('engineering', 'VIEWER');
    await enter('one', 'engineering');
    await enter('other', 'Engineering');
    expect(await memberOf('one@example.com')).toMatchObject({ role: 'VIEWER' });
    expect(await memberOf('other@example.com')).toBeUndefined();
  });

  test.each([
    ['an overage of Entra ID', { _claim_names: { groups: 'src1' } }],
    ['an overage of the implicit flow', { hasgroups: true }],
  ])('%s keeps what was and warns', async (_name, claims) => {
    await map('engineering', 'VIEWER');
    await enter('ada', ['engineering']);
    await enter('ada', undefined, claims);
    expect(await memberOf('ada@example.com')).toMatchObject({ role: 'VIEWER' });
    expect(postern.logs.join('')).toContain('does not list the groups');
  });

  test.each([[[['engineering']]], [{ engineering: true }], [7], [['engineering', 7]]])(
    'the claim %j is no group, and warns',
    async (groups) => {
      await map('engineering', 'VIEWER');
      await enter('ada', groups);
      expect(await memberOf('ada@example.com')).toBeUndefined();
      expect(postern.logs.join('')).toContain('not a list of texts');
    },
  );

  test('an older statement changes nothing', async () => {
    await map('staff', 'VIEWER');
    const ada = await postern.person('Ada');
    await state(ada, ['staff'], 2000);
    await state(ada, [], 2000);
    await state(ada, [], 1000);
    expect(await memberOf(ada.email)).toMatchObject({ role: 'VIEWER' });
    await state(ada, [], 2001);
    expect(await memberOf(ada.email)).toBeUndefined();
  });
});

describe('the higher role counts', () => {
  test('a direct role and roles of groups, from the next request of every credential on', async () => {
    const ada = await postern.person('Ada', 'TEAM_MEMBER');
    const token = await createPersonalToken(postern, ada.session, { access: 'FULL' });
    await map('staff', 'ADMINISTRATOR');
    await map('engineering', 'VIEWER');
    expect(
      (
        await mutate(
          postern,
          'updateWorkspace',
          { id: postern.workspaceId, name: 'a' },
          ada.session,
          '__typename',
        )
      ).code,
    ).toBe('FORBIDDEN');
    await state(ada, ['staff', 'engineering'], 1000);
    expect((await verify(postern, token.secret, { operation: 'CREATE', entityType: 'channel' })).status).toBe(
      204,
    );
    expect(await memberOf(ada.email)).toMatchObject({ role: 'ADMINISTRATOR', directRole: 'TEAM_MEMBER' });
    expect(
      (
        await mutate(
          postern,
          'updateWorkspace',
          { id: postern.workspaceId, name: 'a' },
          ada.session,
          '__typename',
        )
      ).code,
    ).toBeUndefined();
    await mutate(
      postern,
      'updateMemberRole',
      { workspaceId: postern.workspaceId, userId: ada.id, role: 'VIEWER' },
      postern.owner.session,
      '__typename',
    );
    expect(await memberOf(ada.email)).toMatchObject({ role: 'ADMINISTRATOR', directRole: 'VIEWER' });
    await state(ada, ['engineering'], 2000);
    expect(await memberOf(ada.email)).toMatchObject({ role: 'VIEWER', directRole: 'VIEWER' });
    expect(
      (
        await mutate(
          postern,
          'updateWorkspace',
          { id: postern.workspaceId, name: 'b' },
          ada.session,
          '__typename',
        )
      ).code,
    ).toBe('FORBIDDEN');
    expect((await audited('member.role_changed')).at(-1)).toEqual({
      ...{ email: ada.email, role: 'VIEWER', before: 'ADMINISTRATOR' },
      ...{ by: 'group', provider: 'corp', source: 'claim' },
    });
    const create = { operation: 'CREATE', entityType: 'channel', workspaceId: postern.workspaceId };
    expect((await verify(postern, token.secret, create)).status).toBe(403);
  });

  test('an Owner is direct and stays one', async () => {
    await map('staff', 'VIEWER');
    await state(postern.owner, ['staff'], 1000);
    expect(await memberOf(postern.owner.email)).toMatchObject({ role: 'OWNER', directRole: 'OWNER' });
    await state(postern.owner, [], 2000);
    expect(await memberOf(postern.owner.email)).toMatchObject({ role: 'OWNER' });
  });

  test('a lost group closes the streams within a second, and ends what was shared with the person', async () => {
    const ada = await postern.person('Ada');
    await map('staff', 'TEAM_MEMBER');
    await state(ada, ['staff'], 1000);
    const channelId = await createChannel(postern);
    await share(postern, channelId, ada, ['SUBSCRIBE']);
    const stream = await follow(postern, channelId, ada.session);
    await state(ada, [], 2000);
    expect(await stream.end()).toBeLessThan(1000);
    expect(await memberOf(ada.email)).toBeUndefined();
  });
});

describe('setGroupRole', () => {
  test('applies to people who are in the group already, and removeGroupRole takes it away', async () => {
    const people = await Promise.all(['Ada', 'Bob', 'Cleo'].map((name) => postern.person(name)));
    for (const person of people) await state(person, ['staff']);
    await map('staff', 'TEAM_MEMBER');
    for (const { email } of people) expect(await memberOf(email)).toMatchObject({ role: 'TEAM_MEMBER' });
    await map('staff', 'VIEWER');
    for (const { email } of people) expect(await memberOf(email)).toMatchObject({ role: 'VIEWER' });
    const removed = await mutate(
      postern,
      'removeGroupRole',
      { ...inTeam(), group: 'staff' },
      postern.owner.session,
      'workspace { groupRoles { group } }',
    );
    expect(removed.data.removeGroupRole.workspace.groupRoles).toEqual([]);
    for (const { email } of people) expect(await memberOf(email)).toBeUndefined();
    expect((await audited('member.removed')).map(({ group }) => group)).toEqual(['staff', 'staff', 'staff']);
    expect(await audited('workspace.group_role_set')).toHaveLength(2);
  });

  test.each([
    ['a group that the operator does not list', { group: 'finance' }],
    ['a provider that is not configured', { provider: 'other' }],
    ['the role Owner', { role: 'OWNER' }],
    ['an empty group', { group: '' }],
  ])('refuses %s', async (_name, changes) => {
    const input = { ...inTeam(), group: 'staff', role: 'VIEWER', ...changes };
    const answer = await mutate(postern, 'setGroupRole', input, postern.owner.session, '__typename');
    expect(answer.code).toBe('BAD_USER_INPUT');
  });

  test('needs an Owner who signed in recently', async () => {
    const admin = await postern.person('Admin', 'ADMINISTRATOR');
    expect((await map('staff', 'VIEWER', admin.session)).errors[0]?.extensions).toMatchObject({
      reason: 'ROLE_REQUIRED',
    });
    postern.advance(11 * 60_000);
    expect((await map('staff', 'VIEWER')).errors[0]?.extensions).toMatchObject({
      reason: 'REAUTHENTICATION_REQUIRED',
    });
  });

  test('reaches hundreds of people, a hundred in a transaction', async () => {
    const { db } = postern.database;
    const name = (n: number) => `01900000-0000-7000-8000-${String(n).padStart(12, '0')}`;
    for (let n = 0; n < 250; n++) {
      await db
        .insertInto('users')
        .values({
          id: name(n),
          email: `${n}@x.example`,
          name: 'x',
          password_hash: null,
          created_at: 0,
          email_verified_at: null,
          deactivated_at: null,
        })
        .execute();
      await db
        .insertInto('identities')
        .values({
          id: name(n),
          user_id: name(n),
          provider: 'corp',
          subject: `${n}`,
          linked_at: 0,
          last_used_at: null,
          groups_source: 'claim',
          groups_at: 0,
        })
        .execute();
      await db
        .insertInto('identity_groups')
        .values({ identity_id: name(n), name: 'staff' })
        .execute();
    }
    const count = async () =>
      (await db.selectFrom('members').select('user_id').where('group_role', 'is not', null).execute()).length;
    expect((await map('staff', 'VIEWER')).errors).toEqual([]);
    expect(await count()).toBe(250);
    await mutate(
      postern,
      'removeGroupRole',
      { ...inTeam(), group: 'staff' },
      postern.owner.session,
      '__typename',
    );
    expect(await count()).toBe(0);
  });
});

describe('exclusion', () => {
  async function invite(email: string): Promise<string> {
    const input = { workspaceId: postern.workspaceId, email, role: 'VIEWER' };
    const { data } = await mutate(postern, 'inviteMember', input, postern.owner.session, 'invitationSecret');
    return data.inviteMember.invitationSecret;
  }

  /** Accepts an invitation; returns the member. */
  async function accept(secret: string, { session }: Person) {
    const { data } = await mutate(
      postern,
      'acceptInvitation',
      { secret },
      session,
      'member { role directRole }',
    );
    return data.acceptInvitation.member;
  }

  test.each(['removed', 'leaving'])(
    'a member by group who is %s comes back by an invitation only',
    async (how) => {
      const ada = await postern.person('Ada');
      await map('staff', 'TEAM_MEMBER');
      await state(ada, ['staff'], 1000);
      const by = how === 'removed' ? postern.owner.session : ada.session;
      await mutate(
        postern,
        'removeMember',
        { workspaceId: postern.workspaceId, userId: ada.id },
        by,
        '__typename',
      );
      await state(ada, [], 2000);
      await state(ada, ['staff', 'engineering'], 3000);
      await map('engineering', 'TEAM_MEMBER');
      expect(await memberOf(ada.email)).toBeUndefined();
      const secret = await invite(ada.email);
      expect(await accept(secret, ada)).toEqual({ role: 'TEAM_MEMBER', directRole: 'VIEWER' });
    },
  );

  test('an invitation that was open when a group made the person a member gives the direct role', async () => {
    const ada = await postern.person('Ada');
    const secret = await invite(ada.email);
    await map('staff', 'TEAM_MEMBER');
    await state(ada, ['staff'], 1000);
    expect(await accept(secret, ada)).toEqual({ role: 'TEAM_MEMBER', directRole: 'VIEWER' });
  });
});

test('after a restart with other settings, only the groups that are listed now give roles', async () => {
  const ada = await postern.person('Ada');
  await map('staff', 'TEAM_MEMBER');
  await state(ada, ['staff'], 1000);
  const { database } = postern;
  const groups = database.db.selectFrom('members').select('group_role').where('group_role', 'is not', null);
  const again = (env: Record<string, string>) =>
    startTestApp({ ...provider.env('corp', ORIGIN), ...env }, { ...database, close: async () => {} });
  const narrowed = await again({ POSTERN_OIDC_CORP_GROUPS: 'engineering' });
  expect(await groups.execute()).toEqual([]);
  await narrowed.close();
  const bySource = await again({ POSTERN_OIDC_CORP_GROUPS: '*', POSTERN_OIDC_CORP_GROUPS_FROM: 'scim' });
  expect(await groups.execute()).toEqual([]);
  await bySource.close();
  const back = await again({ POSTERN_OIDC_CORP_GROUPS: '*' });
  await expect.poll(() => groups.execute()).toHaveLength(1);
  await back.close();
});

test('a start with other settings waits for what members lose by groups, however many, and not for what they gain', async () => {
  await map('engineering', 'TEAM_MEMBER');
  await map('staff', 'TEAM_MEMBER');
  const { database } = postern;
  const groupOf = (id: string) => (Number(id) % 2 === 0 ? 'engineering' : 'staff');
  const people = await insertGroupedPeople(database, 120, groupOf);
  const mapped = async () => {
    const members = database.db.selectFrom('members').select('user_id').where('group_role', 'is not', null);
    return [...new Set((await members.execute()).map(({ user_id }) => groupOf(user_id)))];
  };
  let open = () => {};
  const gate = new Promise<void>((resolve) => {
    open = resolve;
  });
  const transact: DatabaseHandle['transact'] = async (locks, work, options) => {
    const isGain = locks.some(
      (lock) => lock.on === 'user' && people.includes(lock.id) && groupOf(lock.id) === 'staff',
    );
    if (isGain) await gate;
    return database.transact(locks, work, options);
  };
  const again = (groups: string) =>
    startTestApp(
      { ...provider.env('corp', ORIGIN), POSTERN_OIDC_CORP_GROUPS: groups },
      { ...database, transact, close: async () => {} },
    );
  const before = await again('engineering');
  await expect.poll(mapped).toEqual(['engineering']);
  await before.close();
  const after = await again('staff');
  expect(await mapped()).toEqual([]);
  open();
  await expect.poll(mapped).toEqual(['staff']);
  await after.close();
});

test('unlinking an identity takes the roles of its groups away', async () => {
  await map('staff', 'TEAM_MEMBER');
  await state(postern.owner, ['staff'], 1000);
  const ada = await postern.person('Ada');
  await state(ada, ['staff'], 1000);
  const { data } = await postern.post('{ viewer { user { identities { id } } } }', {}, ada.session);
  const id = data.viewer.user.identities[0].id;
  expect((await mutate(postern, 'unlinkIdentity', { id }, ada.session, '__typename')).errors).toEqual([]);
  expect(await memberOf(ada.email)).toBeUndefined();
});
