import { afterEach, beforeEach, expect, test } from 'vitest';
import { DAY, HOUR } from '../../src/domain/duration.ts';
import { systemIds } from '../../src/platform/ids.ts';
import { insertIdentity } from '../../src/storage/repositories/accounts/identities.ts';
import { type Person, startTestApp, type TestApp } from '../support/app.ts';
import {
  connectDirectory,
  DIRECTORY_ENV,
  patchOf,
  personOf,
  type Scim,
  scimAt,
} from '../support/directory.ts';
import { createPersonalToken } from '../support/tokens.ts';

let postern: TestApp;
let scim: Scim;

beforeEach(async () => {
  postern = await startTestApp({ ...DIRECTORY_ENV, POSTERN_OIDC: 'corp', POSTERN_REFUSALS_PER_MINUTE: '0' });
  scim = await connectDirectory(postern);
});
afterEach(() => postern.close());

const ACTIVE = patchOf({ op: 'Replace', path: 'active', value: 'True' });
const INACTIVE = patchOf({ op: 'Replace', path: 'active', value: 'False' });

/** Links an account to a provider; returns the id of the person in the directory. */
async function link({ email }: Person, provider = 'corp'): Promise<string> {
  const { id: userId } = await postern.app.services.operator.findUser(email);
  const id = systemIds();
  const identity = { id, userId, provider, subject: `${email} ${provider}`, linkedAt: 0, lastUsedAt: null };
  await insertIdentity(postern.database.db, identity);
  return id;
}

async function outcomeOf(secret: string): Promise<string> {
  const { status, code } = await postern.post('{ viewer { kind } }', {}, secret);
  return code ? `${status} ${code}` : `${status}`;
}

async function auditOf(action: string) {
  return postern.database.db.selectFrom('audit_events').selectAll().where('action', '=', action).execute();
}

test('a leaver loses the session and the tokens, and gets the tokens back within 30 days', async () => {
  const ada = await postern.person('Ada', 'TEAM_MEMBER');
  const { secret } = await createPersonalToken(postern, ada.session);
  const id = await link(ada);
  expect(await scim('PATCH', `/Users/${id}`, INACTIVE)).toMatchObject({
    status: 200,
    body: { active: false },
  });
  expect([await outcomeOf(ada.session), await outcomeOf(secret)]).toEqual([
    '401 INVALID_SESSION',
    '401 INVALID_TOKEN',
  ]);
  await expect(postern.signIn(ada.email)).rejects.toThrow('INVALID_CREDENTIALS');
  const [event] = await auditOf('user.deactivated');
  expect(event).toMatchObject({
    actor_kind: 'DIRECTORY',
    actor_id: null,
    detail: expect.stringContaining('corp'),
  });
  const mark = await postern.database.db
    .selectFrom('users')
    .selectAll()
    .where('email', '=', ada.email)
    .executeTakeFirst();
  expect(mark).toMatchObject({ credentials_not_before: postern.now(), deactivated_by: 'DIRECTORY' });

  postern.advance(30 * DAY - 1);
  await postern.app.services.retention.prune();
  expect(await scim('PATCH', `/Users/${id}`, ACTIVE)).toMatchObject({ status: 200, body: { active: true } });
  expect([await outcomeOf(ada.session), await outcomeOf(secret)]).toEqual(['401 INVALID_SESSION', '200']);
});

test.each([
  ['by retention', true],
  ['by the reactivation itself', false],
])('after 30 days the tokens are revoked %s', async (_name, prunes) => {
  const people = await Promise.all(['A', 'B', 'C', 'D', 'E', 'F'].map((name) => postern.person(name)));
  const secrets: string[] = [];
  for (const person of people) {
    secrets.push((await createPersonalToken(postern, person.session, { expires: { after: 'P90D' } })).secret);
    await scim('PATCH', `/Users/${await link(person)}`, INACTIVE);
  }
  postern.advance(30 * DAY);
  if (prunes) await postern.app.services.retention.prune();
  await postern.app.services.operator.reactivateUser(people[0]?.email as string);
  expect(await outcomeOf(secrets[0] as string)).toBe('401 TOKEN_REVOKED');
  const revoked = await postern.database.db
    .selectFrom('tokens')
    .select('id')
    .where('revoked_at', 'is not', null)
    .execute();
  expect(revoked).toHaveLength(prunes ? 6 : 1);
});

test('a directory reactivates only what directories deactivated, and only if no other one still does', async () => {
  const ada = await postern.person('Ada');
  const id = await link(ada);
  const { operator } = postern.app.services;
  await operator.deactivateUser(ada.email);
  const forbidden = { status: 403, body: { status: '403' } };
  expect(await scim('PATCH', `/Users/${id}`, ACTIVE)).toMatchObject(forbidden);
  expect((await scim('GET', `/Users/${id}`)).body.active).toBe(false);
  await operator.reactivateUser(ada.email);

  // The operator takes over a deactivation of a directory.
  await scim('PATCH', `/Users/${id}`, INACTIVE);
  await operator.deactivateUser(ada.email);
  expect(
    await scim('PUT', `/Users/${id}`, personOf('ada', { externalId: `${ada.email} corp` })),
  ).toMatchObject(forbidden);
  await operator.reactivateUser(ada.email);
  expect((await scim('GET', `/Users/${id}`)).body.active).toBe(true);

  const other = await link(ada, 'other');
  await scim('PATCH', `/Users/${id}`, INACTIVE);
  await postern.database.db
    .updateTable('identities')
    .set({ suspended_at: 1 })
    .where('id', '=', other)
    .execute();
  expect(await scim('PATCH', `/Users/${id}`, ACTIVE)).toMatchObject(forbidden);
  expect((await operator.findUser(ada.email)).deactivatedAt).not.toBeNull();
});

const MEMBERS = 'query ($id: ID!) { workspace(id: $id) { members { nodes { role } } } }';

test('a deactivation takes the last Owner too, and the operator gives the workspace another one', async () => {
  const [ada, bob] = [await postern.person('Ada'), await postern.person('Bob')];
  const workspaceId = await postern.workspace('Alone', [[ada, 'OWNER']]);
  const id = await link(ada);
  expect((await scim('DELETE', `/Users/${id}`)).status).toBe(204);
  expect(await outcomeOf(ada.session)).toBe('401 INVALID_SESSION');
  const { setOwner } = postern.app.services;
  await expect(setOwner('alone', ada.email)).rejects.toMatchObject({ code: 'CONFLICT' });
  await expect(setOwner('absent', bob.email)).rejects.toMatchObject({ code: 'NOT_FOUND' });
  expect([await setOwner('alone', bob.email), await setOwner('alone', bob.email)]).toEqual([true, false]);
  const { data } = await postern.post(MEMBERS, { id: workspaceId }, bob.session);
  expect(data.workspace.members.nodes.map(({ role }: { role: string }) => role)).toEqual(['OWNER', 'OWNER']);
});

test('many deactivations raise one alarm, and can be undone', async () => {
  const ids: string[] = [];
  for (let n = 0; n < 22; n += 1) ids.push((await scim('POST', '/Users', personOf(`p${n}`))).body.id);
  for (const id of ids.slice(0, 20)) await scim('DELETE', `/Users/${id}`);
  expect(await auditOf('directory.mass_deactivation')).toEqual([]);
  postern.advance(1);
  const since = postern.now();
  for (const id of ids.slice(20)) await scim('PATCH', `/Users/${id}`, INACTIVE);
  expect(await auditOf('directory.mass_deactivation')).toMatchObject([{ actor_kind: 'DIRECTORY' }]);
  expect(postern.logs.filter((line) => line.includes('a directory deactivated many users'))).toHaveLength(1);
  const { undoDeactivations } = postern.app.services;
  expect(await undoDeactivations(since)).toEqual(['p20@example.com', 'p21@example.com']);
  expect(await undoDeactivations(since - HOUR)).toHaveLength(20);
  expect((await scim('GET', '/Users?filter=active%20eq%20true')).body.totalResults).toBe(22);
  expect((await auditOf('user.reactivated'))[0]).toMatchObject({ actor_kind: 'OPERATOR' });
});

test('a few deactivations of many users raise no alarm', async () => {
  const { db } = postern.database;
  const account = { password_hash: null, created_at: 0 };
  const rows = Array.from({ length: 300 }, (_, n) => ({
    id: `x${n}`,
    email: `x${n}@example.com`,
    name: 'x',
    ...account,
  }));
  await db.insertInto('users').values(rows).execute();
  for (let n = 0; n < 21; n += 1) {
    const { body } = await scim('POST', '/Users', personOf(`p${n}`));
    await scim('DELETE', `/Users/${body.id}`);
  }
  expect(await auditOf('directory.mass_deactivation')).toEqual([]);
});

test('a person cannot unlink an identity that a directory manages', async () => {
  const ada = await postern.person('Ada');
  await link(ada);
  const { data } = await postern.post('{ viewer { user { identities { id } } } }', {}, ada.session);
  const unlink = () =>
    postern.post(
      'mutation ($id: ID!) { unlinkIdentity(input: {id: $id}) { unlinkedIdentityId } }',
      { id: data.viewer.user.identities[0].id },
      ada.session,
    );
  expect((await unlink()).code).toBe('CONFLICT');
  await postern.app.services.directoryCredentials.revoke('corp');
  expect((await unlink()).errors).toEqual([]);
});

test('a credential is one directory, rotates with an overlap, and ends', async () => {
  const { directoryCredentials, leaks } = postern.app.services;
  const at = (secret: string) => scimAt(postern.fetch, 'http://postern.test', secret);
  const statusOf = async (secret: string) => (await at(secret)('GET', '/Users')).status;
  const ada = await postern.person('Ada');
  const { secret: token } = await createPersonalToken(postern, ada.session);
  for (const other of [ada.session, token, 'nonsense', ''])
    expect(await statusOf(other), other).toBeGreaterThanOrEqual(400);
  const bare = await postern.fetch(new Request('http://postern.test/scim/v2/Users'));
  expect([bare.status, bare.headers.get('www-authenticate')]).toEqual([401, 'Bearer realm="postern"']);

  await expect(directoryCredentials.create('corp')).rejects.toMatchObject({ code: 'CONFLICT' });
  const second = await directoryCredentials.rotate('corp', HOUR);
  expect(second).toMatch(/^scm_\w{49}$/);
  expect([(await scim('GET', '/Users')).status, await statusOf(second)]).toEqual([200, 200]);
  expect(await outcomeOf(second)).toBe('401 INVALID_TOKEN');
  const third = await directoryCredentials.rotate('corp', HOUR);
  expect([(await scim('GET', '/Users')).status, await statusOf(second), await statusOf(third)]).toEqual([
    401, 200, 200,
  ]);
  postern.advance(HOUR);
  expect([await statusOf(second), await statusOf(third)]).toEqual([401, 200]);

  const reporter = { credential: null, holder: null, address: null, userAgent: null, requestId: 'x' };
  await leaks.report(reporter, [third]);
  expect(await statusOf(third)).toBe(401);
  expect((await auditOf('directory.credential_revoked'))[0]?.detail).toContain('leak-report');
  await expect(directoryCredentials.rotate('corp', 0)).rejects.toMatchObject({ code: 'NOT_FOUND' });
  // A provider that is no longer configured has no directory.
  expect(await statusOf(await directoryCredentials.create('gone'))).toBe(401);
});
