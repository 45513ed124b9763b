import { randomBytes } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { startTestApp, type TestApp } from '../support/app.ts';
import { createChannel } from '../support/channels.ts';
import { importLines, importText, personalLine, SHAPES, workspaceLine } from '../support/imports.ts';
import { stockClient } from '../support/oauth.ts';
import { createPersonalToken, createWorkspaceToken } from '../support/tokens.ts';
import { verify } from '../support/verify.ts';

let postern: TestApp;

beforeEach(async () => {
  postern = await startTestApp({ POSTERN_FOREIGN_SHAPES: SHAPES, POSTERN_TOKENS_PER_USER: '3' });
});

afterEach(() => postern.close());

const BASE58 = '123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz';

/** Returns a key in the form of Gitea: 20 random bytes in hex. */
const giteaKey = () => randomBytes(20).toString('hex');

/** Returns a key in the form of Unkey: a prefix and 16 random bytes in base58. */
function unkeyKey(): string {
  let value = BigInt(`0x${randomBytes(16).toString('hex')}`);
  let text = '';
  for (; value > 0n; value /= 58n) text = BASE58[Number(value % 58n)] + text;
  return `shop_${text}`;
}

const VIEWER = '{ viewer { token { id name maskedSecret } user { email } } }';
const REGENERATE =
  'mutation ($input: RegenerateTokenInput!) { regenerateToken(input: $input) { secret token { id maskedSecret } } }';

describe('an imported secret works as any other', () => {
  test.each([
    ['Gitea', giteaKey, '', '…'],
    ['Unkey', unkeyKey, 'shop_', 'shop_…'],
  ])('in the form of %s: at /graphql, /verify and introspection', async (_, keyOf, start, preview) => {
    const secret = keyOf();
    const before = await verify(postern, secret);
    expect(before.refusal).toMatchObject({ code: 'INVALID_TOKEN' });
    expect(await importLines(postern, [personalLine(secret, { start })])).toEqual(['imported']);

    const { data, errors } = await postern.post(VIEWER, {}, secret);
    expect(errors).toEqual([]);
    expect(data.viewer).toMatchObject({
      token: { name: 'CI', maskedSecret: preview },
      user: { email: 'owner@example.com' },
    });
    const query = { operation: 'READ', entityType: 'workspace', entityId: postern.workspaceId };
    expect((await verify(postern, secret, query)).status).toBe(204);
    const client = await stockClient(postern);
    expect(await client.introspect(secret, postern.owner.session)).toMatchObject({
      active: true,
      username: 'owner@example.com',
    });
  });

  test('it authenticates an OAuth client, and acts for a subject', async () => {
    const [service, customer] = [giteaKey(), giteaKey()];
    const channelId = await createChannel(postern, { name: 'orders' });
    const scopes = [{ entityType: 'channel', entityId: channelId, operations: ['PUBLISH'] }];
    const fields = { access: 'SCOPED', scopes, subject: 'customer-7', metadata: { plan: 'pro' } };
    expect(await importLines(postern, [workspaceLine(service), workspaceLine(customer, fields)])).toEqual([
      'imported',
      'imported',
    ]);
    const client = await stockClient(postern);
    const { postern: details, ...introspected } = await client.introspect(customer, service);
    expect(introspected).toMatchObject({ active: true, sub: 'customer-7' });
    expect(details).toMatchObject({ metadata: { plan: 'pro' }, scopes: [{ entityId: channelId }] });
    const asked = { operation: 'PUBLISH', entityType: 'channel', entityId: channelId };
    expect((await verify(postern, customer, asked)).identity).toMatchObject({
      'x-postern-subject': 'customer-7',
    });
    expect((await verify(postern, customer, { ...asked, operation: 'DELETE' })).status).toBe(403);
  });

  test('a limit of the line holds from the first use', async () => {
    const secret = giteaKey();
    await importLines(postern, [personalLine(secret, { limits: { uses: 1 } })]);
    expect((await postern.post('{ workspaces { totalCount } }', {}, secret)).errors).toEqual([]);
    expect((await postern.post('{ workspaces { totalCount } }', {}, secret)).code).toBe('TOKEN_USED_UP');
  });
});

describe('regenerateToken replaces an imported secret by one of Postern', () => {
  async function regenerate(overlap: string | null): Promise<{ old: string; secret: string }> {
    const old = giteaKey();
    await importLines(postern, [personalLine(old)]);
    const id = (await postern.post(VIEWER, {}, old)).data.viewer.token.id;
    const { data } = await postern.post(REGENERATE, { input: { id, overlap } }, postern.owner.session);
    expect(data.regenerateToken.token.maskedSecret).toMatch(/^pat_\w{6}…$/);
    return { old, secret: data.regenerateToken.secret };
  }

  test('immediately without an overlap', async () => {
    const { old, secret } = await regenerate(null);
    expect((await verify(postern, old)).status).toBe(401);
    expect((await verify(postern, secret)).status).toBe(204);
    expect(await postern.app.services.tokenImport.countLeft()).toBe(0);
  });

  test('at the first use of the new one with an overlap', async () => {
    const { old, secret } = await regenerate('P1D');
    expect((await postern.post(VIEWER, {}, old)).status).toBe(200);
    expect((await postern.post(VIEWER, {}, secret)).status).toBe(200);
    expect((await postern.post(VIEWER, {}, old)).code).toBe('INVALID_TOKEN');
  });

  test('and no later import restores it, even after the token is deleted', async () => {
    const { old } = await regenerate(null);
    expect(await importLines(postern, [personalLine(old)])).toEqual(['present']);
    await postern.post('mutation { deleteAllTokens { count } }', {}, postern.owner.session);
    expect(await importLines(postern, [personalLine(old)])).toEqual(['present']);
    expect(await importLines(postern, [workspaceLine(old)])).toEqual([
      { refusal: 'digest was imported for another user or workspace' },
    ]);
    expect((await verify(postern, old)).status).toBe(401);
  });
});

test('a leak report and a revocation know an imported secret', async () => {
  const [leaked, revoked] = [giteaKey(), unkeyKey()];
  await importLines(postern, [personalLine(leaked), personalLine(revoked)]);
  const body = JSON.stringify([leaked, giteaKey()]);
  const headers = { 'content-type': 'application/json' };
  await postern.fetch(new Request('http://postern.test/leaks', { method: 'POST', headers, body }));
  await (await stockClient(postern)).revoke(revoked);
  for (const secret of [leaked, revoked]) {
    expect((await verify(postern, secret)).refusal).toMatchObject({ code: 'TOKEN_REVOKED' });
  }
});

test('an imported token is in the audit log of its owner, without its digest', async () => {
  const secret = giteaKey();
  await importLines(postern, [personalLine(secret)]);
  const query = '{ viewer { auditEvents(first: 1) { nodes { action detail } } } }';
  const { data, errors } = await postern.post(query, {}, postern.owner.session);
  expect(errors).toEqual([]);
  expect(data.viewer.auditEvents.nodes).toEqual([
    expect.objectContaining({ action: 'token.imported', detail: expect.objectContaining({ name: 'CI' }) }),
  ]);
  expect(JSON.stringify(data)).not.toContain(secret);
});

describe('a run imports each digest once', () => {
  test('a second run over the same file changes nothing', async () => {
    const lines = [personalLine(giteaKey()), workspaceLine(giteaKey())];
    expect(await importLines(postern, lines)).toEqual(['imported', 'imported']);
    expect(await importLines(postern, lines)).toEqual(['present', 'present']);
    expect(await postern.app.services.tokenImport.countLeft()).toBe(2);
  });

  test('a dry run says what a run would do, and stores nothing', async () => {
    const lines = [...Array(4)].map(() => personalLine(giteaKey()));
    const limit = { refusal: 'A user can have at most 3 tokens.' };
    const results = ['imported', 'imported', 'imported', limit];
    expect(await importLines(postern, lines, true)).toEqual(results);
    expect(await postern.app.services.tokenImport.countLeft()).toBe(0);
    expect(await importLines(postern, lines)).toEqual(results);
    expect(await importLines(postern, lines, true)).toEqual(['present', 'present', 'present', limit]);
  });

  test('a digest that is repeated, known to everyone, or that of an existing token is refused', async () => {
    const own = await createPersonalToken(postern, postern.owner.session);
    const secret = giteaKey();
    const other = await postern.person('Ada');
    expect(
      await importLines(postern, [
        personalLine(secret),
        personalLine(secret, { owner: other.email }),
        personalLine(''),
        personalLine('password'),
        personalLine('0'.repeat(40)),
        personalLine(own.secret),
      ]),
    ).toEqual([
      'imported',
      { refusal: 'digest is on an earlier line of this file' },
      { refusal: 'digest is that of an empty or well-known text' },
      { refusal: 'digest is that of an empty or well-known text' },
      { refusal: 'digest is that of an empty or well-known text' },
      { refusal: 'digest is that of an existing token' },
    ]);
    expect((await postern.post(VIEWER, {}, secret)).data.viewer.user.email).toBe('owner@example.com');
  });
});

const CHANNEL = { entityType: 'channel', operations: ['READ'] };

describe('a line that cannot be imported is refused with its reason', () => {
  test.each([
    ['digest is missing', { digest: undefined }],
    ['digest must be a SHA-256 digest in hex or base64url', { digest: 'pat_secret' }],
    ['owner must be an email address', { owner: 'ad\0a' }],
    ['owner is the email of no user', { owner: 'nowhere@example.com' }],
    ['role requires a workspace', { role: 'OWNER' }],
    ['name must have 1 to 100 characters', { name: ' ' }],
    ['name must not contain control, zero-width or direction-changing characters', { name: 'a\0b' }],
    ['access is missing', { access: undefined }],
    ['access only a workspace token acts with a role', { access: 'ROLE' }],
    ['expiresAt a personal token must expire', { expiresAt: null }],
    ['expiresAt must be in the future', { expiresAt: '2029-12-31T23:59:59Z' }],
    ['expiresAt must be at most 366 days from now', { expiresAt: '2031-12-31T00:00:00Z' }],
    ['expiresAt must be an instant such as 2030-01-31T12:00:00Z', { expiresAt: '2030-02-01' }],
    ['scopes is required with access SCOPED; it can be empty', { access: 'SCOPED' }],
    ['scopes must be an array', { access: 'SCOPED', scopes: 'channel:read' }],
    [
      'scopes.0.entityId is not a channel that the owner can see there',
      { access: 'SCOPED', scopes: [{ ...CHANNEL, entityId: 'x' }] },
    ],
    [
      'scopes.0.operations a channel has no operation SELL',
      { access: 'SCOPED', scopes: [{ ...CHANNEL, operations: ['SELL'] }] },
    ],
    ['limits.uses must be an integer from 1 to 2147483647', { limits: { uses: 0.5 } }],
    [
      'start must be the prefix of a shape in POSTERN_FOREIGN_SHAPES and at most 6 characters of its alphabet',
      { start: 'a'.repeat(40) },
    ],
    [
      'has an unknown field; the fields are digest, owner, workspace, role, subject, name, access, scopes, expiresAt, metadata, limits, start',
      { expires: '2030-02-01' },
    ],
  ])('%s', async (refusal, fields) => {
    expect(await importLines(postern, [personalLine(giteaKey(), fields)])).toEqual([{ refusal }]);
  });

  test.each([
    ['owner is the email of a user, or workspace is a slug: give exactly one of them', { workspace: null }],
    ['workspace must be the slug of a workspace', { workspace: 'ma\0in' }],
    ['workspace is the slug of no workspace', { workspace: 'elsewhere' }],
    ['role must be one of VIEWER, TEAM_MEMBER, WORKSPACE_MANAGER, ADMINISTRATOR, OWNER', { role: 'KING' }],
    ['access must be ROLE or SCOPED for a workspace token', { access: 'FULL' }],
    ['metadata must not contain the key __proto__', { metadata: JSON.parse('{"__proto__": {}}') }],
    ['metadata must be a JSON object', { metadata: 5 }],
  ])('of a workspace: %s', async (refusal, fields) => {
    expect(await importLines(postern, [workspaceLine(giteaKey(), fields)])).toEqual([{ refusal }]);
  });

  test('by the policy of the workspace', async () => {
    const policy =
      'mutation ($input: UpdateTokenPolicyInput!) { updateTokenPolicy(input: $input) { workspace { id } } }';
    const input = { workspaceId: postern.workspaceId, requireExpiry: true, tokenRoles: ['VIEWER'] };
    expect((await postern.post(policy, { input }, postern.owner.session)).errors).toEqual([]);
    const refusal = "The workspace's token policy forbids this.";
    const expiresAt = '2030-02-01T00:00:00Z';
    expect(
      await importLines(postern, [
        workspaceLine(giteaKey(), { role: 'VIEWER' }),
        workspaceLine(giteaKey(), { expiresAt }),
        workspaceLine(giteaKey(), { role: 'VIEWER', expiresAt }),
      ]),
    ).toEqual([{ refusal }, { refusal }, 'imported']);
  });

  test('if the email of the owner is not verified, or the owner is deactivated', async () => {
    const ada = await postern.person('Ada');
    await postern.app.services.operator.deactivateUser(ada.email);
    const bob = await postern.person('Bob');
    await postern.database.db
      .updateTable('users')
      .set({ email_verified_at: null })
      .where('email', '=', bob.email)
      .execute();
    expect(
      await importLines(
        postern,
        [ada, bob].map(({ email }) => personalLine(giteaKey(), { owner: email })),
      ),
    ).toEqual([
      { refusal: 'owner is the email of a deactivated user' },
      { refusal: 'owner is an unverified email: run "postern user verify" first' },
    ]);
  });
});

test('files of any system are read: CRLF, a byte order mark, blank lines, no last newline, damaged lines', async () => {
  const line = () => JSON.stringify(workspaceLine(giteaKey()));
  const text = [
    `\uFEFF${line()}\r`,
    '',
    '  ',
    line(),
    '{"digest": ',
    '[]',
    '\0',
    `{"name": "${'x'.repeat(3_000_000)}"}`,
    line(),
  ].join('\n');
  const damaged = Buffer.concat([Buffer.from(`${text}\n`), Buffer.from([0xff, 0x0a]), Buffer.from(line())]);
  expect(await importText(postern, damaged)).toEqual([
    [1, 'imported'],
    [4, 'imported'],
    [5, { refusal: 'must be a JSON object' }],
    [6, { refusal: 'must be a JSON object' }],
    [7, { refusal: 'must be a JSON object' }],
    [8, { refusal: 'has more than 65536 bytes' }],
    [9, 'imported'],
    [10, { refusal: 'is not UTF-8' }],
    [11, 'imported'],
  ]);
});

test('a digest can be in hex, base64url or base64', async () => {
  const secrets = [giteaKey(), giteaKey(), giteaKey()];
  const [hex, url, plain] = secrets.map((secret) => Buffer.from((personalLine(secret) as any).digest, 'hex'));
  const digests = [hex?.toString('hex').toUpperCase(), url?.toString('base64url'), plain?.toString('base64')];
  expect(
    await importLines(
      postern,
      digests.map((digest) => personalLine('', { digest })),
    ),
  ).toEqual(['imported', 'imported', 'imported']);
  for (const secret of secrets) expect((await postern.post(VIEWER, {}, secret)).status).toBe(200);
});

test('an imported token can have no more than a new one', async () => {
  const [own, theirs] = [giteaKey(), giteaKey()];
  await importLines(postern, [personalLine(own), workspaceLine(theirs, { role: 'VIEWER' })]);
  const create = 'mutation ($input: CreateTokenInput!) { createToken(input: $input) { secret } }';
  expect((await postern.post(create, { input: { name: 'x' } }, own)).errors[0]?.extensions).toMatchObject({
    reason: 'MISSING_SCOPE',
  });
  await expect(createWorkspaceToken(postern, 'VIEWER', {}, theirs)).rejects.toThrow('ROLE_REQUIRED');
});

test('no secret and no digest is logged', async () => {
  const secret = giteaKey();
  await importLines(postern, [personalLine(secret)]);
  await postern.post(VIEWER, {}, secret);
  await postern.post(VIEWER, {}, giteaKey());
  expect(postern.logs.join('')).not.toContain(secret);
  expect(postern.logs.join('')).not.toContain((personalLine(secret) as any).digest);
});
