import { afterEach, beforeEach, expect, test } from 'vitest';
import { startTestApp, type TestApp } from '../support/app.ts';
import { codeIn } from '../support/http.ts';

const TRIES_AN_ADDRESS = 100;
const SIGN_IN = `mutation ($email: EmailAddress!) {
  signIn(input: { email: $email, password: "not the password" }) { expiresAt }
}`;

let postern: TestApp;
beforeEach(async () => {
  postern = await startTestApp();
});
afterEach(() => postern.close());

/** Tries to sign in to an account that does not exist, from an address; returns the code of the refusal. */
async function tryFrom(address: string, account: number): Promise<string | undefined> {
  const request = new Request('http://postern.test/graphql', {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ query: SIGN_IN, variables: { email: `unknown-${account}@example.com` } }),
  });
  return codeIn(await postern.fetch(request, address));
}

test('an IPv6 network has as many attempts as one address', async () => {
  for (let account = 1; account <= TRIES_AN_ADDRESS; account += 1) {
    expect(await tryFrom(`2001:db8:1:2::${account}`, account)).toBe('INVALID_CREDENTIALS');
  }
  expect(await tryFrom('2001:db8:1:2:ffff::1', 0)).toBe('TOO_MANY_ATTEMPTS');
  expect(await tryFrom('2001:db8:1:3::1', 0)).toBe('INVALID_CREDENTIALS');
});

test('the audit log and the request log record refused attempts, and the first throttled one', async () => {
  const ada = await postern.person('Ada');
  const attempt = async () => {
    const query = `mutation { signIn(input: { email: "${ada.email}", password: "not the password" }) { expiresAt } }`;
    const request = new Request('http://postern.test/graphql', {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ query }),
    });
    return codeIn(await postern.fetch(request, '198.51.100.7'));
  };
  for (let attempts = 0; attempts < 10; attempts += 1) expect(await attempt()).toBe('INVALID_CREDENTIALS');
  for (let attempts = 0; attempts < 5; attempts += 1) expect(await attempt()).toBe('TOO_MANY_ATTEMPTS');
  const rows = await postern.database.db
    .selectFrom('audit_events as a')
    .innerJoin('users as u', 'u.id', 'a.user_id')
    .select(['a.action', 'a.ip'])
    .where('u.email', '=', ada.email)
    .where('a.action', 'in', ['session.refused', 'session.throttled'])
    .orderBy('a.id')
    .execute();
  const refused = Array.from({ length: 10 }, () => ({ action: 'session.refused', ip: '198.51.100.7' }));
  expect(rows).toEqual([...refused, { action: 'session.throttled', ip: '198.51.100.7' }]);
  const lines = postern.logs.map((line) => JSON.parse(line)).filter(({ codes }) => codes);
  expect(lines.map(({ codes, address }) => `${address} ${codes}`)).toEqual([
    ...Array.from({ length: 10 }, () => '198.51.100.7 INVALID_CREDENTIALS'),
    ...Array.from({ length: 5 }, () => '198.51.100.7 TOO_MANY_ATTEMPTS'),
  ]);
});
