import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Answer, PASSWORD, type Person, START, startTestApp, type TestApp } from '../support/app.ts';
import { mutate } from '../support/channels.ts';
import { authOutcome, badPathsIn, refusalIn } from '../support/responses.ts';
import { createPersonalToken } from '../support/tokens.ts';

const DAY = 86_400_000;
const SESSIONS = '{ viewer { sessions { id createdAt expiresAt lastUsedAt ip userAgent current } } }';

let postern: TestApp;
let ada: Person;
beforeEach(async () => {
  postern = await startTestApp();
  ada = await postern.person('Ada');
});
afterEach(() => postern.close());

async function sessionsOf(secret: string): Promise<any[]> {
  return (await postern.post(SESSIONS, {}, secret)).data.viewer.sessions;
}

const outcome = (secret: string) => authOutcome(postern, secret);

describe('signIn', () => {
  const signIn = (input: object, by: string | null = null): Promise<Answer> =>
    mutate(postern, 'signIn', input, by, 'user { id email name } sessionToken expiresAt');

  test('starts a session of fourteen days with a secret of its own', async () => {
    const { data } = await signIn({ email: ada.email, password: PASSWORD });
    expect(data.signIn).toEqual({
      user: { id: ada.id, email: 'ada@example.com', name: 'Ada' },
      sessionToken: expect.stringMatching(/^ses_\w{49}$/),
      expiresAt: new Date(postern.now() + 14 * DAY).toISOString(),
    });
    expect(await outcome(data.signIn.sessionToken)).toBe('OK');
  });

  test('ignores the case of the address', async () => {
    expect((await signIn({ email: 'ADA@Example.COM', password: PASSWORD })).data.signIn.user.id).toBe(ada.id);
  });

  test('gives the same response to a wrong password, an unknown address and a deactivated account', async () => {
    const wrong = await signIn({ email: ada.email, password: 'not the password' });
    const unknown = await signIn({ email: 'unknown@example.com', password: PASSWORD });
    await postern.app.services.operator.deactivateUser(ada.email);
    const deactivated = await signIn({ email: ada.email, password: PASSWORD });
    expect(refusalIn(wrong)).toBe('INVALID_CREDENTIALS');
    expect([unknown.errors, deactivated.errors]).toEqual([wrong.errors, wrong.errors]);
  });

  test('is refused to a token', async () => {
    const { secret } = await createPersonalToken(postern, ada.session);
    expect(refusalIn(await signIn({ email: ada.email, password: PASSWORD }, secret))).toBe(
      'SESSION_REQUIRED',
    );
  });

  test('refuses an expired session from the millisecond of its expiry on', async () => {
    postern.advance(14 * DAY - 1);
    expect(await outcome(ada.session)).toBe('OK');
    postern.advance(1);
    expect(await outcome(ada.session)).toBe('INVALID_SESSION');
  });
});

describe('the sessions of a user', () => {
  test('are listed newest first, the current one marked, and never with a secret', async () => {
    postern.advance(1000);
    const second = await postern.signIn(ada.email);
    const sessions = await sessionsOf(second);
    expect(sessions.map(({ current }) => current)).toEqual([true, false]);
    expect(sessions[0]).toMatchObject({
      createdAt: new Date(postern.now()).toISOString(),
      expiresAt: new Date(postern.now() + 14 * DAY).toISOString(),
      ip: '127.0.0.1',
    });
    expect(JSON.stringify(sessions)).not.toContain('ses_');
  });

  test('do not include expired ones', async () => {
    postern.advance(10 * DAY);
    const second = await postern.signIn(ada.email);
    postern.advance(4 * DAY);
    expect(await sessionsOf(second)).toHaveLength(1);
  });

  test('are ended one by one, only by their user', async () => {
    const second = await postern.signIn(ada.email);
    const [{ id }] = (await sessionsOf(ada.session)).filter(({ current }) => !current);
    const revoke = (by: string | null) => mutate(postern, 'revokeSession', { id }, by, 'revokedSessionId');
    expect(refusalIn(await revoke(postern.owner.session))).toBe('NOT_FOUND');
    expect(refusalIn(await revoke(null))).toBe('UNAUTHENTICATED');
    expect((await revoke(ada.session)).data.revokeSession.revokedSessionId).toBe(id);
    expect([await outcome(second), await outcome(ada.session)]).toEqual(['INVALID_SESSION', 'OK']);
    expect(refusalIn(await revoke(ada.session))).toBe('NOT_FOUND');
  });

  test('are ended except the current one', async () => {
    const others = [await postern.signIn(ada.email), await postern.signIn(ada.email)];
    const { data } = await postern.post('mutation { revokeOtherSessions { revokedCount } }', {}, ada.session);
    expect(data.revokeOtherSessions.revokedCount).toBe(2);
    for (const other of others) expect(await outcome(other)).toBe('INVALID_SESSION');
    expect([await outcome(ada.session), await outcome(postern.owner.session)]).toEqual(['OK', 'OK']);
  });

  test('end by signing out, only the current one', async () => {
    const second = await postern.signIn(ada.email);
    const { data } = await postern.post('mutation { signOut { signedOut } }', {}, second);
    expect(data.signOut.signedOut).toBe(true);
    expect([await outcome(second), await outcome(ada.session)]).toEqual(['INVALID_SESSION', 'OK']);
  });

  test('are not accessible to a token, for every access', async () => {
    const { secret } = await createPersonalToken(postern, ada.session);
    const documents = [
      SESSIONS,
      'mutation { signOut { signedOut } }',
      'mutation { revokeOtherSessions { revokedCount } }',
    ];
    for (const document of documents)
      expect(refusalIn(await postern.post(document, {}, secret))).toBe('SESSION_REQUIRED');
  });
});

describe('changePassword', () => {
  const NEXT = 'another good password';
  const change = (input: object, by: string | null = ada.session): Promise<Answer> =>
    mutate(
      postern,
      'changePassword',
      { currentPassword: PASSWORD, newPassword: NEXT, ...input },
      by,
      'user { id } sessionToken',
    );

  test('replaces the password, keeps the current session and ends the others', async () => {
    const second = await postern.signIn(ada.email);
    const { user, sessionToken } = (await change({})).data.changePassword;
    expect(user.id).toBe(ada.id);
    const outcomes = [await outcome(sessionToken), await outcome(ada.session), await outcome(second)];
    expect(outcomes).toEqual(['OK', 'INVALID_SESSION', 'INVALID_SESSION']);
    await expect(postern.signIn(ada.email)).rejects.toThrow('INVALID_CREDENTIALS');
    expect(await outcome(await postern.signIn(ada.email, NEXT))).toBe('OK');
  });

  test('requires the current password, and changes nothing without it', async () => {
    const second = await postern.signIn(ada.email);
    expect(refusalIn(await change({ currentPassword: NEXT }))).toBe('INVALID_CREDENTIALS');
    expect(await outcome(second)).toBe('OK');
    expect(await outcome(await postern.signIn(ada.email))).toBe('OK');
  });

  test.each(['short', 'x'.repeat(257)])('rejects an invalid password', async (newPassword) => {
    const response = await change({ newPassword });
    expect(badPathsIn(response)).toEqual(['input.newPassword']);
    expect(JSON.stringify(response.errors)).not.toContain(newPassword);
  });

  test('accepts the current password no more often than signing in does', async () => {
    for (let count = 0; count < 10; count++) await change({ currentPassword: 'a wrong password' });
    const response = await change({});
    expect(refusalIn(response)).toBe('TOO_MANY_ATTEMPTS');
    expect(response.errors[0]?.extensions.retryAfter).toBe(900);
  });

  test('cannot be blocked by other callers who try to sign in as the user from the same network', async () => {
    for (let count = 0; count < 12; count++) {
      await postern.signIn(ada.email, 'a wrong password').catch(() => {});
    }
    expect(refusalIn(await change({}))).toBeNull();
  });

  test('requires a session', async () => {
    const { secret } = await createPersonalToken(postern, ada.session);
    expect([refusalIn(await change({}, secret)), refusalIn(await change({}, null))]).toEqual([
      'SESSION_REQUIRED',
      'UNAUTHENTICATED',
    ]);
  });
});

test('a user with the address of a former user inherits nothing', async () => {
  const { secret } = await createPersonalToken(postern, ada.session);
  await postern.database.db.deleteFrom('users').where('email', '=', ada.email).execute();
  const again = await postern.person('Ada');
  expect(again.id).not.toBe(ada.id);
  expect([await outcome(secret), await outcome(ada.session)]).toEqual(['INVALID_TOKEN', 'INVALID_SESSION']);
  const { data } = await postern.post(
    '{ tokens { totalCount } viewer { sessions { id } } }',
    {},
    again.session,
  );
  expect([data.tokens.totalCount, data.viewer.sessions.length]).toEqual([0, 1]);
});

describe('an idle session', () => {
  const HOUR = 3_600_000;
  let idle: TestApp;
  beforeEach(async () => {
    idle = await startTestApp({ POSTERN_SESSION_IDLE_TIMEOUT: 'PT1H' });
  });
  afterEach(() => idle.close());

  const at = (secret: string) => authOutcome(idle, secret);

  test('ends after the configured time without a use, and each use extends it', async () => {
    const { session } = idle.owner;
    for (let uses = 0; uses < 3; uses += 1) {
      idle.advance(HOUR - 1);
      expect(await at(session)).toBe('OK');
    }
    idle.advance(HOUR);
    expect(await at(session)).toBe('INVALID_SESSION');
  });

  test('is extended by a use that is stored, and by none that was refused', async () => {
    const { session } = idle.owner;
    idle.advance(HOUR - 1);
    expect(await at(session)).toBe('OK');
    await idle.app.services.lastUse.flush();
    idle.advance(HOUR - 1);
    await idle.post('mutation { deleteChannel(input: { id: "x" }) { deletedChannelId } }', {}, session);
    idle.advance(1);
    expect(await at(session)).toBe('INVALID_SESSION');
  });

  test('is in no list, and ends at its expiry even if it is used', async () => {
    const other = await idle.signIn(idle.owner.email);
    idle.advance(HOUR - 1);
    expect(await at(other)).toBe('OK');
    idle.advance(1);
    const { data } = await idle.post(SESSIONS, {}, other);
    expect(data.viewer.sessions).toHaveLength(1);
    for (let used = 0; used < 14 * 24 * 2; used += 1) {
      idle.advance(HOUR / 2);
      if ((await at(other)) !== 'OK') break;
    }
    expect(idle.now() - START).toBeLessThanOrEqual(14 * DAY + HOUR);
    expect(await at(other)).toBe('INVALID_SESSION');
  });
});

test('a password change gives the session a new secret, which replaces the cookie', async () => {
  const headers = {
    'content-type': 'application/json',
    'sec-fetch-site': 'same-origin',
    cookie: `${postern.cookieName}=${ada.session}`,
  };
  const query = `mutation { changePassword(input: { currentPassword: "${PASSWORD}", newPassword: "the second password" }) {
    sessionToken } }`;
  const response = await postern.fetch(
    new Request('http://postern.test/graphql', { method: 'POST', headers, body: JSON.stringify({ query }) }),
  );
  const { data } = (await response.json()) as { data: any };
  const { sessionToken } = data.changePassword;
  expect(response.headers.get('set-cookie')).toContain(`${postern.cookieName}=${sessionToken};`);
  expect([await outcome(ada.session), await outcome(sessionToken)]).toEqual(['INVALID_SESSION', 'OK']);
  expect((await sessionsOf(sessionToken)).map(({ current }) => current)).toEqual([true]);
});
