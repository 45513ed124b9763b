import { afterEach, beforeEach, expect, test } from 'vitest';
import { createSecretSource } from '../../src/platform/secrets.ts';
import { createSessionService } from '../../src/services/accounts/sessions.ts';
import { PASSWORD, passwords, startTestApp, type TestApp } from '../support/app.ts';

let postern: TestApp;
beforeEach(async () => {
  postern = await startTestApp();
});
afterEach(() => postern.close());

const CALLER = { credential: null, holder: null, address: '127.0.0.1', userAgent: null, requestId: 'r' };

/** Signs in with the right password, and runs `change` between the check of the password and the start of the session. */
function signInDuring(change: () => Promise<unknown>) {
  const { services } = postern.app;
  const sessions = createSessionService({
    ...services,
    db: postern.database.db,
    secrets: createSecretSource(''),
    passwords: {
      ...passwords,
      async verify(stored, password) {
        const isRight = await passwords.verify(stored, password);
        await change();
        return isRight;
      },
    },
  });
  return sessions.signIn(CALLER, postern.owner.email, PASSWORD);
}

test('a password that is replaced while it is checked starts no session', async () => {
  const operator = postern.app.services.operator;
  const replaced = signInDuring(() => operator.resetPassword(postern.owner.email, 'another password', false));
  await expect(replaced).rejects.toMatchObject({ code: 'INVALID_CREDENTIALS' });
  expect(await postern.database.db.selectFrom('sessions').select('id').execute()).toEqual([]);
});

test('an account that is deactivated while its password is checked gets no session', async () => {
  const operator = postern.app.services.operator;
  const deactivated = signInDuring(() => operator.deactivateUser(postern.owner.email));
  await expect(deactivated).rejects.toMatchObject({ code: 'INVALID_CREDENTIALS' });
});

test('a password that does not change starts a session', async () => {
  const started = await signInDuring(async () => {});
  expect(started.user.email).toBe(postern.owner.email);
});
