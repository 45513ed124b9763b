import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createApp } from '../../src/app.ts';
import { readConfig } from '../../src/config.ts';
import { HOUR } from '../../src/domain/duration.ts';
import { createLogger } from '../../src/platform/logger.ts';
import { type Answer, startTestApp, type TestApp } from '../support/app.ts';
import { mutate } from '../support/channels.ts';
import { fetchFrom } from '../support/fetch.ts';
import { createPersonalToken, createWorkspaceToken, unknownSecret } from '../support/tokens.ts';

let postern: TestApp;
beforeEach(async () => {
  postern = await startTestApp();
});
afterEach(() => postern.close());

const REPORT =
  'mutation ($secrets: [String!]!) { reportLeakedSecrets(input: { secrets: $secrets }) { received } }';
const STATUS = 'query ($id: ID!) { token(id: $id) { status } }';

const reportByGraphQL = (secrets: string[], by: string | null = null): Promise<Answer> =>
  postern.post(REPORT, { secrets }, by);

async function reportByHttp(
  body: unknown,
  init: RequestInit = {},
  address?: string,
): Promise<{ status: number; json: any }> {
  const headers = { 'Content-Type': 'application/json', 'User-Agent': 'scanner/1' };
  const request = { method: 'POST', headers, body: JSON.stringify(body), ...init };
  const response = await postern.fetch(new Request('http://postern.test/leaks', request), address);
  return { status: response.status, json: await response.json() };
}

async function alive(secret: string): Promise<boolean> {
  return (await postern.post('{ viewer { kind } }', {}, secret)).status === 200;
}

describe.each([
  [
    'reportLeakedSecrets',
    async (secrets: string[]) => (await reportByGraphQL(secrets)).data.reportLeakedSecrets,
  ],
  ['POST /leaks with an array', async (secrets: string[]) => (await reportByHttp(secrets)).json],
  ['POST /leaks with an object', async (secrets: string[]) => (await reportByHttp({ secrets })).json],
])('%s', (_, report) => {
  test('revokes valid secrets of every kind, and returns the number of reported strings', async () => {
    const { owner, workspaceId } = postern;
    const personal = await createPersonalToken(postern, owner.session);
    const ofWorkspace = await createWorkspaceToken(postern, 'VIEWER');
    const session = await postern.signIn(owner.email);
    const input = { workspaceId, email: 'new@example.com', role: 'VIEWER' };
    const { data } = await mutate(postern, 'inviteMember', input, owner.session, 'invitationSecret');
    const invitation = data.inviteMember.invitationSecret;
    const found = [personal.secret, ofWorkspace.secret, session, invitation];
    expect(await report([...found, unknownSecret(), 'nonsense', '', personal.secret])).toEqual({
      received: 8,
    });
    expect(await Promise.all(found.slice(0, 3).map(alive))).toEqual([false, false, false]);
    const accept = { secret: invitation, name: 'New', password: 'correct horse battery' };
    expect((await mutate(postern, 'acceptInvitation', accept, null, 'member { role }')).code).toBe(
      'NOT_FOUND',
    );
    expect(await alive(owner.session)).toBe(true);
  });

  test('does not reveal which secrets were valid', async () => {
    const { secret } = await createPersonalToken(postern, postern.owner.session);
    expect(await report([secret])).toEqual(await report([unknownSecret()]));
  });
});

describe('a reported token', () => {
  test('is revoked with all tokens that derive from it', async () => {
    const { owner } = postern;
    const scopes = [{ entityType: 'token', operations: ['CREATE'] }];
    const parent = await createPersonalToken(postern, owner.session, { access: 'SCOPED', scopes });
    const child = await createPersonalToken(postern, parent.secret, { access: 'SCOPED', scopes: [] });
    await reportByHttp([parent.secret]);
    expect(await alive(child.secret)).toBe(false);
  });

  test('is revoked in every state, so that enabling it does not restore it', async () => {
    const { owner } = postern;
    const disabled = await createPersonalToken(postern, owner.session);
    await mutate(postern, 'disableToken', { id: disabled.id }, owner.session, 'token { id }');
    await reportByHttp([disabled.secret]);
    const { data } = await postern.post(STATUS, { id: disabled.id }, owner.session);
    expect(data.token.status).toBe('REVOKED');
  });

  test('is found by its old secret during an overlap, and not by an invalid one', async () => {
    const { owner } = postern;
    const regenerate = async (input: object) =>
      (await mutate(postern, 'regenerateToken', input, owner.session, 'secret')).data.regenerateToken.secret;
    const overlapping = await createPersonalToken(postern, owner.session);
    const ended = await createPersonalToken(postern, owner.session);
    const superseded = await createPersonalToken(postern, owner.session);
    await regenerate({ id: ended.id, overlap: 'PT1H' });
    const present = await regenerate({ id: superseded.id });
    postern.advance(2 * HOUR);
    await regenerate({ id: overlapping.id, overlap: 'PT1H' });
    await reportByHttp([overlapping.secret, ended.secret, superseded.secret]);
    const status = async (id: string) =>
      (await postern.post(STATUS, { id }, owner.session)).data.token.status;
    expect(await status(overlapping.id)).toBe('REVOKED');
    expect(await status(ended.id)).toBe('ACTIVE');
    expect(await alive(present)).toBe(true);
  });

  test('appears in the audit log of its owner, as a report without an actor', async () => {
    const { owner } = postern;
    const token = await createPersonalToken(postern, owner.session);
    await reportByHttp([token.secret], {}, '198.51.100.4');
    const query = `{ viewer { auditEvents(first: 1) {
      nodes { action targetId actorKind actor { id } ip userAgent detail } } } }`;
    const { data } = await postern.post(query, {}, owner.session);
    expect(data.viewer.auditEvents.nodes).toEqual([
      {
        action: 'token.revoked',
        targetId: token.id,
        actorKind: null,
        actor: null,
        ip: '198.51.100.4',
        userAgent: 'scanner/1',
        detail: { name: 'personal', identifier: expect.any(String), by: 'leak-report' },
      },
    ]);
  });

  test('of a workspace appears in the log of the workspace, without the name of a signed-in reporter', async () => {
    const ada = await postern.person('Ada');
    const token = await createWorkspaceToken(postern, 'VIEWER');
    await reportByGraphQL([token.secret], ada.session);
    const query = `query ($id: ID!) { workspace(id: $id) { auditEvents(first: 1) {
      nodes { action targetId actor { id } } } } }`;
    const { data } = await postern.post(query, { id: postern.workspaceId }, postern.owner.session);
    expect(data.workspace.auditEvents.nodes).toEqual([
      { action: 'token.revoked', targetId: token.id, actor: null },
    ]);
  });
});

describe('a report', () => {
  test('can contain 1,000 secrets, and no more', async () => {
    const many = Array.from({ length: 1000 }, () => unknownSecret());
    expect((await reportByHttp(many)).json).toEqual({ received: 1000 });
    const tooMany = await reportByHttp([...many, 'one more']);
    expect(tooMany.status).toBe(400);
    expect(tooMany.json.errors[0].extensions).toEqual({
      code: 'BAD_USER_INPUT',
      issues: [{ path: ['secrets'], message: 'must be at most 1000' }],
    });
    expect((await reportByGraphQL([...many, 'one more'])).code).toBe('BAD_USER_INPUT');
  });

  test.each([
    ['an object whose secrets are not an array', { secrets: 'pat_x' }],
    ['numbers', [1, 2]],
    ['an array in an array', [['pat_x']]],
    ['null', null],
    ['a text', 'pat_x'],
  ])('is refused with %s', async (_, body) => {
    const refused = await reportByHttp(body);
    expect([refused.status, refused.json.errors[0].extensions]).toEqual([400, { code: 'BAD_REQUEST' }]);
  });

  test('must be JSON by POST', async () => {
    const headers = { 'Content-Type': 'text/plain' };
    expect((await reportByHttp(['x'], { headers })).status).toBe(415);
    const get = await postern.fetch(new Request('http://postern.test/leaks'));
    expect([get.status, get.headers.get('allow')]).toEqual([405, 'POST']);
  });

  test('is accepted sixty times an hour from one address, by all endpoints together', async () => {
    for (let count = 0; count < 30; count += 1) {
      expect((await reportByHttp([])).status).toBe(200);
      expect((await reportByGraphQL([])).data.reportLeakedSecrets).toEqual({ received: 0 });
    }
    const limited = { code: 'RATE_LIMITED', retryAfter: 3600 };
    const refused = await reportByHttp([]);
    expect([refused.status, refused.json.errors[0].extensions]).toEqual([429, limited]);
    expect((await reportByGraphQL([])).errors[0]?.extensions).toEqual(limited);
    expect((await reportByHttp([], {}, '198.51.100.4')).status).toBe(200);
    postern.advance(HOUR);
    expect((await reportByHttp([])).status).toBe(200);
  });

  test('over the limit writes nothing and takes no transaction', async () => {
    const { database, now } = postern;
    for (let count = 0; count < 60; count += 1) await reportByHttp([]);
    const rows = () => database.db.selectFrom('attempt_counters').selectAll().execute();
    const before = await rows();
    const unwritable = async () => {
      throw new Error('a transaction was begun');
    };
    const app = await createApp(readConfig({}), {
      database: { ...database, transact: unwritable, autocommit: unwritable },
      clock: now,
      logger: createLogger('silent'),
    });
    const headers = { 'Content-Type': 'application/json' };
    const request = new Request('http://postern.test/leaks', { method: 'POST', headers, body: '[]' });
    expect((await fetchFrom(app, request)).status).toBe(429);
    expect(await rows()).toEqual(before);
  });

  test('over the limit revokes nothing', async () => {
    const { secret } = await createPersonalToken(postern, postern.owner.session);
    for (let count = 0; count < 60; count += 1) await reportByHttp([]);
    await reportByHttp([secret]);
    expect(await alive(secret)).toBe(true);
  });
});

describe('the patterns for scanners', () => {
  const patterns = async () =>
    (await postern.fetch(new Request('http://postern.test/.well-known/postern-token-patterns'))).json();

  test('match the secrets that are issued, each only its own kind', async () => {
    const { kinds, pattern, report } = (await patterns()) as any;
    for (const kind of ['PERSONAL', 'WORKSPACE', 'SESSION', 'INVITATION', 'RESET', 'DIRECTORY'] as const) {
      const secret = unknownSecret(kind);
      const text = `key = "${secret}";`;
      expect(new RegExp(pattern).exec(text)?.[0]).toBe(secret);
      const matching = kinds.filter((entry: any) => new RegExp(entry.pattern).test(text));
      expect(matching.map((entry: any) => entry.kind)).toEqual([kind]);
    }
    expect(report).toBe('http://postern.test/leaks');
  });

  test('include the configured prefix', async () => {
    await postern.close();
    postern = await startTestApp({
      POSTERN_SECRET_PREFIX: 'acme_',
      POSTERN_PUBLIC_URL: 'https://tokens.example',
    });
    const { pattern, report } = (await patterns()) as any;
    const secret = unknownSecret('WORKSPACE', 'acme_');
    expect(new RegExp(pattern).exec(secret)?.[0]).toBe(secret);
    expect(new RegExp(pattern).test(secret.slice('acme_'.length))).toBe(false);
    expect(report).toBe('https://tokens.example/leaks');
  });
});
