import { afterEach, beforeEach, expect, test } from 'vitest';
import { PASSWORD, startTestApp, type TestApp } from '../support/app.ts';
import { createChannel, mutate } from '../support/channels.ts';
import { refusalIn } from '../support/responses.ts';

const GENERATED = 'k7q2m9x4t8wzk3v5';
const REFUSED = 'PASSWORD_CHANGE_REQUIRED';

let postern: TestApp;
let session: string;
const email = 'ada@example.com';
beforeEach(async () => {
  postern = await startTestApp();
  await postern.app.services.operator.createUser({
    email,
    name: 'Ada',
    password: GENERATED,
    isGenerated: true,
  });
  session = await postern.signIn(email, GENERATED);
});
afterEach(() => postern.close());

function change(secret: string, newPassword = PASSWORD, currentPassword = GENERATED) {
  return mutate(postern, 'changePassword', { currentPassword, newPassword }, secret, 'sessionToken');
}

async function statusAt(path: string, init: RequestInit = {}): Promise<string> {
  const headers = { authorization: `Bearer ${session}`, ...init.headers };
  const response = await postern.fetch(new Request(`http://postern.test${path}`, { ...init, headers }));
  return `${response.status} ${await response.text()}`;
}

test('a session with a generated password can read, create and join nothing', async () => {
  const { workspaceId } = postern;
  const created = await mutate(postern, 'createToken', { name: 't', access: 'FULL' }, session, 'secret');
  expect(refusalIn(created)).toBe(REFUSED);
  for (const query of [
    '{ viewer { user { email } } }',
    '{ tokens { totalCount } }',
    '{ workspaces { totalCount } }',
  ]) {
    expect(refusalIn(await postern.post(query, {}, session)), query).toBe(REFUSED);
  }
  const others = [
    ['createWorkspace', { name: 'Mine' }],
    ['revokeSession', { id: 'x' }],
  ] as const;
  for (const [field, input] of others) {
    expect(refusalIn(await mutate(postern, field, input, session, '__typename')), field).toBe(REFUSED);
  }
  const invitation = { workspaceId, email, role: 'VIEWER' };
  const { data } = await mutate(
    postern,
    'inviteMember',
    invitation,
    postern.owner.session,
    'invitationSecret',
  );
  const join = { secret: data.inviteMember.invitationSecret };
  expect(refusalIn(await mutate(postern, 'acceptInvitation', join, session, '__typename'))).toBe(REFUSED);
});

test('it is refused at every other entrance', async () => {
  expect(await statusAt('/verify')).toMatch(/^403 .*PASSWORD_CHANGE_REQUIRED/);
  expect(await statusAt('/verify?operation=LIST&entityType=channel&any=true')).toMatch(
    /^403 .*PASSWORD_CHANGE_REQUIRED/,
  );
  const form = {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: 'token=x',
  };
  expect(await statusAt('/oauth/introspect', form)).toMatch(/^403/);
  const channelId = await createChannel(postern);
  const body = JSON.stringify({
    query: 'subscription ($id: ID!) { channelMessages(channelId: $id) { id } }',
    variables: { id: channelId },
  });
  const headers = { 'content-type': 'application/json', accept: 'text/event-stream' };
  expect(await statusAt('/graphql', { method: 'POST', headers, body })).toContain('PASSWORD_CHANGE_REQUIRED');
});

test('it can change its password, and then everything', async () => {
  const answer = await change(session);
  expect(answer.errors).toEqual([]);
  const created = await mutate(
    postern,
    'createToken',
    { name: 't', access: 'FULL' },
    answer.data.changePassword.sessionToken,
    'secret',
  );
  expect(created.errors).toEqual([]);
});

test('it can sign out, and the account stays limited at the next sign-in', async () => {
  expect((await postern.post('mutation { signOut { signedOut } }', {}, session)).errors).toEqual([]);
  const again = await postern.signIn(email, GENERATED);
  expect(refusalIn(await postern.post('{ viewer { kind } }', {}, again))).toBe(REFUSED);
});

test('a password that the user chose by a link, or the operator typed, is not temporary', async () => {
  const { operator, passwordResets } = postern.app.services;
  const works = async (password: string) =>
    (await postern.post('{ viewer { kind } }', {}, await postern.signIn(email, password))).errors;
  const { secret } = await passwordResets.createLink(email, false);
  await mutate(postern, 'resetPassword', { secret, newPassword: PASSWORD }, null, '__typename');
  expect(await works(PASSWORD)).toEqual([]);
  await operator.resetPassword(email, GENERATED, false, true);
  expect((await works(GENERATED))[0]?.extensions.reason).toBe('PASSWORD_CHANGE_REQUIRED');
  await operator.resetPassword(email, PASSWORD, false);
  expect(await works(PASSWORD)).toEqual([]);
});

test('the new password is another one than the generated password', async () => {
  expect((await change(session, GENERATED)).errors[0]?.extensions).toMatchObject({
    code: 'BAD_USER_INPUT',
    issues: [{ path: ['input', 'newPassword'] }],
  });
});
