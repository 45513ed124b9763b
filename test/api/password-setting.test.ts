import { afterEach, describe, expect, test } from 'vitest';
import { readConfig } from '../../src/config.ts';
import { systemIds } from '../../src/platform/ids.ts';
import { insertIdentity } from '../../src/storage/repositories/accounts/identities.ts';
import { PASSWORD, startTestApp, type TestApp } from '../support/app.ts';
import { mutate } from '../support/channels.ts';
import { connectDirectory, DIRECTORY_ENV, patchOf, personOf } from '../support/directory.ts';
import { authOutcome } from '../support/responses.ts';

const MINUTE = 60_000;
const NEW_PASSWORD = 'another good password';

let postern: TestApp;
afterEach(() => postern.close());

async function start(passwords: string, env: Record<string, string> = {}): Promise<void> {
  postern = await startTestApp({ ...DIRECTORY_ENV, POSTERN_PASSWORDS: passwords, ...env });
}

const codeOfSignIn = async (email: string, password: string) =>
  (await mutate(postern, 'signIn', { email, password }, null, '__typename')).code;

const createLocal = (email = 'local@example.com') =>
  postern.app.services.operator.createUser({ email, name: 'Local', password: PASSWORD, isLocal: true });

async function link(email: string, subject: string): Promise<string> {
  const { id: userId } = await postern.app.services.operator.findUser(email);
  const identity = {
    id: systemIds(),
    userId,
    provider: 'corp',
    subject,
    linkedAt: postern.now(),
    lastUsedAt: null,
  };
  await insertIdentity(postern.database.db, identity);
  return identity.id;
}

test('off requires a provider, because no one could sign in', async () => {
  expect(() => readConfig({ POSTERN_PASSWORDS: 'off' })).toThrow(
    'POSTERN_PASSWORDS=off requires POSTERN_OIDC, because no one could sign in',
  );
  expect(readConfig({ POSTERN_PASSWORDS: 'operator' }).passwordSignIn).toBe('operator');
  await start('off');
});

describe.each(['operator', 'off'])('with POSTERN_PASSWORDS=%s', (setting) => {
  test('a user who must not use a password gets the same refusal for the right and for a wrong one', async () => {
    await start(setting);
    const ada = await postern.person('Ada', 'VIEWER');
    expect(await codeOfSignIn(ada.email, PASSWORD)).toBe('INVALID_CREDENTIALS');
    expect(await codeOfSignIn(ada.email, 'something else entirely')).toBe('INVALID_CREDENTIALS');
    const answer = (
      await postern.post('{ signInOptions { passwords } viewer { user { hasPassword } } }', {}, ada.session)
    ).data;
    expect(answer).toEqual({
      signInOptions: { passwords: setting === 'off' ? 'OFF' : 'OPERATOR_ACCOUNTS' },
      viewer: { user: { hasPassword: false } },
    });
  });

  test('the password confirms nothing and cannot be changed or reset; the session stays', async () => {
    await start(setting);
    const ada = await postern.person('Ada', 'VIEWER');
    const again = await mutate(postern, 'reauthenticate', { password: PASSWORD }, ada.session, 'until');
    expect(again.code).toBe('INVALID_CREDENTIALS');
    const change = { currentPassword: PASSWORD, newPassword: NEW_PASSWORD };
    const changed = await mutate(postern, 'changePassword', change, ada.session, '__typename');
    expect(changed.code).toBe('INVALID_CREDENTIALS');
    const { passwordResets, operator } = postern.app.services;
    const conflict = { code: 'CONFLICT', message: expect.stringContaining('user sign-in-link') };
    await expect(passwordResets.createLink(ada.email, true)).rejects.toMatchObject(conflict);
    await expect(operator.resetPassword(ada.email, NEW_PASSWORD, true)).rejects.toMatchObject(conflict);
    expect(await authOutcome(postern, ada.session)).toBe('OK');
  });

  test('an invitation cannot be accepted with a password, and stays open', async () => {
    await start(setting);
    const email = 'nina@example.com';
    const invitation = { workspaceId: postern.workspaceId, email, role: 'VIEWER' };
    const invited = await mutate(
      postern,
      'inviteMember',
      invitation,
      postern.owner.session,
      'invitationSecret',
    );
    const secret = invited.data.inviteMember.invitationSecret;
    const accept = (by: string | null, more = {}) =>
      mutate(postern, 'acceptInvitation', { secret, ...more }, by, 'member { role }');
    const refused = await accept(null, { name: 'Nina', password: PASSWORD });
    expect(refused.code).toBe('FORBIDDEN');
    await expect(postern.app.services.operator.findUser(email)).rejects.toMatchObject({ code: 'NOT_FOUND' });
    const nina = await postern.person('Nina');
    expect((await accept(nina.session)).data.acceptInvitation.member.role).toBe('VIEWER');
  });

  test('a password that must not be used is no way in, so the last identity stays linked', async () => {
    await start(setting);
    const ada = await postern.person('Ada');
    await link(ada.email, 'ada-id');
    const identities = '{ viewer { user { identities { id } } } }';
    const { id } = (await postern.post(identities, {}, ada.session)).data.viewer.user.identities[0];
    const unlinked = await mutate(postern, 'unlinkIdentity', { id }, ada.session, 'unlinkedIdentityId');
    expect(unlinked.code).toBe('CONFLICT');
  });
});

test('with operator, the first owner and local accounts use their passwords as before', async () => {
  await start('operator');
  await createLocal();
  expect(await codeOfSignIn('owner@example.com', PASSWORD)).toBeUndefined();
  const session = await postern.signIn('local@example.com');
  const again = await mutate(postern, 'reauthenticate', { password: PASSWORD }, session, 'until');
  expect(again.errors).toEqual([]);
  const change = { currentPassword: PASSWORD, newPassword: NEW_PASSWORD };
  expect((await mutate(postern, 'changePassword', change, session, '__typename')).errors).toEqual([]);
  const { secret } = await postern.app.services.passwordResets.createLink('local@example.com', true);
  expect(
    (await mutate(postern, 'resetPassword', { secret, newPassword: PASSWORD }, null, '__typename')).errors,
  ).toEqual([]);
  expect(await codeOfSignIn('local@example.com', PASSWORD)).toBeUndefined();
});

test('with off, local accounts have no password either, and a first owner without one is not locked out', async () => {
  await start('off', { POSTERN_OWNER_PASSWORD: '' });
  expect(postern.app.firstOwner).toEqual({ email: 'owner@example.com', password: null });
  await createLocal();
  expect(await codeOfSignIn('local@example.com', PASSWORD)).toBe('INVALID_CREDENTIALS');
  const made = await postern.post(
    'mutation { createToken(input: { name: "x" }) { secret } }',
    {},
    postern.owner.session,
  );
  expect(made.errors).toEqual([]);
});

test('a generated password that must not be used need not be changed', async () => {
  await start('off');
  const { operator, signInLinks } = postern.app.services;
  await operator.createUser({ email: 'ada@example.com', name: 'Ada', password: PASSWORD, isGenerated: true });
  const { secret } = await signInLinks.create('ada@example.com');
  const signedIn = await mutate(postern, 'signInWithLink', { secret }, null, 'sessionToken');
  const session = signedIn.data.signInWithLink.sessionToken;
  expect((await postern.post('{ viewer { sessions { id } } }', {}, session)).errors).toEqual([]);
});

test('a directory reaches no local account, neither by its identity nor by its subject or address', async () => {
  await start('on');
  await createLocal();
  const id = await link('local@example.com', 'local-id');
  const scim = await connectDirectory(postern);
  expect((await scim('GET', '/Users')).body).toMatchObject({ totalResults: 0, Resources: [] });
  const filter = new URLSearchParams({ filter: 'externalId eq "local-id"' });
  expect((await scim('GET', `/Users?${filter}`)).body.totalResults).toBe(0);
  const inactive = patchOf({ op: 'replace', path: 'active', value: false });
  expect((await scim('PATCH', `/Users/${id}`, inactive)).status).toBe(404);
  expect((await scim('DELETE', `/Users/${id}`)).status).toBe(404);
  for (const more of [{}, { externalId: 'other-id' }]) {
    const answer = await scim('POST', '/Users', personOf('local', { active: false, ...more }));
    expect(answer).toMatchObject({ status: 409, body: { scimType: 'uniqueness' } });
  }
  expect((await postern.app.services.operator.findUser('local@example.com')).deactivatedAt).toBeNull();
});

describe('a sign-in link', () => {
  const use = (secret: string, by: string | null = null) =>
    mutate(postern, 'signInWithLink', { secret }, by, 'sessionToken user { email }');
  const create = async (email = 'owner@example.com') =>
    (await postern.app.services.signInLinks.create(email)).secret;

  test('opens one session, which counts as a recent sign-in', async () => {
    await start('off');
    postern.advance(11 * MINUTE);
    const secret = await create();
    const { signInWithLink } = (await use(secret)).data;
    expect(signInWithLink.user.email).toBe('owner@example.com');
    const { sessionToken } = signInWithLink;
    const deleted = await postern.post('mutation { deleteAllTokens { deletedCount } }', {}, sessionToken);
    expect(deleted.errors).toEqual([]);
    expect(await authOutcome(postern, signInWithLink.sessionToken)).toBe('OK');
    expect((await use(secret)).code).toBe('NOT_FOUND');
  });

  test('opens one session of twenty concurrent uses', async () => {
    await start('on');
    const secret = await create();
    const codes = await Promise.all(Array.from({ length: 20 }, async () => (await use(secret)).code));
    expect(codes.filter((code) => code === undefined)).toHaveLength(1);
    expect(codes.filter((code) => code === 'NOT_FOUND')).toHaveLength(19);
  });

  test('works for ten minutes, until another one, and for active users only', async () => {
    await start('on');
    const early = await create();
    const late = await create();
    expect((await use(early)).code).toBe('NOT_FOUND');
    postern.advance(10 * MINUTE - 1);
    expect((await use(late)).errors).toEqual([]);
    const expired = await create();
    postern.advance(10 * MINUTE);
    expect((await use(expired)).code).toBe('NOT_FOUND');
    const ada = await postern.person('Ada');
    const ended = await create(ada.email);
    await postern.app.services.operator.deactivateUser(ada.email);
    expect((await use(ended)).code).toBe('NOT_FOUND');
    await expect(create(ada.email)).rejects.toMatchObject({ code: 'CONFLICT' });
    await expect(create('absent@example.com')).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });

  test('resets no password, a reset link opens no session, and neither is a credential', async () => {
    await start('on');
    const secret = await create();
    const reset = { secret, newPassword: NEW_PASSWORD };
    expect((await mutate(postern, 'resetPassword', reset, null, '__typename')).code).toBe('NOT_FOUND');
    expect(await authOutcome(postern, secret)).toBe('INVALID_TOKEN');
    const { secret: other } = await postern.app.services.passwordResets.createLink('owner@example.com', true);
    expect((await use(other)).code).toBe('NOT_FOUND');
    for (const wrong of ['', 'nonsense', postern.owner.session]) {
      expect((await use(wrong)).code).toBe('NOT_FOUND');
    }
  });
});
