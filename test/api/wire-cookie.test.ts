import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { startTestApp } from '../support/app.ts';
import { codeIn, sendRaw, startWire, type TestWire } from '../support/http.ts';
import { createPersonalToken } from '../support/tokens.ts';

const VIEWER = { query: '{ viewer { kind } }' };
const SIGN_IN = 'mutation ($input: SignInInput!) { signIn(input: $input) { sessionToken expiresAt } }';
const TRUSTED = 'https://app.example';

let wire: TestWire;
/** The name of the server's cookie, and the header that deletes it. */
let name: string;
let deletion: string;
beforeEach(async () => {
  wire = await startWire({ POSTERN_ALLOWED_ORIGINS: TRUSTED });
  name = wire.postern.cookieName;
  deletion = `${name}=; Path=/; HttpOnly; SameSite=Strict; Max-Age=0`;
});
afterEach(() => wire.stop());

function send(headers: Record<string, string>, secret = wire.postern.owner.session): Promise<Response> {
  return wire.post(VIEWER, { Cookie: `theme=dark; ${name}=${secret}`, ...headers });
}

describe('signing in', () => {
  async function signIn(on: TestWire): Promise<{ cookie: string | null; data: Record<string, string> }> {
    const { email, password } = on.postern.owner;
    const response = await on.post({ query: SIGN_IN, variables: { input: { email, password } } });
    const { data } = (await response.json()) as { data: { signIn: Record<string, string> } };
    return { cookie: response.headers.get('set-cookie'), data: data.signIn };
  }

  test('stores the session in a cookie that scripts and other sites cannot access', async () => {
    const { cookie, data } = await signIn(wire);
    const seconds = (Date.parse(data.expiresAt ?? '') - wire.postern.now()) / 1000;
    expect(cookie).toBe(
      `${name}=${data.sessionToken}; Path=/; HttpOnly; SameSite=Strict; Max-Age=${seconds}`,
    );
  });

  test('restricts the cookie to this host and to https, if the public URL is https', async () => {
    const secure = await startWire({ POSTERN_PUBLIC_URL: 'https://postern.example' });
    const { cookie, data } = await signIn(secure);
    expect(cookie).toMatch(
      /^__Host-postern-[0-9a-f]{8}=ses_\w+; Path=\/; HttpOnly; SameSite=Strict; Secure; Max-/,
    );
    const secret = data.sessionToken as string;
    const codes = await Promise.all(
      [secure.postern.cookieName, secure.postern.cookieName.replace('__Host-', '')].map((sent) =>
        secure.post(VIEWER, { Cookie: `${sent}=${secret}`, Origin: 'https://postern.example' }).then(codeIn),
      ),
    );
    expect(codes).toEqual([undefined, 'UNAUTHENTICATED']);
    await secure.stop();
  });

  test('does not affect the cookies of another installation on the same host', async () => {
    const other = await startWire();
    const cookies = [wire, other].map(({ postern }) => `${postern.cookieName}=${postern.owner.session}`);
    for (const each of [wire, other]) {
      const headers = { Cookie: cookies.join('; '), Origin: each.origin };
      const response = await each.post(VIEWER, headers);
      expect(await response.json()).toEqual({ data: { viewer: { kind: 'SESSION' } } });
      expect(response.headers.get('set-cookie')).toBeNull();
    }
    const foreign = await wire.post(VIEWER, { Cookie: cookies[1] as string, Origin: wire.origin });
    expect(await codeIn(foreign)).toBe('UNAUTHENTICATED');
    expect(foreign.headers.get('set-cookie')).toBeNull();
    await other.stop();
  });

  test('uses the same cookie name after a restart', async () => {
    const again = await startTestApp({}, { ...wire.postern.database, close: async () => {} });
    expect(again.cookieName).toBe(name);
    expect(name).toMatch(/^postern-[0-9a-f]{8}$/);
    await again.close();
  });

  test('is undone by signing out, which deletes the cookie', async () => {
    const { data } = await signIn(wire);
    const headers = { Cookie: `${name}=${data.sessionToken}`, Origin: wire.origin };
    const response = await wire.post({ query: 'mutation { signOut { signedOut } }' }, headers);
    expect(response.headers.get('set-cookie')).toBe(deletion);
    expect(await codeIn(await wire.post(VIEWER, headers))).toBe('UNAUTHENTICATED');
  });
});

describe('a cookie caller', () => {
  const proofs: [string, () => Record<string, string>][] = [
    ['a same-origin fetch', () => ({ 'Sec-Fetch-Site': 'same-origin' })],
    ['its own origin', () => ({ Origin: wire.origin })],
    ['an allowed origin', () => ({ Origin: TRUSTED, 'Sec-Fetch-Site': 'cross-site' })],
  ];
  test.each(proofs)('is accepted with the proof of %s', async (_, headers) => {
    const response = await send(headers());
    expect(await response.json()).toEqual({ data: { viewer: { kind: 'SESSION' } } });
    expect(response.headers.get('set-cookie')).toBeNull();
  });

  test.each([
    ['no header that names an origin', {}],
    ['another origin', { Origin: 'https://evil.example' }],
    ['a look-alike origin', { Origin: 'https://app.example.evil.example' }],
    ['a null origin', { Origin: 'null' }],
    ['a fetch from the same site only', { 'Sec-Fetch-Site': 'same-site' }],
    ['a cross-site fetch', { 'Sec-Fetch-Site': 'cross-site' }],
  ])('is refused with %s', async (_, headers) => {
    const response = await send(headers);
    expect(response.status).toBe(403);
    expect(await codeIn(response)).toBe('CSRF_REJECTED');
  });

  test('is accepted from the public origin, if one is configured', async () => {
    const behind = await startWire({ POSTERN_PUBLIC_URL: 'https://postern.example' });
    const headers = { Cookie: `${behind.postern.cookieName}=${behind.postern.owner.session}` };
    const response = await behind.post(VIEWER, { ...headers, Origin: 'https://postern.example' });
    expect(await response.json()).toEqual({ data: { viewer: { kind: 'SESSION' } } });
    await behind.stop();
  });

  test('is anonymous in a GET, which any page can make a browser send', async () => {
    const headers = {
      Cookie: `${name}=${wire.postern.owner.session}`,
      'Sec-Fetch-Site': 'same-origin',
    };
    const response = await fetch(`${wire.origin}/graphql?query={viewer{kind}}`, { headers });
    expect(await codeIn(response)).toBe('UNAUTHENTICATED');
    expect(response.headers.get('set-cookie')).toBeNull();
  });
});

describe('a cookie that is sent twice', () => {
  /** Returns requests with the cookies in one header, and in one header each. */
  async function askRaw(...headers: string[]) {
    const body = JSON.stringify(VIEWER);
    const head = ['POST /graphql HTTP/1.1', 'Host: x', 'Connection: close', 'Content-Type: application/json'];
    const lines = [...head, 'Sec-Fetch-Site: same-origin', ...headers.map((text) => `Cookie: ${text}`)];
    return sendRaw(wire.port, [...lines, `Content-Length: ${body.length}`, '', body].join('\r\n'));
  }

  test('is refused if its values differ, in any order, and nothing is deleted', async () => {
    const mine = `${name}=${wire.postern.owner.session}`;
    const ada = await wire.postern.person('Ada');
    for (const other of [`${name}=sesame`, `${name}=${ada.session}`]) {
      for (const headers of [
        [`${mine}; ${other}`],
        [`${other}; a=b; ${mine}`],
        [mine, other],
        [other, mine],
      ]) {
        const { status, text } = await askRaw(...headers);
        expect(status).toBe(400);
        expect(text).toContain('INVALID_AUTH_HEADER');
        expect(text).toContain('Delete the cookies of this site');
        expect(text).not.toMatch(/set-cookie/i);
      }
    }
  });

  test('is accepted if its values are equal', async () => {
    const mine = `${name}=${wire.postern.owner.session}`;
    expect((await askRaw(`${mine}; ${mine}`, mine)).text).toContain('"kind":"SESSION"');
  });
});

describe('an invalid cookie', () => {
  test('is ignored and deleted if its session has ended', async () => {
    const session = await wire.postern.signIn(wire.postern.owner.email);
    await wire.postern.post('mutation { signOut { signedOut } }', {}, session);
    const response = await send({ Origin: wire.origin }, session);
    expect(response.status).toBe(200);
    expect(response.headers.get('set-cookie')).toBe(deletion);
    expect(await codeIn(response)).toBe('UNAUTHENTICATED');
  });

  test('is ignored and deleted if it contains no session', async () => {
    const { secret } = await createPersonalToken(wire.postern, wire.postern.owner.session);
    for (const other of ['sesame', secret]) {
      const response = await send({ Origin: wire.origin }, other);
      expect(response.headers.get('set-cookie')).toBe(deletion);
      expect(await codeIn(response)).toBe('UNAUTHENTICATED');
    }
  });

  test('does not prevent signing in again', async () => {
    const { email, password } = wire.postern.owner;
    const headers = { Cookie: `${name}=sesame`, Origin: wire.origin };
    const response = await wire.post({ query: SIGN_IN, variables: { input: { email, password } } }, headers);
    expect(response.headers.get('set-cookie')).toMatch(new RegExp(`^${name}=ses_`));
  });
});
