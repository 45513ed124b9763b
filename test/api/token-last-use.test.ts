import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { startTestApp, type TestApp } from '../support/app.ts';
import { mutate } from '../support/channels.ts';
import { createPersonalToken, createWorkspaceToken } from '../support/tokens.ts';

const SECOND = 1000;

let postern: TestApp;
beforeEach(async () => {
  postern = await startTestApp();
});
afterEach(() => postern.close());

/** Sends a document with a secret, from an address and with a user agent. */
function use(
  secret: string,
  query = '{ viewer { kind } }',
  address = '192.0.2.7',
  userAgent: string | null = 'deploy/1.0',
) {
  const headers: Record<string, string> = {
    'content-type': 'application/json',
    authorization: `Bearer ${secret}`,
  };
  if (userAgent) headers['user-agent'] = userAgent;
  const request = new Request('http://postern.test/graphql', {
    method: 'POST',
    headers,
    body: JSON.stringify({ query }),
  });
  return postern.fetch(request, address);
}

async function lastUseOf(id: string): Promise<unknown[]> {
  const query = 'query ($id: ID!) { token(id: $id) { lastUsedAt lastUsedIp lastUsedUserAgent } }';
  const { token } = (await postern.post(query, { id }, postern.owner.session)).data;
  return [token.lastUsedAt, token.lastUsedIp, token.lastUsedUserAgent];
}

const personal = (input: object = {}) => createPersonalToken(postern, postern.owner.session, input);
const now = () => new Date(postern.now()).toISOString();

describe('the last use of a token', () => {
  test('is null at first, and then the latest, with its address and user agent', async () => {
    const { id, secret } = await personal();
    expect(await lastUseOf(id)).toEqual([null, null, null]);
    await use(secret);
    expect(await lastUseOf(id)).toEqual([now(), '192.0.2.7', 'deploy/1.0']);
    postern.advance(SECOND);
    await use(secret, undefined, '2001:db8::1', null);
    expect(await lastUseOf(id)).toEqual([now(), '2001:db8::1', null]);
  });

  test('is recorded for workspace tokens too', async () => {
    const { id, secret } = await createWorkspaceToken(postern, 'VIEWER');
    await use(secret);
    expect(await lastUseOf(id)).toEqual([now(), '192.0.2.7', 'deploy/1.0']);
  });

  test('does not include refused requests, nor refused fields', async () => {
    const { id, secret } = await personal({ access: 'NONE' });
    await use(secret);
    await mutate(postern, 'updateToken', { id, access: 'SCOPED' }, postern.owner.session, '__typename');
    await use(secret, '{ workspaces { totalCount } }');
    await use(secret, 'mutation { signOut { signedOut } }');
    await mutate(postern, 'disableToken', { id }, postern.owner.session, '__typename');
    await use(secret);
    expect(await lastUseOf(id)).toEqual([null, null, null]);
  });

  test('does not change updatedAt', async () => {
    const { id, secret } = await personal();
    const created = now();
    postern.advance(SECOND);
    await use(secret);
    const { data } = await postern.post(
      'query ($id: ID!) { token(id: $id) { updatedAt } }',
      { id },
      postern.owner.session,
    );
    expect(data.token.updatedAt).toBe(created);
  });

  test('is unchanged by a regeneration, and separate for a derived token', async () => {
    const scopes = [{ entityType: 'token', operations: ['CREATE'] }];
    const { id, secret } = await personal({ access: 'SCOPED', scopes });
    const child = await createPersonalToken(postern, secret, { access: 'SCOPED', scopes: [] });
    const used = now();
    postern.advance(SECOND);
    await use(child.secret);
    expect((await lastUseOf(id))[0]).toBe(used);
    await mutate(postern, 'regenerateToken', { id }, postern.owner.session, '__typename');
    expect((await lastUseOf(id))[0]).toBe(used);
  });

  test('shows the user agent without a secret in it, in at most 256 characters', async () => {
    const { id, secret } = await personal();
    await use(secret, undefined, undefined, `curl ${secret} ${'x'.repeat(500)}`);
    const [, , userAgent] = await lastUseOf(id);
    expect(userAgent).toMatch(/^curl … x+$/);
    expect(String(userAgent).length).toBeLessThanOrEqual(256);
  });

  test('is stored on a clean stop, up to the last one', async () => {
    const { id, secret } = await personal();
    await use(secret);
    const { db } = postern.database;
    const uses = () =>
      db.selectFrom('credential_uses').select(['at', 'ip']).where('ip', '=', '192.0.2.7').execute();
    expect(await uses()).toEqual([]);
    await postern.app.services.lastUse.close();
    expect(await uses()).toEqual([{ at: postern.now(), ip: '192.0.2.7' }]);
    expect((await lastUseOf(id))[0]).toBe(now());
  });
});

test('a session has a last use too, which its user sees', async () => {
  const { session } = postern.owner;
  postern.advance(SECOND);
  await use(session);
  const { data } = await postern.post('{ viewer { sessions { current lastUsedAt } } }', {}, session);
  expect(data.viewer.sessions).toContainEqual({ current: true, lastUsedAt: now() });
});
