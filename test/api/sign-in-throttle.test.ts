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
