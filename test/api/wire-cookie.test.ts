import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { codeIn, startWire, type TestWire } from '../support/http.ts';
import { createPersonalToken } from '../support/tokens.ts';

const VIEWER = { query: '{ viewer { kind } }' };
const SIGN_IN = 'mutation ($input: SignInInput!) { signIn(input: $input) { sessionToken expiresAt } }';
const TRUSTED = 'https://app.example';
const DEAD = 'postern_session=; Path=/; HttpOnly; SameSite=Strict; Expires=Thu, 01 Jan 1970 00:00:00 GMT';

let wire: TestWire;
beforeEach(async () => {
  wire = await startWire({ POSTERN_ALLOWED_ORIGINS: TRUSTED });
});
afterEach(() => wire.stop());

function ask(headers: Record<string, string>, secret = wire.postern.owner.session): Promise<Response> {
  return wire.post(VIEWER, { Cookie: `theme=dark; postern_session=${secret}`, ...headers });
}

describe('signing in', () => {
  async function signIn(on: TestWire): Promise<{ cookie: string | null; data: Record<string, string> }> {
    const { email, password } = on.postern.owner;
    const response = await on.post({ query: SIGN_IN, variables: { input: { email, password } } });
    const { data } = (await response.json()) as { data: { signIn: Record<string, string> } };
    return { cookie: response.headers.get('set-cookie'), data: data.signIn };
  }

  test('keeps the session in a cookie that scripts and other sites cannot reach', async () => {
    const { cookie, data } = await signIn(wire);
    const expires = new Date(data.expiresAt ?? '').toUTCString();
    expect(cookie).toBe(
      `postern_session=${data.sessionToken}; Path=/; HttpOnly; SameSite=Strict; Expires=${expires}`,
    );
  });

  test('marks the cookie Secure where people come over https', async () => {
    const secure = await startWire({ POSTERN_PUBLIC_URL: 'https://postern.example' });
    expect((await signIn(secure)).cookie).toMatch(/; Secure$/);
    await secure.stop();
  });

  test('is undone by signing out, which takes the cookie out', async () => {
    const { data } = await signIn(wire);
    const headers = { Cookie: `postern_session=${data.sessionToken}`, Origin: wire.origin };
    const response = await wire.post({ query: 'mutation { signOut { signedOut } }' }, headers);
    expect(response.headers.get('set-cookie')).toBe(DEAD);
    expect(await codeIn(await wire.post(VIEWER, headers))).toBe('UNAUTHENTICATED');
  });
});

describe('a cookie caller', () => {
  const proofs: [string, () => Record<string, string>][] = [
    ['a same-origin fetch', () => ({ 'Sec-Fetch-Site': 'same-origin' })],
    ['its own origin', () => ({ Origin: wire.origin })],
    ['an allowed origin', () => ({ Origin: TRUSTED, 'Sec-Fetch-Site': 'cross-site' })],
  ];
  test.each(proofs)('is let in with the proof of %s', async (_, headers) => {
    const response = await ask(headers());
    expect(await response.json()).toEqual({ data: { viewer: { kind: 'SESSION' } } });
    expect(response.headers.get('set-cookie')).toBeNull();
  });

  test.each([
    ['no proof at all', {}],
    ['another origin', { Origin: 'https://evil.example' }],
    ['a look-alike origin', { Origin: 'https://app.example.evil.example' }],
    ['a null origin', { Origin: 'null' }],
    ['a fetch from the same site only', { 'Sec-Fetch-Site': 'same-site' }],
    ['a cross-site fetch', { 'Sec-Fetch-Site': 'cross-site' }],
  ])('is refused with %s', async (_, headers) => {
    const response = await ask(headers);
    expect(response.status).toBe(403);
    expect(await codeIn(response)).toBe('CSRF_REJECTED');
  });

  test('is let in from the public origin, where one is configured', async () => {
    const behind = await startWire({ POSTERN_PUBLIC_URL: 'https://postern.example' });
    const headers = { Cookie: `postern_session=${behind.postern.owner.session}` };
    const response = await behind.post(VIEWER, { ...headers, Origin: 'https://postern.example' });
    expect(await response.json()).toEqual({ data: { viewer: { kind: 'SESSION' } } });
    await behind.stop();
  });

  test('is nobody in a GET, which any page can make a browser send', async () => {
    const headers = {
      Cookie: `postern_session=${wire.postern.owner.session}`,
      'Sec-Fetch-Site': 'same-origin',
    };
    const response = await fetch(`${wire.origin}/graphql?query={viewer{kind}}`, { headers });
    expect(await codeIn(response)).toBe('UNAUTHENTICATED');
    expect(response.headers.get('set-cookie')).toBeNull();
  });
});

describe('a cookie that opens nothing', () => {
  test('counts as none, and is taken out, when its session has ended', async () => {
    const session = await wire.postern.signIn(wire.postern.owner.email);
    await wire.postern.post('mutation { signOut { signedOut } }', {}, session);
    const response = await ask({ Origin: wire.origin }, session);
    expect(response.status).toBe(200);
    expect(response.headers.get('set-cookie')).toBe(DEAD);
    expect(await codeIn(response)).toBe('UNAUTHENTICATED');
  });

  test('counts as none, and is taken out, when it is not even a session', async () => {
    const { secret } = await createPersonalToken(wire.postern, wire.postern.owner.session);
    for (const other of ['sesame', secret]) {
      const response = await ask({ Origin: wire.origin }, other);
      expect(response.headers.get('set-cookie')).toBe(DEAD);
      expect(await codeIn(response)).toBe('UNAUTHENTICATED');
    }
  });

  test('does not stand in the way of signing in again', async () => {
    const { email, password } = wire.postern.owner;
    const headers = { Cookie: 'postern_session=sesame', Origin: wire.origin };
    const response = await wire.post({ query: SIGN_IN, variables: { input: { email, password } } }, headers);
    expect(response.headers.get('set-cookie')).toMatch(/^postern_session=ses_/);
  });
});
