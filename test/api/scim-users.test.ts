import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { systemIds } from '../../src/platform/ids.ts';
import { insertIdentity } from '../../src/storage/repositories/accounts/identities.ts';
import { startTestApp, type TestApp } from '../support/app.ts';
import { connectDirectory, DIRECTORY_ENV, patchOf, personOf, type Scim } from '../support/directory.ts';

let postern: TestApp;
let scim: Scim;

async function start(env: Record<string, string> = {}): Promise<void> {
  postern = await startTestApp({ ...DIRECTORY_ENV, ...env });
  scim = await connectDirectory(postern);
}

beforeEach(() => start());
afterEach(() => postern.close());

/** Links an account that exists to `corp`. */
async function link(email: string, subject: string, provider = 'corp'): Promise<string> {
  const { id: userId } = await postern.app.services.operator.findUser(email);
  const identity = { id: systemIds(), userId, provider, subject, linkedAt: postern.now(), lastUsedAt: null };
  await insertIdentity(postern.database.db, identity);
  return identity.id;
}

async function create(name: string, more: Record<string, unknown> = {}): Promise<string> {
  const { status, body } = await scim('POST', '/Users', personOf(name, more));
  expect(status).toBe(201);
  return body.id;
}

test('a person is created, read, replaced, and deleted', async () => {
  const created = await scim('POST', '/Users', personOf('ada', { password: 'ignored', roles: ['Owner'] }));
  expect(created.status).toBe(201);
  expect(created.headers.get('content-type')).toBe('application/scim+json; charset=utf-8');
  const { id } = created.body;
  expect(created.headers.get('location')).toBe(`http://postern.test/scim/v2/Users/${id}`);
  expect(created.body).toEqual({
    schemas: ['urn:ietf:params:scim:schemas:core:2.0:User'],
    id,
    externalId: 'ada-id',
    userName: 'ada@example.com',
    displayName: 'ada',
    name: { formatted: 'ada' },
    emails: [{ value: 'ada@example.com', type: 'work', primary: true }],
    active: true,
    meta: {
      resourceType: 'User',
      created: new Date(postern.now()).toISOString(),
      location: `http://postern.test/scim/v2/Users/${id}`,
    },
  });
  expect(await scim('GET', `/Users/${id}`)).toMatchObject({ status: 200, body: created.body });
  const replaced = await scim(
    'PUT',
    `/Users/${id}`,
    personOf('ada', { userName: 'Ada.L@Example.com', displayName: 'Ada L' }),
  );
  expect(replaced).toMatchObject({
    status: 200,
    body: { userName: 'ada.l@example.com', displayName: 'Ada L' },
  });
  expect(await scim('DELETE', `/Users/${id}`)).toMatchObject({ status: 204, body: null });
  for (const [method, body] of [
    ['GET'],
    ['PUT', personOf('ada')],
    ['PATCH', patchOf({ op: 'replace', path: 'active', value: true })],
    ['DELETE'],
  ] as const) {
    expect(await scim(method, `/Users/${id}`, body)).toMatchObject({ status: 404, body: { status: '404' } });
  }
  expect((await scim('GET', '/Users')).body).toMatchObject({ totalResults: 0, Resources: [] });
});

test('the subject of a deleted person is the same account again', async () => {
  const id = await create('ada');
  await scim('DELETE', `/Users/${id}`);
  expect((await postern.app.services.operator.findUser('ada@example.com')).deactivatedAt).not.toBeNull();
  const again = await scim('POST', '/Users', personOf('ada', { displayName: 'Ada again' }));
  expect(again).toMatchObject({ status: 201, body: { id, active: true, displayName: 'Ada again' } });
  expect((await postern.app.services.operator.findUser('ada@example.com')).deactivatedAt).toBeNull();
});

describe('accounts are never joined', () => {
  const uniqueness = { status: 409, body: { status: '409', scimType: 'uniqueness' } };

  test('by an address that an account has, active or not', async () => {
    await postern.person('Local');
    expect(await scim('POST', '/Users', personOf('local'))).toMatchObject(uniqueness);
    expect(await scim('POST', '/Users', personOf('x', { userName: 'LOCAL@example.com' }))).toMatchObject(
      uniqueness,
    );
    const id = await create('ada');
    await scim('DELETE', `/Users/${id}`);
    expect(await scim('POST', '/Users', personOf('ada', { externalId: 'other' }))).toMatchObject(uniqueness);
    const eve = await create('eve');
    expect(
      await scim('PUT', `/Users/${eve}`, personOf('eve', { userName: 'local@example.com' })),
    ).toMatchObject(uniqueness);
    expect((await scim('GET', `/Users/${eve}`)).body.userName).toBe('eve@example.com');
  });

  test('by a subject that is linked already, which the filter finds', async () => {
    await postern.person('Before');
    const id = await link('before@example.com', 'before-id');
    expect(await scim('POST', '/Users', personOf('before'))).toMatchObject(uniqueness);
    const found = await scim('GET', `/Users?filter=${encodeURIComponent('externalId eq "before-id"')}`);
    expect(found.body).toMatchObject({
      totalResults: 1,
      Resources: [{ id, userName: 'before@example.com' }],
    });
    const ada = await create('ada');
    const patch = patchOf({ op: 'replace', path: 'externalId', value: 'before-id' });
    expect(await scim('PATCH', `/Users/${ada}`, patch)).toMatchObject(uniqueness);
    const free = patchOf({ op: 'replace', path: 'externalId', value: 'new-id' });
    expect(await scim('PATCH', `/Users/${ada}`, free)).toMatchObject({
      status: 200,
      body: { externalId: 'new-id' },
    });
  });

  test('of people of other providers or of none', async () => {
    await postern.person('Local');
    await postern.person('Other');
    const other = await link('other@example.com', 'o', 'another');
    expect((await scim('GET', '/Users')).body.totalResults).toBe(0);
    for (const id of [
      other,
      (await postern.app.services.operator.findUser('local@example.com')).id,
      'x'.repeat(5000),
    ]) {
      expect((await scim('GET', `/Users/${id}`)).status).toBe(404);
      expect((await scim('DELETE', `/Users/${id}`)).status).toBe(404);
    }
  });
});

test('a person without externalId, with a bad address or one of another domain is refused', async () => {
  const invalid = { status: 400, body: { scimType: 'invalidValue' } };
  for (const more of [
    { externalId: undefined },
    { externalId: '' },
    { externalId: 1 },
    { userName: 'ada' },
    { active: 'perhaps' },
  ]) {
    expect(await scim('POST', '/Users', personOf('ada', more))).toMatchObject(invalid);
  }
  expect(await scim('POST', '/Users', [])).toMatchObject({
    status: 400,
    body: { scimType: 'invalidSyntax' },
  });
  await postern.close();
  await start({ POSTERN_OIDC_CORP_DOMAINS: 'corp.example' });
  expect(await scim('POST', '/Users', personOf('ada'))).toMatchObject(invalid);
  const id = await create('eve', { userName: 'eve@corp.example' });
  expect(await scim('PUT', `/Users/${id}`, personOf('eve'))).toMatchObject(invalid);
});

describe('PATCH', () => {
  test.each<[string, Record<string, unknown>[]]>([
    ['of Entra ID', [{ op: 'Replace', path: 'active', value: 'False' }]],
    ['of Entra ID with a list', [{ op: 'Replace', path: 'active', value: [{ value: 'False' }] }]],
    ['of Okta', [{ op: 'replace', value: { active: false } }]],
    ['with a URN', [{ op: 'add', path: 'urn:ietf:params:scim:schemas:core:2.0:User:active', value: false }]],
    [
      'with attributes that Postern does not have',
      [
        { op: 'Add', path: 'emails[type eq "work"].value', value: 'x@example.com' },
        { op: 'Replace', path: 'name.givenName', value: 'A' },
        { op: 'Remove', path: 'title' },
        { op: 'replace', value: { 'name.familyName': 'L', Active: false, userType: 'x' } },
        {
          op: 'Add',
          path: 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department',
          value: 'd',
        },
      ],
    ],
  ])('%s deactivates', async (_name, operations) => {
    const id = await create('ada');
    expect(await scim('PATCH', `/Users/${id}`, patchOf(...operations))).toMatchObject({
      status: 200,
      body: { active: false, userName: 'ada@example.com', displayName: 'ada' },
    });
  });

  test.each<[string, unknown]>([
    ['invalidPath', patchOf({ op: 'replace', path: 'active[', value: true })],
    ['invalidPath', patchOf({ op: 'replace', path: 'active.value', value: true })],
    ['invalidPath', patchOf({ op: 'replace', path: 7, value: true })],
    ['invalidValue', patchOf({ op: 'replace', path: 'active', value: 'maybe' })],
    ['invalidValue', patchOf({ op: 'remove', path: 'userName' })],
    ['invalidSyntax', patchOf({ op: 'move', path: 'active', value: true })],
    ['invalidSyntax', patchOf()],
    ['invalidSyntax', {}],
    ['invalidSyntax', patchOf({ op: 'replace', value: [] })],
    ['noTarget', patchOf({ op: 'remove' })],
    [
      'invalidValue',
      patchOf(...Array.from({ length: 101 }, () => ({ op: 'replace', path: 'title', value: 'x' }))),
    ],
    [
      'invalidValue',
      patchOf({ op: 'add', value: Object.fromEntries(Array.from({ length: 101 }, (_, i) => [`a${i}`, 1])) }),
    ],
  ])('is refused with %s, and changes nothing', async (scimType, body) => {
    const id = await create('ada');
    expect(await scim('PATCH', `/Users/${id}`, body)).toMatchObject({ status: 400, body: { scimType } });
    expect((await scim('GET', `/Users/${id}`)).body).toMatchObject({ active: true, displayName: 'ada' });
  });

  test('changes everything or nothing', async () => {
    const id = await create('ada');
    await create('eve');
    const patch = patchOf(
      { op: 'replace', path: 'displayName', value: 'B' },
      { op: 'replace', path: 'userName', value: 'eve@example.com' },
    );
    expect((await scim('PATCH', `/Users/${id}`, patch)).status).toBe(409);
    expect((await scim('GET', `/Users/${id}`)).body.displayName).toBe('ada');
  });
});

describe('lists', () => {
  const find = async (filter: string, more = '') =>
    scim('GET', `/Users?filter=${encodeURIComponent(filter)}${more}`);

  test.each([
    ['userName eq "ADA@example.com"', ['ada']],
    ['urn:ietf:params:scim:schemas:core:2.0:User:userName Eq "ada@example.com"', ['ada']],
    ['externalId eq "bob-id"', ['bob']],
    ['externalId eq "BOB-id"', []],
    ['displayName sw "A"', ['ada']],
    ['displayName ew "ob" or displayName co "AR"', ['bob', 'carl']],
    ['active eq false', ['carl']],
    ['active eq "True" and userName ne "ada@example.com"', ['bob']],
    ['displayName eq "carl" or displayName eq "bob" and active eq false', ['carl']],
    ['(displayName eq "carl" or displayName eq "bob") and active eq true', ['bob']],
    ['userName pr', ['ada', 'bob', 'carl']],
    ['userName eq "x\' or 1=1 --"', []],
    ['userName eq "%"', []],
  ])('the filter %s finds %j', async (filter, names) => {
    for (const name of ['ada', 'bob', 'carl']) await create(name, { active: name !== 'carl' });
    const { status, body } = await find(filter);
    expect(status).toBe(200);
    expect(body.Resources.map((each: { displayName: string }) => each.displayName)).toEqual(names);
    expect(body.totalResults).toBe(names.length);
  });

  test.each([
    '',
    'userName',
    'userName eq',
    'userName eq ada',
    'userName eq ""',
    'userName gt "a"',
    'password eq "a"',
    'active eq "perhaps"',
    'active ne true',
    '(userName pr',
    'userName pr)',
    'userName pr or',
    'userName eq "a',
    'not (userName pr)',
    Array.from({ length: 11 }, () => 'userName pr').join(' or '),
    '('.repeat(500),
    'x'.repeat(2001),
  ])('the filter %j is refused', async (filter) => {
    expect(await find(filter)).toMatchObject({ status: 400, body: { scimType: 'invalidFilter' } });
  });

  test('have pages, and attributes can be chosen', async () => {
    for (const name of ['ada', 'bob', 'carl']) await create(name);
    const page = await scim('GET', '/Users?startIndex=2&count=1&attributes=userName');
    expect(page.body).toMatchObject({ totalResults: 3, startIndex: 2, itemsPerPage: 1 });
    expect(page.body.Resources).toEqual([
      { schemas: expect.any(Array), id: expect.any(String), userName: 'bob@example.com' },
    ]);
    expect((await scim('GET', '/Users?count=0')).body).toMatchObject({ totalResults: 3, Resources: [] });
    expect((await scim('GET', '/Users?startIndex=-4&count=9999')).body).toMatchObject({
      startIndex: 1,
      itemsPerPage: 3,
    });
    expect((await scim('GET', '/Users?startIndex=9')).body).toMatchObject({ totalResults: 3, Resources: [] });
    expect((await scim('GET', '/Users?count=many')).status).toBe(400);
    expect(
      Object.keys((await scim('GET', '/Users?excludedAttributes=meta,emails')).body.Resources[0]),
    ).not.toContain('meta');
  });
});

test('an address from a directory is verified only if the provider is trusted', async () => {
  await create('ada');
  expect((await postern.app.services.operator.findUser('ada@example.com')).emailVerifiedAt).toBeNull();
  await postern.close();
  await start({ POSTERN_OIDC_CORP_TRUST_EMAIL: 'on' });
  const id = await create('ada');
  expect((await postern.app.services.operator.findUser('ada@example.com')).emailVerifiedAt).not.toBeNull();
  await scim('PUT', `/Users/${id}`, personOf('ada', { userName: 'b@example.com' }));
  expect((await postern.app.services.operator.findUser('b@example.com')).emailVerifiedAt).not.toBeNull();
});

test('the endpoints describe themselves', async () => {
  expect((await scim('GET', '/ServiceProviderConfig')).body).toMatchObject({ patch: { supported: true } });
  expect((await scim('GET', '/ResourceTypes')).body.Resources).toMatchObject([
    { id: 'User', endpoint: '/Users' },
  ]);
  const schema = 'urn:ietf:params:scim:schemas:core:2.0:User';
  expect((await scim('GET', `/Schemas/${schema}`)).body).toMatchObject({ id: schema });
  expect((await scim('GET', '/Schemas')).body.totalResults).toBe(1);
  for (const path of ['/Schemas/x', '/Bulk', '/Me', '', '/', '/Users/a/b', '/%E0%A4%A']) {
    expect((await scim('GET', path)).status, path).toBe(404);
  }
  expect(await scim('PATCH', '/Users', patchOf())).toMatchObject({ status: 405 });
  expect((await scim('POST', '/Schemas', {})).headers.get('allow')).toBe('GET');
});
