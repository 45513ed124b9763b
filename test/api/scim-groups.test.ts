import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { DatabaseHandle } from '../../src/storage/database.ts';
import { startTestApp, type TestApp } from '../support/app.ts';
import { openTestDatabase } from '../support/database.ts';
import { connectDirectory, DIRECTORY_ENV, patchOf, personOf, type Scim } from '../support/directory.ts';

const GROUPS = { POSTERN_OIDC_CORP_GROUPS: 'engineering,staff', POSTERN_OIDC_CORP_GROUPS_FROM: 'scim' };

let postern: TestApp;
let scim: Scim;
let ada: string;
let bob: string;

/** How many transactions of the directory are left before its credential ends. */
let left: number;

async function start(env: Record<string, string>): Promise<void> {
  const database = await openTestDatabase();
  left = Number.POSITIVE_INFINITY;
  const transact: DatabaseHandle['transact'] = async (locks, work, options) => {
    const isDirectory = locks.some(({ on }) => on === 'directories');
    if (isDirectory && left-- === 0) await database.db.deleteFrom('scim_credentials').execute();
    return database.transact(locks, work, options);
  };
  postern = await startTestApp({ ...DIRECTORY_ENV, ...env }, { ...database, transact });
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

/** Lets the credential of the directory end after so many of its transactions. */
function endCredentialAfter(transactions: number): void {
  left = transactions;
}

describe('a request whose credential ends in between', () => {
  const NEXT = { ada: 1, bob: 1 };

  test('goes no further, and can be repeated', async () => {
    const id = await createGroup('engineering');
    const add = patchOf({ op: 'add', path: 'members', value: [{ value: ada }, { value: bob }] });
    endCredentialAfter(2);
    expect((await scim('PATCH', `/Groups/${id}`, add)).status).toBe(401);
    expect(await roles()).toEqual({ ada: 1 });
    scim = await connectDirectory(postern);
    expect((await scim('PATCH', `/Groups/${id}`, add)).status).toBe(200);
    expect(await roles()).toEqual(NEXT);
  });

  test('leaves a group under its old name until all its members have the new one', async () => {
    const id = await createGroup('engineering', ada, bob);
    const rename = patchOf({ op: 'replace', path: 'displayName', value: 'staff' });
    endCredentialAfter(3);
    expect((await scim('PATCH', `/Groups/${id}`, rename)).status).toBe(401);
    expect(Object.values(await roles()).toSorted()).toEqual([0, 1]);
    scim = await connectDirectory(postern);
    expect((await scim('PATCH', `/Groups/${id}`, rename)).body).toMatchObject({ displayName: 'staff' });
    expect(await roles()).toEqual({ ada: 0, bob: 0 });
    expect((await scim('GET', `/Groups/${id}`)).body.members).toHaveLength(2);
  });

  describe('to rename a group is finished by the next request about the group', () => {
    let id: string;

    beforeEach(async () => {
      id = await createGroup('engineering', ada, bob);
      endCredentialAfter(3);
      const rename = patchOf({ op: 'replace', path: 'displayName', value: 'staff' });
      expect((await scim('PATCH', `/Groups/${id}`, rename)).status).toBe(401);
      scim = await connectDirectory(postern);
      const { body } = await scim('GET', `/Groups/${id}`);
      expect(body).toMatchObject({ displayName: 'engineering', members: [{ value: ada }, { value: bob }] });
    });

    test.each(['ada', 'bob'])('which removes %s', async (name) => {
      const member = name === 'ada' ? ada : bob;
      const remove = patchOf({ op: 'remove', path: `members[value eq "${member}"]` });
      const { body } = await scim('PATCH', `/Groups/${id}`, remove);
      expect(body).toMatchObject({ displayName: 'staff', members: [{ value: member === ada ? bob : ada }] });
      expect(await roles()).toEqual(name === 'ada' ? { bob: 0 } : { ada: 0 });
    });

    test('which deletes it', async () => {
      expect((await scim('DELETE', `/Groups/${id}`)).status).toBe(204);
      expect(await roles()).toEqual({});
    });

    test('and meanwhile no other group gets either name', async () => {
      for (const name of ['engineering', 'staff']) {
        expect((await scim('POST', '/Groups', groupOf(name))).status).toBe(409);
      }
    });
  });

  test('leaves a group that it was to delete with the rest of its members', async () => {
    const id = await createGroup('engineering', ada, bob);
    endCredentialAfter(2);
    expect((await scim('DELETE', `/Groups/${id}`)).status).toBe(401);
    expect(Object.keys(await roles())).toHaveLength(1);
    scim = await connectDirectory(postern);
    expect((await scim('DELETE', `/Groups/${id}`)).status).toBe(204);
    expect(await roles()).toEqual({});
  });
});

test('no person stays in a group that another request deletes', async () => {
  for (let round = 0; round < 5; round++) {
    const id = await createGroup('engineering', bob);
    const add = patchOf({ op: 'add', path: 'members', value: [{ value: ada }] });
    const [added, removed] = await Promise.all([
      scim('PATCH', `/Groups/${id}`, add),
      scim('DELETE', `/Groups/${id}`),
    ]);
    expect([200, 404]).toContain(added.status);
    expect(removed.status).toBe(204);
    expect(await roles()).toEqual({});
  }
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
