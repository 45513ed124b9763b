import { afterEach, beforeEach, expect, test } from 'vitest';
import { createSecretSource } from '../../src/platform/secrets.ts';
import { createSessionService } from '../../src/services/accounts/sessions.ts';
import { PASSWORD, passwords, startTestApp, type TestApp } from '../support/app.ts';

let postern: TestApp;
beforeEach(async () => {
  postern = await startTestApp();
});
afterEach(() => postern.close());

const SOMEBODY = { credential: null, address: '127.0.0.1', userAgent: null, requestId: 'r' };

/** Signs in with a password that is right when it is checked, and while something else happens before the session opens. */
function signInWhile(happens: () => Promise<unknown>) {
  const { services } = postern.app;
  const sessions = createSessionService({
    ...services,
    db: postern.database.db,
    secrets: createSecretSource(''),
    passwords: {
      ...passwords,
      async verify(stored, password) {
        const right = await passwords.verify(stored, password);
        await happens();
        return right;
      },
    },
  });
  return sessions.signIn(SOMEBODY, postern.owner.email, PASSWORD);
}

test('a password that is replaced while it is checked opens no session: all had just been ended', async () => {
  const operator = postern.app.services.operator;
  const replaced = signInWhile(() => operator.resetPassword(postern.owner.email, 'another password', false));
  await expect(replaced).rejects.toMatchObject({ code: 'INVALID_CREDENTIALS' });
  expect(await postern.database.db.selectFrom('sessions').select('id').execute()).toEqual([]);
});

test('an account that is deactivated while its password is checked gets no session', async () => {
  const operator = postern.app.services.operator;
  const deactivated = signInWhile(() => operator.deactivateUser(postern.owner.email));
  await expect(deactivated).rejects.toMatchObject({ code: 'INVALID_CREDENTIALS' });
});

test('a password that stays what it was opens one', async () => {
  const opened = await signInWhile(async () => {});
  expect(opened.user.email).toBe(postern.owner.email);
});
