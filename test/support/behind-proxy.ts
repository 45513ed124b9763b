import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { mutate } from './channels.ts';
import { codeBlocks } from './docs.ts';
import { startWire, type TestWire } from './http.ts';
import { declared } from './operations.ts';
import { type Reached, type Send, startEcho } from './proxied.ts';
import { createPersonalToken, createWorkspaceToken, type IssuedToken } from './tokens.ts';

/** A proxy with its configuration from docs/verify.md. */
export interface PublishedProxy {
  readonly name: string;
  /** The language of the code block. */
  readonly language: string;
  start(configuration: string): Promise<Send>;
  /** What it responds with while Postern cannot be reached. */
  readonly withoutPostern: number;
}

const OPERATIONS = ['CREATE', 'READ', 'UPDATE', 'DELETE'];

/** Names under which a client can send a header that a service takes for one of Postern's. */
const ALIASES = [
  'X-Postern-User',
  'x-postern-user',
  'X_postern_user',
  'x-postern_user',
  'X_POSTERN-USER',
  'X.Postern.User',
  'X~Postern~User',
];

const bearer = ({ secret }: IssuedToken) => ({ Authorization: `Bearer ${secret}` });
const reached = ({ body }: { body: string }) => JSON.parse(body) as Reached;

/** Every header name that a service which normalizes names reads as one of Postern's. */
function identityIn({ headers }: Reached): Record<string, string> {
  const entries = Object.entries(headers).map(([name, value]) => [name.replace(/[^a-z0-9]/g, '-'), value]);
  return Object.fromEntries(entries.filter(([name]) => name?.startsWith('x-postern-')));
}

/** Tests what a service behind any proxy relies on, with the published configuration and the real program. */
export function testPublishedProxy(proxy: PublishedProxy): void {
  let server: TestWire;
  beforeEach(async () => {
    server = await startWire({ POSTERN_TRUST_PROXY: '1' });
    const { workspaceId, owner } = server.postern;
    const input = { workspaceId, name: 'repository', operations: declared(...OPERATIONS) };
    await mutate(server.postern, 'registerEntityType', input, owner.session, 'entityType { name }');
  });
  afterEach(() => server.stop());

  async function startProxy(): Promise<Send> {
    const [configuration = ''] = codeBlocks('verify.md', proxy.language);
    return proxy.start(
      configuration
        .replace('127.0.0.1:4000', `127.0.0.1:${server.port}`)
        .replace('127.0.0.1:3000', `127.0.0.1:${await startEcho()}`)
        .replace(/wsp_[0-9a-f]{32}/, server.postern.workspaceId),
    );
  }

  function tokenFor(entityId: string, ...operations: string[]): Promise<IssuedToken> {
    const { workspaceId, owner } = server.postern;
    const scopes = [{ entityType: 'repository', entityId, workspaceId, operations }];
    return createPersonalToken(server.postern, owner.session, { access: 'SCOPED', scopes });
  }

  describe(`a service behind ${proxy.name}, configured as documented`, () => {
    test('receives the requests that Postern allows, and the identity of the caller', async () => {
      const send = await startProxy();
      const token = await tokenFor('website', 'READ');
      const answer = await send('/repositories/website', { headers: bearer(token) });
      expect(answer.status).toBe(200);
      expect(identityIn(reached(answer))).toEqual({
        'x-postern-principal': 'PERSONAL_TOKEN',
        'x-postern-user': server.postern.owner.id,
        'x-postern-email': server.postern.owner.email,
        'x-postern-token': token.id,
      });
      expect(reached(answer).headers).not.toHaveProperty('authorization');
    });

    test('receives no request without a credential: the client gets a challenge', async () => {
      const send = await startProxy();
      const { status, headers, body } = await send('/repositories/website');
      expect([status, headers['www-authenticate']]).toEqual([401, 'Bearer realm="postern"']);
      expect(JSON.parse(body).errors[0].extensions).toEqual({ code: 'UNAUTHENTICATED' });
    });

    test('receives each method only from a token that can do what the method means', async () => {
      const send = await startProxy();
      const METHODS = {
        GET: 'READ',
        HEAD: 'READ',
        POST: 'CREATE',
        PUT: 'UPDATE',
        PATCH: 'UPDATE',
        DELETE: 'DELETE',
      };
      for (const operation of OPERATIONS) {
        const headers = bearer(await tokenFor('website', operation));
        for (const [method, wanted] of Object.entries(METHODS)) {
          const { status } = await send('/repositories/website', { method, headers });
          expect([operation, method, status]).toEqual([operation, method, operation === wanted ? 200 : 403]);
        }
      }
      const all = bearer(await tokenFor('website', ...OPERATIONS));
      for (const method of ['OPTIONS', 'PROPFIND', 'TRACE'])
        expect([method, (await send('/repositories/website', { method, headers: all })).status]).toEqual([
          method,
          405,
        ]);
    });

    test('receives no request for another entity: the client gets the reason', async () => {
      const send = await startProxy();
      const refused = await send('/repositories/other', {
        headers: bearer(await tokenFor('website', 'READ')),
      });
      expect(refused.status).toBe(403);
      expect(refused.headers['www-authenticate']).toBe('Bearer realm="postern", error="insufficient_scope"');
      expect(JSON.parse(refused.body).errors[0].extensions).toEqual({
        code: 'FORBIDDEN',
        reason: 'MISSING_SCOPE',
        required: { operation: 'READ', entityType: 'repository', entityId: 'other' },
      });
    });

    test('never receives identity headers that a client sends, by any name', async () => {
      const send = await startProxy();
      const token = await createWorkspaceToken(server.postern, 'VIEWER');
      const claims = Object.fromEntries(ALIASES.map((name) => [name, 'usr_forged']));
      const forged = { 'X-Postern-Role': 'OWNER', X_Postern_Role: 'OWNER', 'X-Postern-Subject': 'acme' };
      const headers = { ...bearer(token), ...claims, ...forged };
      expect(identityIn(reached(await send('/repositories/website', { headers })))).toEqual({
        'x-postern-principal': 'WORKSPACE_TOKEN',
        'x-postern-token': token.id,
        'x-postern-workspace': server.postern.workspaceId,
        'x-postern-role': 'VIEWER',
      });
    });

    test('receives the identity although the client asks the proxy to drop those headers', async () => {
      const send = await startProxy();
      const names = ['X-Postern-User', 'X-Postern-Principal', 'X-Postern-Token'];
      for (const connection of [names.join(', '), `close, ${names.join(',')}`, `keep-alive, ${names[0]}`]) {
        const headers = { ...bearer(await tokenFor('website', 'READ')), Connection: connection };
        const identity = identityIn(reached(await send('/repositories/website', { headers })));
        expect(Object.keys(identity)).toEqual(
          expect.arrayContaining(names.map((name) => name.toLowerCase())),
        );
      }
    });

    test('never receives a header that makes it act on another path or method than the one that was checked', async () => {
      const send = await startProxy();
      const others = {
        'X-HTTP-Method': 'DELETE',
        'X-HTTP-Method-Override': 'DELETE',
        'X-Method-Override': 'DELETE',
        X_HTTP_Method_Override: 'DELETE',
        'X-Original-URL': '/repositories/other',
        'X-Rewrite-URL': '/repositories/other',
      };
      const headers = { ...bearer(await tokenFor('website', 'READ')), ...others };
      const answer = reached(await send('/repositories/website', { headers }));
      expect(answer).toMatchObject({ method: 'GET', url: '/repositories/website' });
      expect(Object.keys(answer.headers).filter((name) => /method|original|rewrite/.test(name))).toEqual([]);
    });

    test('receives whole bodies, which Postern does not see', async () => {
      const send = await startProxy();
      const headers = bearer(await tokenFor('website', 'UPDATE'));
      const body = 'x'.repeat(300_000);
      const answer = await send('/repositories/website?a=b', { method: 'PUT', headers, body });
      expect(reached(answer)).toMatchObject({ method: 'PUT', url: '/repositories/website?a=b', body });
    });

    test('receives what its own check allows, also after requests with a body that the check does not read', async () => {
      const send = await startProxy();
      const headers = bearer(await tokenFor('website', 'UPDATE'));
      for (const length of [1, 20, 200, 2000]) {
        const put = await send('/repositories/website', { method: 'PUT', headers, body: 'x'.repeat(length) });
        expect([length, put.status]).toEqual([length, 200]);
        const refused = await send('/repositories/other', {
          method: 'PUT',
          headers,
          body: 'x'.repeat(length),
        });
        expect([length, refused.status]).toEqual([length, 403]);
        expect(JSON.parse(refused.body).errors[0].extensions.reason).toBe('MISSING_SCOPE');
      }
    });

    test('receives exactly the entity that was checked, or nothing, for every spelling of the path', async () => {
      const send = await startProxy();
      const headers = bearer(await tokenFor('website', 'READ'));
      const SPELLINGS = [
        '/repositories/other%2F..%2Fwebsite',
        '/repositories/other/../website',
        '/repositories/./website',
        '//repositories//website',
        '/repositories/web%73ite',
        '/%72epositories/website',
        '/repositories/website/../other',
        '/repositories/website%2F..%2Fother',
        '/repositories/website/..;/other',
        '/repositories/..;/website',
        '/repositories/website;id=other',
        '/repositories/website%3Fother',
        '/repositories/website%00',
        '/repositories/website%20',
        '/repositories/website%5C..%5Cother',
        '/repositories/web%2573ite',
        '/repositories/website/',
        '/repositories/website/more',
        '/repositories/',
        '/repositories/..',
        '/repositories/.',
        '/Repositories/website',
        '/repositories/other%26entityId=website',
        '/repositories/other&entityId=website',
        '/repositories/*',
        '/_postern',
        '/verify',
      ];
      for (const path of SPELLINGS) {
        const answer = await send(`${path}?q=1`, { headers });
        if (answer.status === 200)
          expect([path, reached(answer).url]).toEqual([path, '/repositories/website?q=1']);
        else expect([path, [400, 403, 404]]).toEqual([path, expect.arrayContaining([answer.status])]);
      }
      expect((await send('/repositories/website', { headers })).status).toBe(200);
    });

    test('receives requests whose cookies are larger than what Postern reads, and Postern sees who sent them', async () => {
      const send = await startProxy();
      const token = await tokenFor('website', 'READ');
      const large = {
        Cookie: 'c'.repeat(8000),
        Referer: 'r'.repeat(8000),
        'Accept-Language': 'l'.repeat(600),
      };
      const headers = { ...bearer(token), ...large, 'User-Agent': 'browser/1' };
      const answer = await send('/repositories/website', { headers });
      expect([answer.status, reached(answer).headers.cookie]).toEqual([200, large.Cookie]);
      const other = await send('/repositories/other', { headers });
      expect([other.status, JSON.parse(other.body).errors[0].extensions.reason]).toEqual([
        403,
        'MISSING_SCOPE',
      ]);
      const anonymous = await send('/repositories/website', { headers: large });
      expect([anonymous.status, anonymous.headers['www-authenticate']]).toEqual([
        401,
        'Bearer realm="postern"',
      ]);
      const query = 'query ($id: ID!) { token(id: $id) { lastUsedIp lastUsedUserAgent } }';
      const { data } = await server.postern.post(query, { id: token.id }, server.postern.owner.session);
      expect(data.token).toEqual({ lastUsedIp: expect.any(String), lastUsedUserAgent: 'browser/1' });
    });

    test('receives no request after a revocation, or while Postern cannot be reached', async () => {
      const send = await startProxy();
      const token = await tokenFor('website', 'READ');
      const headers = bearer(token);
      expect((await send('/repositories/website', { headers })).status).toBe(200);
      const { session } = server.postern.owner;
      await mutate(server.postern, 'revokeToken', { id: token.id }, session, 'token { id }');
      const { status, body } = await send('/repositories/website', { headers });
      expect([status, JSON.parse(body).errors[0].extensions.code]).toEqual([401, 'TOKEN_REVOKED']);
      await server.stop();
      expect((await send('/repositories/website', { headers })).status).toBe(proxy.withoutPostern);
      server = await startWire();
    });
  });
}
