import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { startTestApp, type TestApp } from '../support/app.ts';
import { connectDirectory, DIRECTORY_ENV, patchOf, personOf, type Scim } from '../support/directory.ts';

const GROUPS = { POSTERN_OIDC_CORP_GROUPS: 'engineering,staff', POSTERN_OIDC_CORP_GROUPS_FROM: 'scim' };

let postern: TestApp;
let scim: Scim;
let ada: string;
let bob: string;

async function start(env: Record<string, string>): Promise<void> {
  postern = await startTestApp({ ...DIRECTORY_ENV, ...env });
  scim = await connectDirectory(postern);
  ada = (await scim('POST', '/Users', personOf('ada'))).body.id;
  bob = (await scim('POST', '/Users', personOf('bob'))).body.id;
}

/** Gives a group a role in the owner's workspace. */
async function map(group: string, role: string): Promise<void> {
  const query = 'mutation ($input: SetGroupRoleInput!) { setGroupRole(input: $input) { workspace { id } } }';
  const input = { workspaceId: postern.workspaceId, provider: 'corp', group, role };
  expect((await postern.post(query, { input }, postern.owner.session)).errors).toEqual([]);
}

beforeEach(async () => {
  await start(GROUPS);
  await map('engineering', 'TEAM_MEMBER');
  await map('staff', 'VIEWER');
});
afterEach(() => postern.close());

const groupOf = (name: string, ...members: string[]) => ({
  schemas: ['urn:ietf:params:scim:schemas:core:2.0:Group'],
  displayName: name,
  members: members.map((value) => ({ value })),
});

/** Returns the roles in the workspace by the names of the people of the directory. */
async function roles(): Promise<Record<string, number>> {
  const rows = await postern.database.db
    .selectFrom('members as m')
    .innerJoin('users as u', 'u.id', 'm.user_id')
    .select(['u.name', 'm.role'])
    .where('u.name', 'in', ['ada', 'bob'])
    .orderBy('u.name')
    .execute();
  return Object.fromEntries(rows.map(({ name, role }) => [name, role]));
}

async function createGroup(name: string, ...members: string[]): Promise<string> {
  const { status, body } = await scim('POST', '/Groups', groupOf(name, ...members));
  expect(status).toBe(201);
  return body.id;
}

test('a group gives its members the role, until they leave it or it is deleted', async () => {
  const id = await createGroup('engineering', ada, bob);
  expect(await roles()).toEqual({ ada: 1, bob: 1 });
  const read = await scim('GET', `/Groups/${id}`);
  expect(read.body).toMatchObject({ displayName: 'engineering', members: [{ value: ada }, { value: bob }] });
  expect((await scim('GET', `/Groups/${id}?excludedAttributes=members`)).body.members).toBeUndefined();
  await scim('PUT', `/Groups/${id}`, groupOf('engineering', bob));
  expect(await roles()).toEqual({ bob: 1 });
  expect((await scim('DELETE', `/Groups/${id}`)).status).toBe(204);
  expect(await roles()).toEqual({});
  expect((await scim('GET', `/Groups/${id}`)).status).toBe(404);
});

describe('PATCH', () => {
  test('of Entra ID adds and removes members', async () => {
    const id = await createGroup('engineering');
    const patch = (...operations: Record<string, unknown>[]) =>
      scim('PATCH', `/Groups/${id}`, patchOf(...operations));
    expect(
      (await patch({ op: 'Add', path: 'members', value: [{ value: ada }, { value: bob }] })).status,
    ).toBe(200);
    expect(await roles()).toEqual({ ada: 1, bob: 1 });
    await patch({ op: 'Remove', path: 'members', value: [{ value: ada }] });
    expect(await roles()).toEqual({ bob: 1 });
    await patch({ op: 'Remove', path: `members[value eq "${bob}"]` });
    expect(await roles()).toEqual({});
  });

  test('of Okta replaces members and renames the group', async () => {
    const id = await createGroup('engineering', ada);
    await scim(
      'PATCH',
      `/Groups/${id}`,
      patchOf({ op: 'replace', path: 'members', value: [{ value: bob, display: 'bob' }] }),
    );
    expect(await roles()).toEqual({ bob: 1 });
    const renamed = await scim(
      'PATCH',
      `/Groups/${id}`,
      patchOf({ op: 'replace', value: { id, displayName: 'staff' } }),
    );
    expect(renamed).toMatchObject({ status: 200, body: { displayName: 'staff', members: [{ value: bob }] } });
    expect(await roles()).toEqual({ bob: 0 });
    await scim('PATCH', `/Groups/${id}`, patchOf({ op: 'remove', path: 'members' }));
    expect(await roles()).toEqual({});
  });

  test.each<[string, Record<string, unknown>]>([
    ['invalidValue', { op: 'add', path: 'members', value: [{ value: 'absent' }] }],
    ['invalidValue', { op: 'add', path: 'members', value: [{}] }],
    ['invalidValue', { op: 'replace', path: 'displayName', value: '' }],
    ['invalidValue', { op: 'remove', path: 'displayName' }],
    ['invalidPath', { op: 'add', path: 'members[value eq "x"]', value: [] }],
    ['invalidFilter', { op: 'remove', path: 'members[display eq "x"]' }],
  ])('is refused with %s, and changes nothing', async (scimType, operation) => {
    const id = await createGroup('engineering', ada);
    expect(await scim('PATCH', `/Groups/${id}`, patchOf(operation))).toMatchObject({
      status: 400,
      body: { scimType },
    });
    expect(await roles()).toEqual({ ada: 1 });
  });
});

test('the name is the key of a group', async () => {
  const id = await createGroup('engineering');
  const staff = await createGroup('staff');
  const uniqueness = { status: 409, body: { scimType: 'uniqueness' } };
  expect(await scim('POST', '/Groups', groupOf('engineering'))).toMatchObject(uniqueness);
  expect(await scim('PUT', `/Groups/${staff}`, groupOf('engineering'))).toMatchObject(uniqueness);
  const found = await scim('GET', `/Groups?filter=${encodeURIComponent('displayName eq "Engineering"')}`);
  expect(found.body).toMatchObject({ totalResults: 1, Resources: [{ id, displayName: 'engineering' }] });
  expect(found.body.Resources[0].members).toBeUndefined();
  expect((await scim('GET', '/ResourceTypes')).body.totalResults).toBe(2);
});

test('a group that the operator does not list gives no role', async () => {
  await createGroup('others', ada);
  expect(await roles()).toEqual({});
});

test('without groups from SCIM there are none', async () => {
  await postern.close();
  await start({ POSTERN_OIDC_CORP_GROUPS: '*' });
  expect((await scim('GET', '/Groups')).status).toBe(404);
  expect((await scim('POST', '/Groups', groupOf('engineering', ada))).status).toBe(404);
});
