import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Answer, startTestApp, type TestApp } from '../support/app.ts';
import { createChannel, mutate } from '../support/channels.ts';
import { badPathsIn, refusalIn } from '../support/responses.ts';
import { createPersonalToken, createWorkspaceToken, type IssuedToken } from '../support/tokens.ts';

const SCOPES = 'scopes { id entityType entityId workspaceId operations }';
const READ = { entityType: 'workspace', operations: ['READ'] };
const PUBLISH = { entityType: 'channel', operations: ['PUBLISH'] };

let postern: TestApp;
beforeEach(async () => {
  postern = await startTestApp();
});
afterEach(() => postern.close());

const run = (field: string, input: object, by: string | null = postern.owner.session): Promise<Answer> =>
  mutate(postern, field, input, by, `token { updatedAt ${SCOPES} }`);

const scoped = (scopes: object[] = []): Promise<IssuedToken> =>
  createPersonalToken(postern, postern.owner.session, { access: 'SCOPED', scopes });

function scopesIn({ data }: Answer): any[] {
  const [payload] = Object.values(data) as any[];
  return payload.token.scopes;
}

/** Returns whether a token can read the workspace of the owner. */
async function mayRead(secret: string): Promise<boolean> {
  const query = 'query ($id: ID!) { workspace(id: $id) { id } }';
  return (await postern.post(query, { id: postern.workspaceId }, secret)).errors.length === 0;
}

describe('a scope', () => {
  test('is returned as it was given, its operations in order and without repeats', async () => {
    const channel = await createChannel(postern);
    const { id } = await scoped();
    const given = [
      { entityType: 'workspace', operations: ['LIST', 'READ', 'LIST'], entityId: postern.workspaceId },
      { entityType: 'channel', operations: ['PUBLISH'], workspaceId: postern.workspaceId },
      { entityType: 'channel', operations: ['SUBSCRIBE'], entityId: channel },
      { entityType: 'token', operations: ['READ'], entityId: id },
    ];
    const { workspaceId } = postern;
    expect(scopesIn(await run('addTokenScopes', { id, scopes: given }))).toMatchObject([
      { entityType: 'workspace', entityId: workspaceId, workspaceId: null, operations: ['READ', 'LIST'] },
      { entityType: 'channel', entityId: null, workspaceId, operations: ['PUBLISH'] },
      { entityType: 'channel', entityId: channel, workspaceId: null, operations: ['SUBSCRIBE'] },
      { entityType: 'token', entityId: id, workspaceId: null, operations: ['READ'] },
    ]);
  });

  test.each([
    ['no operation', { entityType: 'channel', operations: [] }, 'operations'],
    [
      'an operation that workspaces do not have',
      { entityType: 'workspace', operations: ['READ', 'DELETE'] },
      'operations',
    ],
    ['an operation that tokens do not have', { entityType: 'token', operations: ['PUBLISH'] }, 'operations'],
    [
      'an unregistered type',
      { entityType: 'invoice', operations: ['READ'], workspaceId: 'home' },
      'entityType',
    ],
    [
      'a workspace on a token',
      { entityType: 'token', operations: ['READ'], workspaceId: 'home' },
      'workspaceId',
    ],
    ['an invalid entity id', { ...READ, entityId: 'nothing' }, 'entityId'],
    ['an invalid workspace id', { ...PUBLISH, workspaceId: 'nothing' }, 'workspaceId'],
  ])('with %s is rejected, and none of its list is stored', async (_what, scope, path) => {
    const { id } = await scoped([READ]);
    const invalid = JSON.parse(JSON.stringify(scope).replace('"home"', `"${postern.workspaceId}"`));
    const response = await run('addTokenScopes', { id, scopes: [PUBLISH, invalid] });
    expect(badPathsIn(response)).toEqual([`input.scopes.1.${path}`]);
    const { data } = await postern.post(
      `query ($id: ID!) { token(id: $id) { ${SCOPES} } }`,
      { id },
      postern.owner.session,
    );
    expect(data.token.scopes).toMatchObject([READ]);
  });

  test('on an entity that the owner cannot see is rejected like one on an absent entity', async () => {
    const stranger = await postern.person('stranger');
    const foreign = await postern.workspace('Foreign', [[stranger, 'OWNER']]);
    const theirs = await createChannel(postern, { workspaceId: foreign, by: stranger.session });
    const { id: token } = await createPersonalToken(postern, stranger.session);
    const { id } = await scoped();
    const absent = (existing: string) => `${existing.slice(0, 4)}${'0'.repeat(32)}`;
    const tries = [
      [
        { ...READ, entityId: foreign },
        { ...READ, entityId: absent(foreign) },
      ],
      [
        { ...PUBLISH, workspaceId: foreign },
        { ...PUBLISH, workspaceId: absent(foreign) },
      ],
      [
        { ...PUBLISH, entityId: theirs },
        { ...PUBLISH, entityId: absent(theirs) },
      ],
      [
        { entityType: 'token', operations: ['READ'], entityId: token },
        { entityType: 'token', operations: ['READ'], entityId: absent(token) },
      ],
    ];
    for (const [hidden, absent] of tries) {
      const responses = await Promise.all(
        [hidden, absent].map((scope) => run('addTokenScopes', { id, scopes: [scope] })),
      );
      expect(badPathsIn(responses[0] as Answer)).toHaveLength(1);
      expect(responses[0]?.errors).toEqual(responses[1]?.errors);
    }
  });

  test('on an entity in another workspace than its limit is rejected', async () => {
    const other = await postern.workspace('Other', [[postern.owner, 'OWNER']]);
    const channel = await createChannel(postern);
    const { id } = await scoped();
    for (const scope of [
      { ...PUBLISH, entityId: channel },
      { ...READ, entityId: postern.workspaceId },
    ]) {
      const response = await run('addTokenScopes', { id, scopes: [{ ...scope, workspaceId: other }] });
      expect(badPathsIn(response)).toEqual(['input.scopes.0.entityId']);
    }
  });
});

describe('addTokenScopes', () => {
  test('gives access from the next request on, and merges equal scopes', async () => {
    const { id, secret } = await scoped();
    expect(await mayRead(secret)).toBe(false);
    const again = { ...READ, operations: ['READ', 'READ'] };
    const response = await run('addTokenScopes', { id, scopes: [READ, again, READ] });
    expect(scopesIn(response)).toHaveLength(1);
    expect(await mayRead(secret)).toBe(true);
    expect(scopesIn(await run('addTokenScopes', { id, scopes: [READ] }))).toEqual(scopesIn(response));
  });

  test('stops at sixty-four, and then adds none', async () => {
    const channels = await Promise.all(
      Array.from({ length: 60 }, (_, count) => createChannel(postern, { name: `c${count}` })),
    );
    const { id } = await scoped(channels.map((entityId) => ({ ...PUBLISH, entityId })));
    const five = channels
      .slice(0, 5)
      .map((entityId) => ({ entityType: 'channel', operations: ['READ'], entityId }));
    expect(refusalIn(await run('addTokenScopes', { id, scopes: five }))).toBe('LIMIT_REACHED');
    expect(scopesIn(await run('addTokenScopes', { id, scopes: five.slice(1) }))).toHaveLength(64);
  });
});

describe('removeTokenScopes', () => {
  test('takes away only the given scopes, from the next request on', async () => {
    const { id, secret } = await scoped([READ, PUBLISH]);
    const [read, publish] = scopesIn(await run('addTokenScopes', { id, scopes: [] }));
    const response = await run('removeTokenScopes', { id, scopeIds: [read.id] });
    expect(scopesIn(response)).toEqual([publish]);
    expect(await mayRead(secret)).toBe(false);
  });

  test('removes none if one is not of the token, even if it is of another token', async () => {
    const { id } = await scoped([READ]);
    const { id: other } = await scoped([READ]);
    const [own] = scopesIn(await run('addTokenScopes', { id, scopes: [] }));
    const [foreign] = scopesIn(await run('addTokenScopes', { id: other, scopes: [] }));
    for (const scopeIds of [
      [own.id, foreign.id],
      [own.id, 'nothing'],
    ]) {
      expect(refusalIn(await run('removeTokenScopes', { id, scopeIds }))).toBe('NOT_FOUND');
    }
    expect(scopesIn(await run('addTokenScopes', { id, scopes: [] }))).toEqual([own]);
  });
});

describe('removeAllTokenScopes', () => {
  test('leaves an active token that can only read itself', async () => {
    const { id, secret } = await scoped([READ, PUBLISH]);
    expect(scopesIn(await run('removeAllTokenScopes', { id }))).toEqual([]);
    expect(await mayRead(secret)).toBe(false);
    const { data } = await postern.post('{ viewer { token { id scopes { id } } } }', {}, secret);
    expect(data.viewer.token).toEqual({ id, scopes: [] });
  });
});

describe.each([
  ['addTokenScopes', { scopes: [READ] }],
  ['removeTokenScopes', { scopeIds: [] }],
  ['removeAllTokenScopes', {}],
])('%s', (field, input) => {
  test('requires a SCOPED token', async () => {
    for (const access of ['NONE', 'FULL']) {
      const { id } = await createPersonalToken(postern, postern.owner.session, { access });
      expect(refusalIn(await run(field, { id, ...input }))).toBe('CONFLICT');
    }
    const { id } = await createWorkspaceToken(postern, 'VIEWER');
    expect(refusalIn(await run(field, { id, ...input }))).toBe('CONFLICT');
  });

  test('is for the owner: other callers get NOT_FOUND, anonymous callers UNAUTHENTICATED', async () => {
    const { id } = await scoped([READ]);
    const other = await postern.person('other');
    expect(refusalIn(await run(field, { id, ...input }, other.session))).toBe('NOT_FOUND');
    expect(refusalIn(await run(field, { id, ...input }, null))).toBe('UNAUTHENTICATED');
    const { secret } = await scoped([
      { entityType: 'token', operations: ['READ', 'CREATE', 'LIST', 'DELETE'] },
    ]);
    expect(refusalIn(await run(field, { id, ...input }, secret))).toBe('MISSING_SCOPE');
  });
});
