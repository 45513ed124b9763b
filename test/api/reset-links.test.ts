import { afterEach, beforeEach, expect, test } from 'vitest';
import { composeSecret } from '../../src/domain/secret.ts';
import { PASSWORD, type Person, startTestApp, type TestApp } from '../support/app.ts';
import { mutate } from '../support/channels.ts';
import { authOutcome } from '../support/responses.ts';
import { createPersonalToken } from '../support/tokens.ts';

const DAY = 86_400_000;
const NEW_PASSWORD = 'a password from a link';

let postern: TestApp;
let ada: Person;
beforeEach(async () => {
  postern = await startTestApp();
  ada = await postern.person('Ada', 'VIEWER');
});
afterEach(() => postern.close());

async function link(email = ada.email, keepTokens = false): Promise<string> {
  return (await postern.app.services.passwordResets.createLink(email, keepTokens)).secret;
}

const reset = (secret: string, newPassword = NEW_PASSWORD, by: string | null = null) =>
  mutate(postern, 'resetPassword', { secret, newPassword }, by, 'user { email }');

const codeOfSignIn = async (password: string) =>
  (await mutate(postern, 'signIn', { email: ada.email, password }, null, '__typename')).code;

async function actionsOf(email: string): Promise<string[]> {
  const rows = await postern.database.db
    .selectFrom('audit_events as a')
    .innerJoin('users as u', 'u.id', 'a.user_id')
    .select('a.action')
    .where('u.email', '=', email)
    .orderBy('a.id')
    .execute();
  return rows.map(({ action }) => action);
}

test('a link sets the password once, ends the sessions, and revokes the personal tokens', async () => {
  const token = await createPersonalToken(postern, ada.session);
  const secret = await link();
  expect((await reset(secret)).data.resetPassword).toEqual({ user: { email: ada.email } });
  expect([await codeOfSignIn(PASSWORD), await codeOfSignIn(NEW_PASSWORD)]).toEqual([
    'INVALID_CREDENTIALS',
    undefined,
  ]);
  expect(await authOutcome(postern, ada.session)).toBe('INVALID_SESSION');
  expect(await authOutcome(postern, token.secret)).toBe('TOKEN_REVOKED');
  expect((await reset(secret, 'another password')).code).toBe('NOT_FOUND');
  expect(await codeOfSignIn(NEW_PASSWORD)).toBeUndefined();
  expect(await actionsOf(ada.email)).toEqual(
    expect.arrayContaining(['user.reset_link_created', 'user.password_changed']),
  );
});

test('a link can keep the personal tokens', async () => {
  const token = await createPersonalToken(postern, ada.session);
  await reset(await link(ada.email, true));
  expect(await authOutcome(postern, token.secret)).toBe('OK');
  expect(await authOutcome(postern, ada.session)).toBe('INVALID_SESSION');
});

test('of twenty concurrent uses of a link, one succeeds', async () => {
  const secret = await link();
  const passwords = Array.from({ length: 20 }, (_, place) => `${NEW_PASSWORD} ${place}`);
  const codes = await Promise.all(passwords.map(async (password) => (await reset(secret, password)).code));
  expect(codes.filter((code) => code === undefined)).toHaveLength(1);
  expect(codes.filter((code) => code === 'NOT_FOUND')).toHaveLength(19);
  const winner = passwords[codes.indexOf(undefined)] as string;
  expect(await codeOfSignIn(winner)).toBeUndefined();
});

test('a link works for a day', async () => {
  const early = await link();
  postern.advance(DAY - 1);
  expect((await reset(early)).errors).toEqual([]);
  const late = await link();
  postern.advance(DAY);
  expect((await reset(late)).code).toBe('NOT_FOUND');
  await postern.app.services.retention.prune();
  expect(await postern.database.db.selectFrom('reset_links').selectAll().execute()).toEqual([]);
});

test('a new link, a change of the password and a reset by the operator end a link', async () => {
  const { operator } = postern.app.services;
  const first = await link();
  const second = await link();
  expect((await reset(first)).code).toBe('NOT_FOUND');
  const change = { currentPassword: PASSWORD, newPassword: NEW_PASSWORD };
  expect((await mutate(postern, 'changePassword', change, ada.session, '__typename')).errors).toEqual([]);
  expect((await reset(second)).code).toBe('NOT_FOUND');
  const third = await link();
  await operator.resetPassword(ada.email, 'a password of the operator', false);
  expect((await reset(third)).code).toBe('NOT_FOUND');
});

test('a deactivation ends a link permanently, and a deactivated user gets none', async () => {
  const { operator } = postern.app.services;
  const secret = await link();
  await operator.deactivateUser(ada.email);
  expect((await reset(secret)).code).toBe('NOT_FOUND');
  await expect(link()).rejects.toMatchObject({ code: 'CONFLICT' });
  await operator.reactivateUser(ada.email);
  expect((await reset(secret)).code).toBe('NOT_FOUND');
});

const unknown = composeSecret('RESET', new Uint8Array(32));
test.each(['', 'nonsense', 'rst_0000', `rst_${'0'.repeat(49)}`, unknown])(
  'the secret %j is refused with a valid and an invalid password',
  async (secret) => {
    expect((await reset(secret)).code).toBe('NOT_FOUND');
    expect((await reset(secret, 'short')).code).toBe('NOT_FOUND');
  },
);

test('secrets of other kinds reset nothing, and a link is no credential', async () => {
  const token = await createPersonalToken(postern, ada.session);
  for (const secret of [token.secret, ada.session]) expect((await reset(secret)).code).toBe('NOT_FOUND');
  expect(await authOutcome(postern, await link())).toBe('INVALID_TOKEN');
});

test('an invalid password is reported and leaves the link', async () => {
  const secret = await link();
  for (const password of ['short', 'ada@example.com', 'x'.repeat(257)]) {
    expect((await reset(secret, password)).errors[0]?.extensions).toMatchObject({
      code: 'BAD_USER_INPUT',
      issues: [{ path: ['input', 'newPassword'] }],
    });
  }
  expect((await reset(secret)).errors).toEqual([]);
});

test('a link changes only its own user, even in the session of another one, and is refused to tokens', async () => {
  const token = await createPersonalToken(postern, postern.owner.session);
  const secret = await link();
  expect((await reset(secret, NEW_PASSWORD, token.secret)).errors[0]?.extensions).toMatchObject({
    reason: 'SESSION_REQUIRED',
  });
  expect((await reset(secret, NEW_PASSWORD, postern.owner.session)).data.resetPassword.user.email).toBe(
    ada.email,
  );
  expect(await authOutcome(postern, postern.owner.session)).toBe('OK');
  expect(await postern.signIn(postern.owner.email)).toMatch(/^ses_/);
});

test('a reported link ends', async () => {
  const secret = await link();
  await mutate(postern, 'reportLeakedSecrets', { secrets: [secret] }, null, '__typename');
  expect((await reset(secret)).code).toBe('NOT_FOUND');
  expect(await actionsOf(ada.email)).toContain('user.reset_link_revoked');
});

test('a new password works even if the sign-in was throttled before', async () => {
  for (let attempt = 0; attempt < 11; attempt += 1) await codeOfSignIn('not the password');
  expect(await codeOfSignIn(PASSWORD)).toBe('TOO_MANY_ATTEMPTS');
  await reset(await link());
  expect(await codeOfSignIn(NEW_PASSWORD)).toBeUndefined();
});
