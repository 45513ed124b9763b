import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Person } from '../support/app.ts';
import { codeIn, startWire, type TestWire } from '../support/http.ts';
import { createPersonalToken } from '../support/tokens.ts';

const CREATE = 'mutation { createToken(input: { name: "In whose name?" }) { token { id } } }';

let wire: TestWire;
let ada: Person;
let bob: Person;
beforeAll(async () => {
  wire = await startWire();
  ada = await wire.postern.person('Ada');
  bob = await wire.postern.person('Bob');
});
afterAll(() => wire.stop());

/** Posts as a page that shows `expected`, in a browser with the session cookie `session`. */
function postAs(session: Person, expected: string, query = CREATE): Promise<Response> {
  return wire.post(
    { query },
    {
      Cookie: cookieOf(session),
      Origin: wire.origin,
      'X-Postern-Expected-User': expected,
    },
  );
}

function cookieOf({ session }: Person): string {
  return `${wire.postern.cookieName}=${session}`;
}

async function countTokens({ session }: Person): Promise<number> {
  const { data } = await wire.postern.post('{ tokens { totalCount } }', {}, session);
  return data.tokens.totalCount;
}

test('a page that shows the user of the cookie acts for them', async () => {
  const response = await postAs(ada, ada.id);
  expect([response.status, await codeIn(response)]).toEqual([200, undefined]);
});

test.each([
  ['another user', () => ada.id],
  ['an id of something else', () => wire.postern.workspaceId],
  ['nothing', () => ''],
  ['two users', () => `${bob.id}, ${ada.id}`],
])('a page that shows %s is refused before anything is executed', async (_, expected) => {
  const before = await countTokens(bob);
  const response = await postAs(bob, expected());
  expect([response.status, await codeIn(response)]).toEqual([409, 'USER_CHANGED']);
  expect(await countTokens(bob)).toBe(before);
});

test('it can neither query nor sign the other user out, and the cookie stays', async () => {
  for (const query of ['{ viewer { user { email } } }', 'mutation { signOut { signedOut } }']) {
    const response = await postAs(bob, ada.id, query);
    expect(response.headers.get('set-cookie')).toBeNull();
    expect(await codeIn(response)).toBe('USER_CHANGED');
  }
  expect((await postAs(bob, bob.id, '{ viewer { kind } }')).status).toBe(200);
});

test('a bearer token is chosen for each request, so the header has no effect on it', async () => {
  const { secret } = await createPersonalToken(wire.postern, bob.session);
  for (const bearer of [secret, bob.session]) {
    const headers = { Authorization: `Bearer ${bearer}`, 'X-Postern-Expected-User': ada.id };
    const response = await wire.post({ query: '{ viewer { user { id } } }' }, headers);
    expect(await response.json()).toEqual({ data: { viewer: { user: { id: bob.id } } } });
  }
});

test('without a session, the page can sign in again', async () => {
  const query = `mutation { signIn(input: { email: "${ada.email}", password: "${ada.password}" }) { expiresAt } }`;
  const response = await wire.post({ query }, { 'X-Postern-Expected-User': ada.id });
  expect([response.status, await codeIn(response)]).toEqual([200, undefined]);
});
