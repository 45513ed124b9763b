import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Role } from '../../src/domain/roles.ts';
import { type Answer, type Person, startTestApp, type TestApp } from '../support/app.ts';
import { createChannel, mutate, share } from '../support/channels.ts';
import { refusalIn } from '../support/responses.ts';
import { follow } from '../support/streams.ts';
import { createWorkspaceToken, type IssuedToken } from '../support/tokens.ts';

let postern: TestApp;
/** The token that will be reported as leaked. */
let token: IssuedToken;

beforeEach(async () => {
  postern = await startTestApp();
  token = await createWorkspaceToken(postern, 'ADMINISTRATOR');
});
afterEach(() => postern.close());

async function act(field: string, input: object, by: string, selection = '__typename') {
  const { data, errors } = await mutate(postern, field, input, by, selection);
  if (errors.length > 0) throw new Error(`${field}: ${JSON.stringify(errors)}`);
  return data[field];
}

const member = (person: Person, more: object = {}) => ({
  workspaceId: postern.workspaceId,
  userId: person.id,
  ...more,
});
const setRole = (person: Person, role: Role, by: string) =>
  act('updateMemberRole', member(person, { role }), by);

/** Invites a user who has an account, and accepts for them. */
async function join(person: Person, role: Role, by: string): Promise<void> {
  const input = { workspaceId: postern.workspaceId, email: person.email, role };
  const { invitationSecret } = await act('inviteMember', input, by, 'invitationSecret');
  await act('acceptInvitation', { secret: invitationSecret }, person.session);
}

async function roleOf(person: Person): Promise<Role | null> {
  const query = 'query ($id: ID!) { workspace(id: $id) { viewerRole } }';
  const { data } = await postern.post(query, { id: postern.workspaceId }, person.session);
  return data.workspace?.viewerRole ?? null;
}

const report = (secret: string): Promise<Answer> =>
  postern.post('mutation ($s: [String!]!) { reportLeakedSecrets(input: { secrets: $s }) { received } }', {
    s: [secret],
  });
const takeBack = ({ id }: IssuedToken, by = postern.owner.session) =>
  act('revokeToken', { id, takeBack: true }, by);

const WAYS = {
  'reported as leaked': () => report(token.secret),
  'revoked with takeBack': () => takeBack(token),
} as const;

describe.each(Object.entries(WAYS))('when a workspace token is %s', (_way, end) => {
  test('memberships accepted through its invitations end, with the shares of the members', async () => {
    const ada = await postern.person('Ada');
    const channel = await createChannel(postern);
    await join(ada, 'TEAM_MEMBER', token.secret);
    await share(postern, channel, ada, ['READ']);
    await end();
    expect(await roleOf(ada)).toBeNull();
    const { data } = await postern.post(
      'query ($id: ID!) { channel(id: $id) { id } }',
      { id: channel },
      ada.session,
    );
    expect(data.channel).toBeNull();
  });

  test('roles that it raised return to the role that a person gave', async () => {
    const ada = await postern.person('Ada', 'VIEWER');
    await setRole(ada, 'TEAM_MEMBER', postern.owner.session);
    await setRole(ada, 'WORKSPACE_MANAGER', token.secret);
    await setRole(ada, 'ADMINISTRATOR', token.secret);
    await end();
    expect(await roleOf(ada)).toBe('TEAM_MEMBER');
  });

  test('the grants of its descendants are taken back, deleted descendants included', async () => {
    const child = await createWorkspaceToken(postern, 'ADMINISTRATOR', {}, token.secret);
    const grandchild = await createWorkspaceToken(postern, 'ADMINISTRATOR', {}, child.secret);
    const [ada, ben] = [await postern.person('Ada'), await postern.person('Ben', 'VIEWER')];
    await join(ada, 'ADMINISTRATOR', grandchild.secret);
    await setRole(ben, 'ADMINISTRATOR', grandchild.secret);
    await act('deleteToken', { id: child.id }, child.secret);
    await end();
    expect([await roleOf(ada), await roleOf(ben)]).toEqual([null, 'VIEWER']);
  });

  test('the grants of a person, or of another token, stay', async () => {
    const other = await createWorkspaceToken(postern, 'ADMINISTRATOR');
    const [ada, ben] = [await postern.person('Ada'), await postern.person('Ben')];
    await join(ada, 'TEAM_MEMBER', postern.owner.session);
    await join(ben, 'TEAM_MEMBER', other.secret);
    await end();
    expect([await roleOf(ada), await roleOf(ben)]).toEqual(['TEAM_MEMBER', 'TEAM_MEMBER']);
  });

  test('a role that a person confirmed since stays, also if it is the same role', async () => {
    const [ada, ben] = [await postern.person('Ada'), await postern.person('Ben', 'VIEWER')];
    await join(ada, 'TEAM_MEMBER', token.secret);
    await setRole(ben, 'ADMINISTRATOR', token.secret);
    await setRole(ada, 'TEAM_MEMBER', postern.owner.session);
    await setRole(ben, 'WORKSPACE_MANAGER', postern.owner.session);
    await end();
    expect([await roleOf(ada), await roleOf(ben)]).toEqual(['TEAM_MEMBER', 'WORKSPACE_MANAGER']);
  });

  test('a role that only its beneficiaries confirmed is taken back, with their grants', async () => {
    const [ada, ben, cleo] = [
      await postern.person('Ada'),
      await postern.person('Ben'),
      await postern.person('Cleo'),
    ];
    await join(ada, 'ADMINISTRATOR', token.secret);
    await join(ben, 'ADMINISTRATOR', ada.session);
    await join(cleo, 'VIEWER', postern.owner.session);
    await setRole(ada, 'ADMINISTRATOR', ada.session);
    await setRole(ada, 'ADMINISTRATOR', ben.session);
    await setRole(cleo, 'ADMINISTRATOR', ben.session);
    await end();
    expect([await roleOf(ada), await roleOf(ben), await roleOf(cleo)]).toEqual([null, null, 'VIEWER']);
  });

  test('a role that it lowered stays: no one is raised', async () => {
    const ada = await postern.person('Ada', 'VIEWER');
    await setRole(ada, 'WORKSPACE_MANAGER', postern.owner.session);
    await setRole(ada, 'ADMINISTRATOR', token.secret);
    await setRole(ada, 'TEAM_MEMBER', token.secret);
    await end();
    expect(await roleOf(ada)).toBe('TEAM_MEMBER');
  });

  test('an Owner whose role a person gave stays one', async () => {
    const ada = await postern.person('Ada');
    await join(ada, 'TEAM_MEMBER', token.secret);
    await setRole(ada, 'OWNER', postern.owner.session);
    await act('removeMember', member(postern.owner), ada.session);
    await report(token.secret);
    expect(await roleOf(ada)).toBe('OWNER');
  });

  test('the streams of an invited member close', async () => {
    const ada = await postern.person('Ada');
    const channel = await createChannel(postern);
    await join(ada, 'VIEWER', token.secret);
    const stream = await follow(postern, channel, ada.session);
    await end();
    expect(await stream.end()).toBeLessThan(1000);
  });
});

describe('if two tokens gave a role one after the other', () => {
  let other: IssuedToken;
  let ada: Person;
  beforeEach(async () => {
    other = await createWorkspaceToken(postern, 'ADMINISTRATOR');
    ada = await postern.person('Ada');
    await join(ada, 'VIEWER', token.secret);
    await setRole(ada, 'ADMINISTRATOR', other.secret);
  });

  test('the first takes back nothing that the second gave', async () => {
    await takeBack(token);
    expect(await roleOf(ada)).toBe('ADMINISTRATOR');
    await takeBack(other);
    expect(await roleOf(ada)).toBeNull();
  });

  test('the second takes back what it added', async () => {
    await takeBack(other);
    expect(await roleOf(ada)).toBe('VIEWER');
    await takeBack(token);
    expect(await roleOf(ada)).toBeNull();
  });
});

describe('revokeToken', () => {
  test('keeps the grants of the token, unless takeBack is requested', async () => {
    const ada = await postern.person('Ada');
    await join(ada, 'TEAM_MEMBER', token.secret);
    await act('revokeToken', { id: token.id }, postern.owner.session);
    expect(await roleOf(ada)).toBe('TEAM_MEMBER');
    await takeBack(token);
    expect(await roleOf(ada)).toBeNull();
  });

  test('records in the audit log what it took back, and from which token', async () => {
    const [ada, ben] = [await postern.person('Ada'), await postern.person('Ben', 'VIEWER')];
    await join(ada, 'TEAM_MEMBER', token.secret);
    await setRole(ben, 'ADMINISTRATOR', token.secret);
    await takeBack(token);
    const query = `query ($id: ID!) { workspace(id: $id) {
      auditEvents(first: 2) { nodes { action targetId detail } } } }`;
    const { data } = await postern.post(query, { id: postern.workspaceId }, postern.owner.session);
    const takenBackFrom = token.id;
    expect(data.workspace.auditEvents.nodes).toEqual(
      expect.arrayContaining([
        {
          action: 'member.removed',
          targetId: ada.id,
          detail: { email: ada.email, role: 'TEAM_MEMBER', takenBackFrom },
        },
        {
          action: 'member.role_changed',
          targetId: ben.id,
          detail: { email: ben.email, role: 'VIEWER', before: 'ADMINISTRATOR', takenBackFrom },
        },
      ]),
    );
  });

  test('takes nothing back for a caller who cannot revoke the token', async () => {
    const ada = await postern.person('Ada');
    const manager = await postern.person('Manager', 'WORKSPACE_MANAGER');
    await join(ada, 'TEAM_MEMBER', token.secret);
    const input = { id: token.id, takeBack: true };
    expect(refusalIn(await mutate(postern, 'revokeToken', input, manager.session, '__typename'))).toBe(
      'ROLE_REQUIRED',
    );
    expect(await roleOf(ada)).toBe('TEAM_MEMBER');
  });
});

test('revocation at /oauth/revoke takes nothing back, because it does not report a leak', async () => {
  const ada = await postern.person('Ada');
  await join(ada, 'TEAM_MEMBER', token.secret);
  const body = new URLSearchParams({ token: token.secret });
  await postern.fetch(new Request('http://postern.test/oauth/revoke', { method: 'POST', body }));
  expect(await roleOf(ada)).toBe('TEAM_MEMBER');
});

test('an invitation that is accepted while its token is reported creates no lasting member', async () => {
  for (let round = 0; round < 4; round++) {
    const leaked = await createWorkspaceToken(postern, 'ADMINISTRATOR');
    const ada = await postern.person(`Ada${round}`);
    const input = { workspaceId: postern.workspaceId, email: ada.email, role: 'ADMINISTRATOR' };
    const { invitationSecret } = await act('inviteMember', input, leaked.secret, 'invitationSecret');
    const accept = { secret: invitationSecret };
    await Promise.all([
      mutate(postern, 'acceptInvitation', accept, ada.session, '__typename'),
      report(leaked.secret),
    ]);
    expect(await roleOf(ada)).toBeNull();
  }
});
