import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { mutate } from '../support/channels.ts';
import { codeBlocks } from '../support/docs.ts';
import { startWire, type TestWire } from '../support/http.ts';
import { type Send, startNginx } from '../support/nginx.ts';
import { createPersonalToken, createWorkspaceToken, type IssuedToken } from '../support/tokens.ts';

let server: TestWire;
beforeEach(async () => {
  server = await startWire({ POSTERN_TRUST_PROXY: '1' });
  const { workspaceId, owner } = server.postern;
  const input = { workspaceId, name: 'repository', operations: ['READ', 'UPDATE', 'DELETE'] };
  await mutate(server.postern, 'registerEntityType', input, owner.session, 'entityType { name }');
});
afterEach(() => server.stop());

/** What reached the service behind the proxy. */
interface Reached {
  readonly method: string;
  readonly url: string;
  readonly headers: Record<string, string>;
  readonly body: string;
}

/** A service that answers with what it was asked; its port. */
async function startService(): Promise<number> {
  const service = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const { method, url, headers } = request;
    response.end(JSON.stringify({ method, url, headers, body: Buffer.concat(chunks).toString() }));
  }).listen(0, '127.0.0.1');
  await once(service, 'listening');
  onTestFinished(() => {
    service.closeAllConnections();
    service.close();
  });
  return (service.address() as AddressInfo).port;
}

/** nginx as docs/verify.md configures it, in front of a service. */
async function startProxy(): Promise<Send> {
  const [configuration = ''] = codeBlocks('verify.md', 'nginx');
  return startNginx(
    configuration
      .replace('127.0.0.1:4000', `127.0.0.1:${server.port}`)
      .replace('127.0.0.1:3000', `127.0.0.1:${await startService()}`)
      .replace(/wsp_[0-9a-f]{32}/, server.postern.workspaceId),
  );
}

function tokenFor(entityId: string, ...operations: string[]): Promise<IssuedToken> {
  const scopes = [
    { entityType: 'repository', entityId, workspaceId: server.postern.workspaceId, operations },
  ];
  return createPersonalToken(server.postern, server.postern.owner.session, { access: 'SCOPED', scopes });
}

const bearer = ({ secret }: IssuedToken) => ({ Authorization: `Bearer ${secret}` });

describe('a service behind nginx, configured as documented', () => {
  test('is reached by whom Postern lets through, and told who that is', async () => {
    const send = await startProxy();
    const token = await tokenFor('website', 'READ');
    const { status, body } = await send('/repositories/website', { headers: bearer(token) });
    expect(status).toBe(200);
    const { headers } = JSON.parse(body) as Reached;
    expect(headers).toMatchObject({
      'x-postern-principal': 'PERSONAL_TOKEN',
      'x-postern-user': server.postern.owner.id,
      'x-postern-email': server.postern.owner.email,
      'x-postern-token': token.id,
    });
    expect(headers).not.toHaveProperty('authorization');
  });

  test('is not reached without a credential: the client is asked for one', async () => {
    const send = await startProxy();
    const { status, headers, body } = await send('/repositories/website');
    expect([status, headers['www-authenticate']]).toEqual([401, 'Bearer realm="postern"']);
    expect(JSON.parse(body).errors[0].extensions).toEqual({ code: 'UNAUTHENTICATED' });
  });

  test('is not reached for another entity or operation: the client is told why', async () => {
    const send = await startProxy();
    const headers = bearer(await tokenFor('website', 'READ', 'UPDATE'));
    const to = async (path: string, method: string) => (await send(path, { method, headers })).status;
    expect(await to('/repositories/website', 'HEAD')).toBe(200);
    expect(await to('/repositories/website', 'PATCH')).toBe(200);
    expect(await to('/repositories/website', 'DELETE')).toBe(403);
    expect(await to('/repositories/other', 'GET')).toBe(403);
    expect(await to('/repositories/website', 'POST')).toBe(405);
    const refused = await send('/repositories/other', { headers });
    expect(refused.headers['www-authenticate']).toBe('Bearer realm="postern", error="insufficient_scope"');
    expect(JSON.parse(refused.body).errors[0].extensions).toEqual({
      code: 'FORBIDDEN',
      reason: 'MISSING_SCOPE',
      required: { operation: 'READ', entityType: 'repository', entityId: 'other' },
    });
  });

  test('never hears what a client claims to be', async () => {
    const send = await startProxy();
    const token = await createWorkspaceToken(server.postern, 'VIEWER');
    const claims = {
      ...bearer(token),
      'X-Postern-User': 'usr_forged',
      'X-Postern-Email': 'root@example.com',
      'X-Postern-Role': 'OWNER',
      'x-postern-principal': 'SESSION',
    };
    const { body } = await send('/repositories/website', { headers: claims });
    const { headers } = JSON.parse(body) as Reached;
    const told = Object.entries(headers).filter(([name]) => name.startsWith('x-postern-'));
    expect(Object.fromEntries(told)).toEqual({
      'x-postern-principal': 'WORKSPACE_TOKEN',
      'x-postern-token': token.id,
      'x-postern-workspace': server.postern.workspaceId,
      'x-postern-role': 'VIEWER',
    });
  });

  test('gets bodies whole, which Postern does not see', async () => {
    const send = await startProxy();
    const headers = bearer(await tokenFor('website', 'UPDATE'));
    const body = 'x'.repeat(300_000);
    const answer = await send('/repositories/website?a=b', { method: 'PUT', headers, body });
    expect(JSON.parse(answer.body)).toMatchObject({ method: 'PUT', url: '/repositories/website?a=b', body });
  });

  test('cannot be reached by a path that would say more in the question', async () => {
    const send = await startProxy();
    const headers = bearer(await tokenFor('website', 'READ'));
    for (const path of [
      '/repositories/other%26entityId=website',
      '/repositories/other&entityId=website',
      '/repositories/',
      '/_postern',
    ]) {
      expect([path, (await send(path, { headers })).status]).toEqual([path, 404]);
    }
  });

  test('is handed the very path that was asked about', async () => {
    const send = await startProxy();
    const headers = bearer(await tokenFor('website', 'READ'));
    const { body } = await send('/repositories/other%2F..%2Fwebsite?q=1', { headers });
    expect(JSON.parse(body)).toMatchObject({ url: '/repositories/website?q=1' });
  });

  test('is closed from the request after a revocation, and where Postern is gone', async () => {
    const send = await startProxy();
    const token = await tokenFor('website', 'READ');
    const headers = bearer(token);
    expect((await send('/repositories/website', { headers })).status).toBe(200);
    await mutate(
      server.postern,
      'revokeToken',
      { id: token.id },
      server.postern.owner.session,
      'token { id }',
    );
    const refused = await send('/repositories/website', { headers });
    expect([refused.status, JSON.parse(refused.body).errors[0].extensions.code]).toEqual([
      401,
      'TOKEN_REVOKED',
    ]);
    await server.stop();
    expect((await send('/repositories/website', { headers })).status).toBe(500);
    server = await startWire();
  });
});
