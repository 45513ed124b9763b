import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { kindOfSecret } from '../../src/domain/secret.ts';
import { digestOf } from '../../src/platform/hashing.ts';
import { startTestApp, type TestApp } from '../support/app.ts';
import { mutate } from '../support/channels.ts';
import { authOutcome, badPathsIn, refusalIn } from '../support/responses.ts';
import { createPersonalToken, createWorkspaceToken } from '../support/tokens.ts';

const DAY = 86_400_000;
const ALL = `identifier kind name description maskedSecret access scopes { id } role workspace { id } owner { id }
  createdBy { id } parent { id } derived { nodes { id } } status createdAt updatedAt expiresAt regeneratedAt disabledAt revokedAt
  lastUsedAt lastUsedIp lastUsedUserAgent`;

let postern: TestApp;
beforeEach(async () => {
  postern = await startTestApp();
});
afterEach(() => postern.close());

const create = (
  input: object,
  by: string | null = postern.owner.session,
  selection = 'secret token { id expiresAt }',
) => mutate(postern, 'createToken', { name: 'deploy', ...input }, by, selection);

function inDays(days: number): string {
  return new Date(postern.now() + days * DAY).toISOString();
}

describe('createToken', () => {
  test('creates a token without access that expires in thirty days, by default', async () => {
    const { data } = await create({}, postern.owner.session, `secret token { ${ALL} }`);
    const { secret, token } = data.createToken;
    const { id } = postern.owner;
    expect(token).toEqual({
      identifier: expect.stringMatching(/^owner@example\.com_[0-9a-z]{10}$/),
      kind: 'PERSONAL',
      name: 'deploy',
      description: null,
      maskedSecret: `${secret.slice(0, 10)}…`,
      access: 'NONE',
      scopes: [],
      role: null,
      workspace: null,
      owner: { id },
      createdBy: { id },
      parent: null,
      derived: { nodes: [] },
      status: 'ACTIVE',
      createdAt: inDays(0),
      updatedAt: inDays(0),
      expiresAt: inDays(30),
      regeneratedAt: null,
      disabledAt: null,
      revokedAt: null,
      lastUsedAt: null,
      lastUsedIp: null,
      lastUsedUserAgent: null,
    });
    expect(await authOutcome(postern, secret)).toBe('TOKEN_NO_ACCESS');
  });

  test('returns a secret of which only the SHA-256 is stored', async () => {
    const { data } = await create({});
    const { secret } = data.createToken;
    expect(kindOfSecret(secret)).toBe('PERSONAL');
    const rows = await postern.database.db.selectFrom('token_secrets').select('digest').execute();
    expect(rows).toEqual([{ digest: digestOf(secret) }]);
  });

  test.each([
    ['FULL', undefined],
    ['SCOPED', []],
    ['SCOPED', [{ entityType: 'workspace', operations: ['READ'] }]],
  ])('creates a token with access %s and the scopes %j, which works immediately', async (access, scopes) => {
    const { data } = await create({ access, scopes });
    expect(await authOutcome(postern, data.createToken.secret)).toBe('OK');
  });

  test.each([
    ['after a duration', { after: 'PT15M' }, 15 / 1440],
    ['after the longest duration', { after: 'P366D' }, 366],
    ['at a time', { at: '2030-01-02T12:00:00.000Z' }, 1],
  ])('accepts the expiry %s', async (_when, expires, days) => {
    const { data } = await create({ expires });
    expect(data.createToken.token.expiresAt).toBe(inDays(days));
  });

  test.each([
    ['never', { never: true }, 'input.expires'],
    ['never: false', { never: false }, 'input.expires.never'],
    ['after a duration that is too long', { after: 'P366DT1S' }, 'input.expires'],
    ['at a time that is too late', { at: '2031-06-01T00:00:00Z' }, 'input.expires'],
    ['immediately', { after: 'PT0S' }, 'input.expires.after'],
    ['now', { at: '2030-01-01T12:00:00.000Z' }, 'input.expires.at'],
    ['in the past', { at: '2029-01-01T00:00:00Z' }, 'input.expires.at'],
  ])('rejects the expiry %s', async (_when, expires, path) => {
    expect(badPathsIn(await create({ expires }))).toEqual([path]);
  });

  test.each([{ after: 'P1D', never: true }, {}])('requires exactly one expiry, not %j', async (expires) => {
    expect(refusalIn(await create({ expires }))).toBe('BAD_VARIABLES');
  });

  test('is bounded by the configured lifetime, the default expiry included', async () => {
    const strict = await startTestApp({ POSTERN_TOKEN_MAX_LIFETIME: 'P7D' });
    const lived = async (input: object) =>
      mutate(strict, 'createToken', { name: 'x', ...input }, strict.owner.session, 'token { expiresAt }');
    expect((await lived({})).data.createToken.token.expiresAt).toBe(inDays(7));
    expect(badPathsIn(await lived({ expires: { after: 'P8D' } }))).toEqual(['input.expires']);
    await strict.close();
  });

  test('reports every invalid value, and never the values themselves', async () => {
    const input = { name: ' ', description: 'x'.repeat(501), expires: { after: 'P9999D' }, access: 'SCOPED' };
    const response = await create(input);
    const paths = ['input.name', 'input.description', 'input.expires', 'input.scopes'];
    expect(badPathsIn(response)).toEqual(paths);
    expect(JSON.stringify(response.errors)).not.toMatch(/xxx|9999/);
  });

  test.each([
    ['a role', { access: 'ROLE' }, 'input.access'],
    ['SCOPED without a list of scopes', { access: 'SCOPED' }, 'input.scopes'],
    ['scopes with FULL', { access: 'FULL', scopes: [] }, 'input.scopes'],
    ['scopes with NONE', { access: 'NONE', scopes: [] }, 'input.scopes'],
  ])('rejects %s', async (_what, input, path) => {
    expect(badPathsIn(await create(input))).toEqual([path]);
  });

  test('lets names repeat: the identifier is unique', async () => {
    const made = await Promise.all([1, 2, 3].map(() => create({}, undefined, 'token { name identifier }')));
    const tokens = made.map(({ data }) => data.createToken.token);
    expect(tokens.map(({ name }) => name)).toEqual(['deploy', 'deploy', 'deploy']);
    expect(new Set(tokens.map(({ identifier }) => identifier)).size).toBe(3);
  });

  test('is refused without a credential, to a FULL token and to every workspace token', async () => {
    const { secret: full } = await createPersonalToken(postern, postern.owner.session);
    const { secret: ofWorkspace } = await createWorkspaceToken(postern, 'OWNER');
    expect(refusalIn(await create({}, null))).toBe('UNAUTHENTICATED');
    expect(refusalIn(await create({}, ofWorkspace))).toBe('SESSION_REQUIRED');
    expect((await create({}, full)).errors[0]?.extensions).toEqual({
      code: 'FORBIDDEN',
      reason: 'MISSING_SCOPE',
      required: { operation: 'CREATE', entityType: 'token', entityId: null },
    });
  });

  test('stores nothing if it is refused', async () => {
    await create({ access: 'SCOPED', scopes: [{ entityType: 'workspace', operations: ['DELETE'] }] });
    await create({}, null);
    const { data } = await postern.post('{ tokens { totalCount } }', {}, postern.owner.session);
    expect(data.tokens.totalCount).toBe(0);
  });

  test('puts a configured prefix before the secret, and shows it in the preview', async () => {
    const acme = await startTestApp({ POSTERN_SECRET_PREFIX: 'acme_' });
    const { data } = await mutate(
      acme,
      'createToken',
      { name: 'x', access: 'FULL' },
      acme.owner.session,
      'secret token { maskedSecret }',
    );
    const { secret, token } = data.createToken;
    expect(secret).toMatch(/^acme_pat_\w{49}$/);
    expect(token.maskedSecret).toBe(`${secret.slice(0, 'acme_pat_'.length + 6)}…`);
    expect(await authOutcome(acme, secret)).toBe('OK');
    await acme.close();
  });
});
