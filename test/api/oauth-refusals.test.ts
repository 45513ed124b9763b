import * as oauth from 'oauth4webapi';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { startTestApp, type TestApp } from '../support/app.ts';
import { mutate } from '../support/channels.ts';
import { stockClient } from '../support/oauth.ts';
import { createPersonalToken, createWorkspaceToken, unknownSecret } from '../support/tokens.ts';

let postern: TestApp;
beforeEach(async () => {
  postern = await startTestApp();
});
afterEach(() => postern.close());

const FORM = 'application/x-www-form-urlencoded';

/** Posts a body to an OAuth endpoint as it is; returns the status, the `error` and the challenge. */
async function send(path: string, body: BodyInit, secret: string | null, type = FORM): Promise<unknown[]> {
  const headers: Record<string, string> = { 'Content-Type': type };
  if (secret !== null) headers.Authorization = `Bearer ${secret}`;
  const response = await postern.fetch(
    new Request(`http://postern.test${path}`, { method: 'POST', headers, body }),
  );
  expect(response.headers.get('cache-control')).toBe('no-store');
  const text = await response.text();
  const { error } = text === '' ? {} : JSON.parse(text);
  return [response.status, error, response.headers.get('www-authenticate')];
}

const challenge = (error: string) => `Bearer realm="postern", error="${error}"`;

describe('introspection', () => {
  const introspect = (secret: string | null, body = 'token=x', type?: string) =>
    send('/oauth/introspect', body, secret, type);

  test('requires a credential', async () => {
    expect(await introspect(null)).toEqual([401, 'invalid_client', 'Bearer realm="postern"']);
  });

  test('refuses an invalid one, and a personal token', async () => {
    const personal = await createPersonalToken(postern, postern.owner.session);
    expect(await introspect('pat_nonsense')).toEqual([401, 'invalid_token', challenge('invalid_token')]);
    expect(await introspect(personal.secret)).toEqual([
      403,
      'insufficient_scope',
      challenge('insufficient_scope'),
    ]);
  });

  const basic = (user: string, password: string) => `Basic ${btoa(`${user}:${password}`)}`;

  async function byClient(headers: Record<string, string>, form: Record<string, string>): Promise<unknown[]> {
    const body = new URLSearchParams({ token: 'x', ...form });
    const request = new Request('http://postern.test/oauth/introspect', { method: 'POST', headers, body });
    const response = await postern.fetch(request);
    const { error, active } = (await response.json()) as { error?: string; active?: boolean };
    return [response.status, error ?? active, response.headers.get('www-authenticate')];
  }

  test('accepts a workspace token as an OAuth client, by Basic and in the form', async () => {
    const { secret } = await createWorkspaceToken(postern, 'VIEWER');
    const client = { client_id: 'a-service', client_secret: secret };
    expect(await byClient({ Authorization: basic('a-service', secret) }, {})).toEqual([200, false, null]);
    expect(await byClient({ authorization: basic('', secret).replace('B', 'b') }, {})).toEqual([
      200,
      false,
      null,
    ]);
    expect(await byClient({}, client)).toEqual([200, false, null]);
    expect(await byClient({ Authorization: basic('a', secret) }, client)).toEqual([
      400,
      'invalid_request',
      null,
    ]);
    const own = { Authorization: basic('a', secret), Origin: 'http://postern.test' };
    expect(await byClient(own, {})).toEqual([200, false, null]);
    expect(await byClient({ ...own, Origin: 'https://evil.example' }, {})).toEqual([
      403,
      'invalid_request',
      null,
    ]);
  });

  test('refuses invalid client credentials with the challenge of the scheme that was used', async () => {
    const { session } = postern.owner;
    const { secret } = await createWorkspaceToken(postern, 'VIEWER');
    const asked = 'Basic realm="postern"';
    for (const password of [session, 'nonsense', '', unknownSecret()]) {
      expect(await byClient({ Authorization: basic('a', password) }, {})).toEqual([
        401,
        'invalid_client',
        asked,
      ]);
    }
    expect(await byClient({ Authorization: basic(secret, '') }, {})).toEqual([401, 'invalid_client', asked]);
    expect(await byClient({ Authorization: 'Basic' }, {})).toMatchObject([
      400,
      'invalid_request',
      challenge('invalid_request'),
    ]);
    expect(await byClient({ Authorization: 'Basic %%%' }, {})).toMatchObject([
      400,
      'invalid_request',
      challenge('invalid_request'),
    ]);
    expect(await byClient({}, { client_secret: session })).toEqual([
      401,
      'invalid_client',
      challenge('invalid_token'),
    ]);
    const { secret: personal } = await createPersonalToken(postern, session);
    expect(await byClient({ Authorization: basic('a', personal) }, {})).toMatchObject([
      403,
      'insufficient_scope',
      challenge('insufficient_scope'),
    ]);
  });

  test('refuses a workspace token if the policy closes its own workspace to it', async () => {
    const { owner, workspaceId } = postern;
    const long = await createWorkspaceToken(postern, 'OWNER', { expires: { never: true } });
    await mutate(
      postern,
      'updateTokenPolicy',
      { workspaceId, maxLifetime: 'P1D' },
      owner.session,
      'workspace { id }',
    );
    expect(await introspect(long.secret)).toEqual([
      403,
      'insufficient_scope',
      challenge('insufficient_scope'),
    ]);
  });

  test('rejects a body that is not a form with one token', async () => {
    const { session } = postern.owner;
    expect(await introspect(session, '')).toEqual([400, 'invalid_request', null]);
    expect(await introspect(session, 'token=')).toEqual([400, 'invalid_request', null]);
    expect(await introspect(session, 'token=x&token=y')).toEqual([400, 'invalid_request', null]);
    expect(await introspect(session, '{"token":"x"}', 'application/json')).toEqual([
      415,
      'invalid_request',
      null,
    ]);
    expect(await introspect(session, `token=${'x'.repeat(200_000)}`)).toEqual([413, 'invalid_request', null]);
    expect(await introspect(session, 'token=x', `${FORM};charset=UTF-8`)).toEqual([200, undefined, null]);
  });

  test('reaches a stock client as an error that the client knows', async () => {
    const client = await stockClient(postern);
    await expect(client.introspect('x', null)).rejects.toThrow(oauth.WWWAuthenticateChallengeError);
    await expect(client.introspect('', postern.owner.session)).rejects.toThrow();
  });
});

describe('revocation', () => {
  const alive = async (secret: string) =>
    (await postern.post('{ viewer { kind } }', {}, secret)).status === 200;

  test('takes possession as proof, and revokes the token with all that derives from it', async () => {
    const client = await stockClient(postern);
    const { owner } = postern;
    const scopes = [{ entityType: 'token', operations: ['CREATE', 'READ'] }];
    const parent = await createPersonalToken(postern, owner.session, { access: 'SCOPED', scopes });
    const child = await createPersonalToken(postern, parent.secret, { access: 'SCOPED', scopes: [] });
    const other = await createPersonalToken(postern, owner.session);
    await client.revoke(parent.secret);
    expect([await alive(parent.secret), await alive(child.secret), await alive(other.secret)]).toEqual([
      false,
      false,
      true,
    ]);
  });

  test('reach a confidential client of a stock library, by both methods that the metadata names', async () => {
    const client = await stockClient(postern);
    const { secret } = await createWorkspaceToken(postern, 'VIEWER');
    const token = await createPersonalToken(postern, postern.owner.session, { access: 'FULL' });
    for (const auth of [oauth.ClientSecretBasic(secret), oauth.ClientSecretPost(secret)]) {
      expect(await client.introspectAs(token.secret, auth)).toMatchObject({
        active: true,
        client_id: token.id,
      });
    }
    await client.revoke(token.secret, oauth.ClientSecretBasic(secret));
    expect(await client.introspect(token.secret, secret)).toEqual({ active: false });
    await client.revoke(secret, oauth.ClientSecretPost(secret));
  });

  test('revokes workspace tokens and sessions too', async () => {
    const client = await stockClient(postern);
    const token = await createWorkspaceToken(postern, 'OWNER');
    const session = await postern.signIn(postern.owner.email);
    await client.revoke(token.secret);
    await client.revoke(session);
    expect([await alive(token.secret), await alive(session), await alive(postern.owner.session)]).toEqual([
      false,
      false,
      true,
    ]);
  });

  test('appears in the audit log of the owner, without an actor', async () => {
    const client = await stockClient(postern);
    const { owner } = postern;
    const token = await createPersonalToken(postern, owner.session);
    await client.revoke(token.secret);
    const query =
      '{ viewer { auditEvents(first: 1) { nodes { action targetId actorKind actor { id } detail } } } }';
    const { data } = await postern.post(query, {}, owner.session);
    expect(data.viewer.auditEvents.nodes).toEqual([
      {
        action: 'token.revoked',
        targetId: token.id,
        actorKind: null,
        actor: null,
        detail: { name: 'personal', identifier: expect.any(String), by: 'oauth-revocation' },
      },
    ]);
  });

  test('succeeds for a string that is no valid secret, as RFC 7009 requires', async () => {
    const never = unknownSecret();
    const revoked = await createPersonalToken(postern, postern.owner.session);
    const body = new URLSearchParams({
      token: revoked.secret,
      token_type_hint: 'refresh_token',
      client_id: 'any',
    });
    expect(await send('/oauth/revoke', body, null)).toEqual([200, undefined, null]);
    for (const token of [revoked.secret, never, 'nonsense']) {
      expect(await send('/oauth/revoke', `token=${token}`, null)).toEqual([200, undefined, null]);
    }
  });

  test('rejects a request without a token', async () => {
    expect(await send('/oauth/revoke', '', null)).toEqual([400, 'invalid_request', null]);
    const response = await postern.fetch(new Request('http://postern.test/oauth/revoke'));
    expect([response.status, response.headers.get('allow')]).toEqual([405, 'POST']);
  });

  test('limits the guesses of one address', async () => {
    await postern.close();
    postern = await startTestApp({ POSTERN_REFUSALS_PER_MINUTE: '2' });
    const never = `token=${unknownSecret()}`;
    const responses = [];
    for (const _ of [1, 2, 3]) responses.push(await send('/oauth/revoke', never, null));
    expect(responses.map(([status, error]) => [status, error])).toEqual([
      [200, undefined],
      [200, undefined],
      [429, 'temporarily_unavailable'],
    ]);
  });
});

describe('the metadata', () => {
  test('names the endpoints, at the address of the request', async () => {
    expect((await stockClient(postern)).server).toEqual({
      issuer: 'http://postern.test',
      response_types_supported: [],
      grant_types_supported: [
        'urn:ietf:params:oauth:grant-type:device_code',
        'urn:ietf:params:oauth:grant-type:token-exchange',
      ],
      device_authorization_endpoint: 'http://postern.test/oauth/device_authorization',
      token_endpoint: 'http://postern.test/oauth/token',
      token_endpoint_auth_methods_supported: ['none'],
      introspection_endpoint: 'http://postern.test/oauth/introspect',
      introspection_endpoint_auth_methods_supported: ['Bearer', 'client_secret_basic', 'client_secret_post'],
      revocation_endpoint: 'http://postern.test/oauth/revoke',
      revocation_endpoint_auth_methods_supported: ['none', 'client_secret_basic', 'client_secret_post'],
    });
  });

  test('has the configured public URL', async () => {
    await postern.close();
    postern = await startTestApp({ POSTERN_PUBLIC_URL: 'https://tokens.example' });
    const request = new Request('http://internal:4000/.well-known/oauth-authorization-server');
    const metadata = await (await postern.fetch(request)).json();
    expect(metadata).toMatchObject({
      issuer: 'https://tokens.example',
      introspection_endpoint: 'https://tokens.example/oauth/introspect',
    });
  });
});
