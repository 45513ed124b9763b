import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { CHUNK } from '../../src/services/transactions/chunk.ts';
import { startTestApp, type TestApp } from '../support/app.ts';
import { mutate } from '../support/channels.ts';
import { stockClient } from '../support/oauth.ts';
import { authOutcome, badPathsIn, refusalIn } from '../support/responses.ts';
import { createWorkspaceToken, type IssuedToken } from '../support/tokens.ts';
import { verify } from '../support/verify.ts';

const READ_CHANNELS = [{ entityType: 'channel', operations: ['READ', 'LIST'] }];
const ACME = { access: 'SCOPED', scopes: READ_CHANNELS, subject: 'acme', metadata: { plan: 'pro' } };

const LIST = { operation: 'list', entityType: 'channel', any: 'true' };

let postern: TestApp;
beforeEach(async () => {
  postern = await startTestApp();
});
afterEach(() => postern.close());

const key = (input: object = {}, by: string = postern.owner.session): Promise<IssuedToken> =>
  createWorkspaceToken(postern, 'TEAM_MEMBER', { ...ACME, ...input }, by);

const create = (input: object, by: string = postern.owner.session) =>
  mutate(
    postern,
    'createWorkspaceToken',
    { workspaceId: postern.workspaceId, name: 'key', role: 'VIEWER', ...input },
    by,
    'secret token { id access subject metadata scopes { workspaceId operations } parent { id } issuedBy { id } expiresAt }',
  );

const endSubject = (subject: string, by: string = postern.owner.session) =>
  mutate(postern, 'endSubject', { workspaceId: postern.workspaceId, subject }, by, 'revokedCount');

const revokeIssuedBy = (tokenId: string, since?: number, by: string = postern.owner.session) =>
  mutate(
    postern,
    'revokeIssuedBy',
    { tokenId, since: since === undefined ? undefined : new Date(since).toISOString() },
    by,
    'revokedCount',
  );

const outcome = async ({ secret }: { secret: string }) => authOutcome(postern, secret);

async function tokens(filter: object, by: string = postern.owner.session): Promise<string[]> {
  const query =
    'query ($id: ID!, $filter: TokenFilter) { workspace(id: $id) { tokens(filter: $filter) { nodes { id } } } }';
  const { data } = await postern.post(query, { id: postern.workspaceId, filter }, by);
  return data.workspace.tokens.nodes.map(({ id }: { id: string }) => id);
}

describe('a key for a customer', () => {
  test('has a subject and metadata, and only its scopes', async () => {
    const manager = await postern.person('manager', 'WORKSPACE_MANAGER');
    const { data } = await create(ACME, manager.session);
    expect(data.createWorkspaceToken.token).toMatchObject({
      access: 'SCOPED',
      subject: 'acme',
      metadata: { plan: 'pro' },
      scopes: [{ workspaceId: postern.workspaceId, operations: ['READ', 'LIST'] }],
      parent: null,
      issuedBy: null,
    });
  });

  test('is verified with its subject, percent-encoded, and without its metadata', async () => {
    const { secret } = await key({ subject: 'Müller & Söhne' });
    const response = await verify(postern, secret, LIST);
    expect(response.status).toBe(204);
    expect(response.headers.get('x-postern-subject')).toBe('M%C3%BCller%20%26%20S%C3%B6hne');
    expect(JSON.stringify([...response.headers])).not.toContain('pro');
    expect((await verify(postern, secret, { ...LIST, operation: 'publish' })).status).toBe(403);
  });

  test('is introspected with its subject and metadata', async () => {
    const { secret } = await key();
    const { secret: service } = await createWorkspaceToken(postern, 'VIEWER');
    expect(await (await stockClient(postern)).introspect(secret, service)).toMatchObject({
      active: true,
      sub: 'acme',
      scope: 'channel:read channel:list',
      postern: { subject: 'acme', metadata: { plan: 'pro' }, access: 'SCOPED' },
    });
  });

  test('is refused what requires a role, even with the role Owner', async () => {
    const { secret } = await createWorkspaceToken(postern, 'OWNER', ACME);
    const refused = await mutate(
      postern,
      'updateWorkspace',
      { id: postern.workspaceId, name: 'x' },
      secret,
      '__typename',
    );
    expect(refusalIn(refused)).toBe('ROLE_GATED');
    const query = 'query ($id: ID!) { workspace(id: $id) { tokens { totalCount } } }';
    const reader = { ...ACME, scopes: [{ entityType: 'workspace', operations: ['READ'] }] };
    const { secret: ofReader } = await createWorkspaceToken(postern, 'OWNER', reader);
    expect(refusalIn(await postern.post(query, { id: postern.workspaceId }, ofReader))).toBe('ROLE_GATED');
    const response = await postern.fetch(introspection(secret, secret));
    expect(response.status).toBe(403);
  });

  test('reads itself, but not the token that issued it or derived it', async () => {
    const service = await createWorkspaceToken(postern, 'WORKSPACE_MANAGER');
    const issued = await key({}, service.secret);
    const derived = await key({ subject: undefined }, service.secret);
    const query = '{ viewer { token { subject issuedBy { id } parent { id } } } }';
    for (const { secret } of [issued, derived]) {
      const { data } = await postern.post(query, {}, secret);
      expect(data.viewer.token).toMatchObject({ issuedBy: null, parent: null });
    }
  });

  const introspection = (by: string, token: string) =>
    new Request('http://postern.test/oauth/introspect', {
      method: 'POST',
      headers: { authorization: `Bearer ${by}`, 'content-type': 'application/x-www-form-urlencoded' },
      body: new URLSearchParams({ token }),
    });

  test.each([
    [{ access: 'NONE' }, 'input.access'],
    [{ access: 'FULL' }, 'input.access'],
    [{ access: 'SCOPED' }, 'input.scopes'],
    [{ access: 'ROLE', scopes: [] }, 'input.scopes'],
    [{ subject: '' }, 'input.subject'],
    [{ subject: ' \t' }, 'input.subject'],
    [{ subject: 'a\u0007b' }, 'input.subject'],
    [{ subject: 'a\u202Eb' }, 'input.subject'],
    [{ subject: 'x'.repeat(201) }, 'input.subject'],
    [{ metadata: { x: 'y'.repeat(4096) } }, 'input.metadata'],
    [{ metadata: { a: { b: { c: { d: { e: { f: { g: { h: {} } } } } } } } } }, 'input.metadata'],
    [{ metadata: JSON.parse('{"a":{"__proto__":1}}') }, 'input.metadata'],
    [
      { access: 'SCOPED', scopes: [{ entityType: 'token', operations: ['READ'] }] },
      'input.scopes.0.entityType',
    ],
  ])('refuses %j', async (input, path) => {
    expect(badPathsIn(await create(input))).toEqual([path]);
  });

  test('refuses scopes outside its workspace', async () => {
    const elsewhere = await postern.workspace('Elsewhere', [[postern.owner, 'OWNER']]);
    const scopes = [{ ...READ_CHANNELS[0], workspaceId: elsewhere }];
    expect(badPathsIn(await create({ ...ACME, scopes }))).toEqual(['input.scopes.0.workspaceId']);
  });

  test('changes its subject, metadata and access, but a personal token has none of them', async () => {
    const { id, secret } = await key();
    const update = (input: object) =>
      mutate(
        postern,
        'updateToken',
        { id, ...input },
        postern.owner.session,
        'token { subject metadata access scopes { id } }',
      );
    const { data } = await update({ subject: 'globex', metadata: null });
    expect(data.updateToken.token).toMatchObject({ subject: 'globex', metadata: null, access: 'SCOPED' });
    expect((await verify(postern, secret)).headers.get('x-postern-subject')).toBe('globex');
    expect((await update({ access: 'ROLE' })).data.updateToken.token).toMatchObject({
      access: 'ROLE',
      scopes: [],
    });
    expect(badPathsIn(await update({ access: 'FULL' }))).toEqual(['input.access']);
  });
});

describe('a key that a service issues', () => {
  test('belongs to the workspace, outlives its maker, and does not exceed it', async () => {
    const service = await createWorkspaceToken(postern, 'WORKSPACE_MANAGER', { expires: { after: 'PT1H' } });
    const { data } = await create({ ...ACME, expires: { after: 'P300D' } }, service.secret);
    const { token, secret } = data.createWorkspaceToken;
    expect(token).toMatchObject({ parent: null, issuedBy: { id: service.id } });
    expect(refusalIn(await create({ ...ACME, role: 'OWNER' }, service.secret))).toBe('EXCEEDS_CALLER');
    postern.advance(2 * 3_600_000);
    expect(await outcome(service)).toBe('TOKEN_EXPIRED');
    expect(await outcome({ secret })).toBe('OK');
  });

  test('derives as before without a subject or without scopes', async () => {
    const service = await createWorkspaceToken(postern, 'ADMINISTRATOR');
    for (const input of [{ access: 'SCOPED', scopes: READ_CHANNELS }, { subject: 'acme' }]) {
      const { data } = await create(input, service.secret);
      expect(data.createWorkspaceToken.token).toMatchObject({ parent: { id: service.id }, issuedBy: null });
    }
  });

  test('cannot be widened or enabled by its maker, only stopped and renamed', async () => {
    const service = await createWorkspaceToken(postern, 'ADMINISTRATOR');
    const { id } = await key({}, service.secret);
    const change = (field: string, input: object) =>
      mutate(postern, field, { id, ...input }, service.secret, '__typename');
    for (const input of [
      { subject: 'x' },
      { metadata: null },
      { scopes: [] },
      { access: 'ROLE' },
      { role: 'VIEWER' },
    ]) {
      expect(refusalIn(await change('updateToken', input))).toBe('EXCEEDS_CALLER');
    }
    expect(refusalIn(await change('addTokenScopes', { scopes: READ_CHANNELS }))).toBe('EXCEEDS_CALLER');
    expect((await change('updateToken', { name: 'renamed' })).errors).toEqual([]);
    expect((await change('disableToken', {})).errors).toEqual([]);
    expect(refusalIn(await change('enableToken', {}))).toBe('EXCEEDS_CALLER');
  });

  test('has its own limits, and not those of its issuer, which restrict the requests of the issuer', async () => {
    const limits = { networks: ['127.0.0.1'], uses: 1 };
    const backend = await createWorkspaceToken(postern, 'WORKSPACE_MANAGER', { limits });
    const issued = await key({ limits: { uses: 5 } }, backend.secret);
    const { data } = await postern.post(
      'query ($id: ID!) { token(id: $id) { limits { networks uses usesLeft } } }',
      { id: issued.id },
      postern.owner.session,
    );
    expect(data.token.limits).toEqual({ networks: null, uses: 5, usesLeft: 5 });
    await expect(key({}, backend.secret)).rejects.toThrow('TOKEN_USED_UP');
    expect((await verify(postern, issued.secret, LIST)).status).toBe(204);
  });

  test('survives a leak of its maker, is listed, and those made since end in one call', async () => {
    const service = await createWorkspaceToken(postern, 'ADMINISTRATOR');
    const before = await key({}, service.secret);
    postern.advance(60_000);
    const since = postern.now();
    const after = await key({}, service.secret);
    const child = await createWorkspaceToken(postern, 'ADMINISTRATOR', {}, service.secret);
    const byChild = await key({ subject: 'globex' }, child.secret);
    await mutate(postern, 'deleteToken', { id: child.id }, service.secret, '__typename');

    await mutate(postern, 'reportLeakedSecrets', { secrets: [service.secret] }, null, 'received');
    expect(await outcome(service)).toBe('TOKEN_REVOKED');
    for (const token of [before, after, byChild]) expect(await outcome(token)).toBe('OK');
    expect(await tokens({ issuedBy: service.id })).toEqual(
      expect.arrayContaining([before.id, after.id, byChild.id]),
    );
    const { data } = await postern.post(
      'query ($id: ID!) { token(id: $id) { auditEvents(first: 1) { nodes { action detail } } } }',
      { id: service.id },
      postern.owner.session,
    );
    expect(data.token.auditEvents.nodes[0]).toMatchObject({
      action: 'token.revoked',
      detail: { by: 'leak-report', issuedTokens: 3 },
    });

    expect((await revokeIssuedBy(service.id, since)).data.revokeIssuedBy.revokedCount).toBe(2);
    expect(await outcome(before)).toBe('OK');
    for (const token of [after, byChild]) expect(await outcome(token)).toBe('TOKEN_REVOKED');
    expect((await revokeIssuedBy(service.id)).data.revokeIssuedBy.revokedCount).toBe(1);
    expect((await revokeIssuedBy(service.id)).data.revokeIssuedBy.revokedCount).toBe(0);
  });

  test('is ended in more than one transaction if there are many', async () => {
    await postern.close();
    postern = await startTestApp();
    const service = await createWorkspaceToken(postern, 'ADMINISTRATOR');
    const many = CHUNK + 3;
    for (let made = 0; made < many; made += 1) await key({}, service.secret);
    expect((await revokeIssuedBy(service.id)).data.revokeIssuedBy.revokedCount).toBe(many);
    expect(await tokens({ subject: 'acme', status: ['ACTIVE'] })).toEqual([]);
  });

  test('is not ended by an Administrator of another workspace', async () => {
    const stranger = await postern.person('stranger');
    const service = await createWorkspaceToken(postern, 'ADMINISTRATOR');
    const issued = await key({}, service.secret);
    await postern.workspace('Elsewhere', [[stranger, 'OWNER']]);
    expect((await revokeIssuedBy(service.id, undefined, stranger.session)).code).toBe('NOT_FOUND');
    expect(await outcome(issued)).toBe('OK');
  });
});

describe('a subject', () => {
  test('is found in lists and summaries', async () => {
    const acme = await key();
    await key({ subject: 'globex' });
    expect(await tokens({ subject: 'acme' })).toEqual([acme.id]);
    const { data } = await postern.post(
      'query ($id: ID!) { workspace(id: $id) { all: tokenSummary { total } acme: tokenSummary(subject: "acme") { total active } } }',
      { id: postern.workspaceId },
      postern.owner.session,
    );
    expect(data.workspace).toEqual({ all: { total: 2 }, acme: { total: 1, active: 1 } });
  });

  test('is ended as a whole: every token is revoked, disabled ones too, and counted', async () => {
    const [first, second, other] = [await key(), await key(), await key({ subject: 'globex' })];
    await mutate(postern, 'disableToken', { id: second.id }, postern.owner.session, '__typename');
    expect((await endSubject('acme')).data.endSubject.revokedCount).toBe(2);
    for (const token of [first, second]) expect(await outcome(token)).toBe('TOKEN_REVOKED');
    expect(await outcome(other)).toBe('OK');
    expect((await endSubject('acme')).data.endSubject.revokedCount).toBe(0);
  });

  test('is not ended at all by a caller whose role is below that of one of its tokens', async () => {
    const administrator = await postern.person('administrator', 'ADMINISTRATOR');
    const low = await key();
    await createWorkspaceToken(postern, 'OWNER', ACME);
    const refused = await endSubject('acme', administrator.session);
    expect(refusalIn(refused)).toBe('ROLE_REQUIRED');
    expect(refused.errors[0]?.extensions.required).toEqual({ role: 'OWNER' });
    expect(await outcome(low)).toBe('OK');
  });

  test('is ended by a service with the role, and not by a manager or a key', async () => {
    const service = await createWorkspaceToken(postern, 'ADMINISTRATOR');
    const manager = await postern.person('manager', 'WORKSPACE_MANAGER');
    const issued = await key({}, service.secret);
    expect(refusalIn(await endSubject('acme', manager.session))).toBe('ROLE_REQUIRED');
    expect(refusalIn(await endSubject('acme', issued.secret))).toBe('ROLE_GATED');
    expect((await endSubject('acme', service.secret)).data.endSubject.revokedCount).toBe(1);
  });
});
