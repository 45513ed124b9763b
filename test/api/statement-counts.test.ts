import { afterEach, beforeEach, expect, test } from 'vitest';
import { holderOf } from '../../src/domain/principal.ts';
import { digestOf } from '../../src/platform/hashing.ts';
import type { SqliteHandle } from '../../src/storage/database.ts';
import { startTestApp, type TestApp } from '../support/app.ts';
import { createChannel, publish } from '../support/channels.ts';
import { importLines, personalLine, SHAPES } from '../support/imports.ts';
import { openRecordedDatabase } from '../support/statements.ts';
import { follow } from '../support/streams.ts';
import { createPersonalToken, type IssuedToken } from '../support/tokens.ts';
import { verify } from '../support/verify.ts';

let database: SqliteHandle;
let postern: TestApp;
let recorded: () => string[];
let token: IssuedToken;

beforeEach(async () => {
  const { database: opened, ...recorder } = openRecordedDatabase();
  database = opened;
  postern = await startTestApp({ POSTERN_FOREIGN_SHAPES: SHAPES }, database);
  token = await createPersonalToken(postern, postern.owner.session);
  recorded = recorder.recorded;
  recorded();
});

afterEach(() => postern.close());

/** Posts an operation for the owner and returns the statements that it took. */
async function statementsOf(query: string, input: object = {}): Promise<string[]> {
  recorded();
  const { errors } = await postern.post(query, { input }, postern.owner.session);
  expect(errors).toEqual([]);
  return recorded();
}

/** Commits a change that concerns no one, which empties the cache of callers. */
async function forgetCallers(): Promise<void> {
  await database.transact([], async (tx) => {
    await tx.updateTable('users').set({ name: 'anyone' }).execute();
  });
}

const CREATE = 'mutation ($input: CreateTokenInput!) { createToken(input: $input) { secret token { id } } }';

test('createToken identifies its caller once, and not again until something else is committed', async () => {
  const creation = ['select token_counts', 'insert tokens', 'insert token_secrets', 'insert audit_events'];
  const create = () => statementsOf(CREATE, { name: 'ci', access: 'FULL' });
  await forgetCallers();
  expect(await create()).toEqual(['select sessions', ...creation]);
  expect(await create()).toEqual(creation);
  await forgetCallers();
  expect(await create()).toEqual(['select sessions', ...creation]);
});

test('createToken reads the email address of its caller only if it is unverified', async () => {
  const query =
    'mutation ($input: CreateTokenInput!) { createToken(input: $input) { token { identifier } } }';
  const create = async (name: string) => {
    const answer = await postern.post(query, { input: { name, access: 'FULL' } }, postern.owner.session);
    return answer.data.createToken.token.identifier;
  };
  recorded();
  expect(await create('verified')).toMatch(/^owner@example\.com_/);
  expect(recorded()).not.toContain('select users');
  await database.transact([], async (tx) => {
    await tx.updateTable('users').set({ email_verified_at: null }).execute();
  });
  recorded();
  expect(await create('unverified')).toMatch(/^owner@example\.com_/);
  expect(recorded()).toContain('select users');
});

test('a cached caller is identified again after a change that shares the commit', async () => {
  const { authentication, changes } = postern.app.services;
  const credential = { kind: 'SESSION', digest: digestOf(postern.owner.session), source: 'bearer' } as const;
  const principal = await authentication.authenticate(credential, null);
  const caller = {
    credential,
    holder: holderOf(principal),
    address: null,
    userAgent: null,
    requestId: 'the-request',
  };
  const change = () => changes.run(caller, { kind: 'person' }, async () => 'done', { keepsVersion: true });
  recorded();
  expect(await change()).toBe('done');
  expect(recorded()).toEqual([]);
  const ends = database.transact([], async (tx) => {
    await tx.deleteFrom('sessions').execute();
  });
  await expect(change()).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
  await ends;
});

test('createToken identifies its caller no more often without a cache of callers', async () => {
  const { database, ...recorder } = openRecordedDatabase();
  // On PostgreSQL, no server knows immediately whether something was committed, so nothing is cached.
  const uncached = await startTestApp({}, { ...database, version: null });
  const query = 'mutation ($input: CreateTokenInput!) { createToken(input: $input) { secret } }';
  recorder.recorded();
  const { errors } = await uncached.post(
    query,
    { input: { name: 'ci', access: 'FULL' } },
    uncached.owner.session,
  );
  const statements = recorder.recorded();
  await uncached.close();
  expect(errors).toEqual([]);
  expect(statements.filter((statement) => statement === 'select sessions')).toHaveLength(2);
});

const TOKEN_CHANGES = [
  ['disableToken', {}, ['update tokens', 'insert audit_events']],
  ['updateToken', { name: 'renamed' }, ['update tokens', 'insert audit_events']],
  [
    'regenerateToken',
    {},
    [
      // Whether its last end is stored in the rows of all descendants.
      'select pending_cascades',
      'delete token_secrets',
      'insert token_secrets',
      'update tokens',
      'insert audit_events',
    ],
  ],
] as const;

test.each(TOKEN_CHANGES)(
  '%s reads the token with each authorization and not again',
  async (field, input, work) => {
    await forgetCallers();
    const type = `${field.charAt(0).toUpperCase()}${field.slice(1)}Input`;
    const query = `mutation ($input: ${type}!) { ${field}(input: $input) { token { id name status } } }`;
    expect(await statementsOf(query, { id: token.id, ...input })).toEqual([
      'select sessions',
      'select tokens',
      'select tokens',
      ...work,
    ]);
  },
);

test('a page of tokens takes one statement after the identification', async () => {
  const query = '{ tokens(first: 20) { edges { node { id name status } } pageInfo { hasNextPage } } }';
  await forgetCallers();
  expect(await statementsOf(query)).toEqual(['select sessions', 'select tokens']);
  expect(await statementsOf(query)).toEqual(['select tokens']);
});

test('a token reads itself without a statement until something is committed', async () => {
  const name = async () => {
    recorded();
    const { data } = await postern.post('{ viewer { token { name } } }', {}, token.secret);
    return [data.viewer.token.name, ...recorded()];
  };
  await name();
  await expect.poll(recorded).toContain('insert token_snapshots');
  expect(await name()).toEqual(['personal', 'select token_snapshots', 'select tokens']);
  expect(await name()).toEqual(['personal']);
  const change = 'mutation ($input: UpdateTokenInput!) { updateToken(input: $input) { token { id } } }';
  await statementsOf(change, { id: token.id, name: 'renamed' });
  expect((await name())[0]).toBe('renamed');
});

test('a token reads itself without a statement after its last use was stored, and sees its present use', async () => {
  const lastUsedAt = async () => {
    recorded();
    const { data } = await postern.post('{ viewer { token { lastUsedAt } } }', {}, token.secret);
    return [data.viewer.token.lastUsedAt, ...recorded()];
  };
  const now = () => new Date(postern.now()).toISOString();
  await lastUsedAt();
  await expect.poll(recorded).toContain('insert token_snapshots');
  await lastUsedAt();
  for (let flush = 0; flush < 2; flush += 1) {
    await postern.app.services.lastUse.flush();
    expect(recorded()).toEqual(['insert credential_uses']);
    postern.advance(1000);
    expect(await lastUsedAt()).toEqual([now()]);
  }
});

test('/verify takes one statement for a caller that it has identified since the last change', async () => {
  const query = { operation: 'READ', entityType: 'workspace', entityId: postern.workspaceId };
  const verified = async () => {
    recorded();
    expect((await verify(postern, token.secret, query)).status).toBe(204);
    return recorded();
  };
  expect(await verified()).toEqual(['select token_snapshots', 'select token_secrets', 'select workspaces']);
  await expect.poll(recorded).toContain('insert token_snapshots');
  expect(await verified()).toEqual(['select token_snapshots', 'select workspaces']);
  expect(await verified()).toEqual(['select workspaces']);
});

test('an event takes one read of the message and one authorization', async () => {
  const channel = await createChannel(postern);
  const followed = await follow(postern, channel, postern.owner.session);
  recorded();
  await publish(postern, channel, 'hello');
  expect(await followed.payload()).toBe('hello');
  const statements = recorded();
  const event = statements.indexOf('select messages');
  expect(statements.slice(0, event)).toEqual([
    'select channels',
    'select channels',
    'update channels',
    'insert messages',
    'delete messages',
  ]);
  // Then the stream reads the next message.
  expect(statements.slice(event, event + 3)).toEqual([
    'select messages',
    'select sessions',
    'select channels',
  ]);
});

test('guesses at imported secrets read nothing, and an imported one takes one read as any other', async () => {
  const [secret, guess] = ['a1'.repeat(20), 'b2'.repeat(20)] as [string, string];
  await importLines(postern, [personalLine(secret)]);
  recorded();
  expect((await postern.post('{ viewer { kind } }', {}, guess)).code).toBe('INVALID_TOKEN');
  expect((await verify(postern, guess)).status).toBe(401);
  const body = new URLSearchParams({ token: guess });
  await postern.fetch(new Request('http://postern.test/oauth/revoke', { method: 'POST', body }));
  expect(recorded().filter((statement) => statement !== 'select imported_secrets')).toEqual([]);

  expect((await postern.post('{ viewer { kind } }', {}, secret)).status).toBe(200);
  expect(recorded()).toContain('select token_secrets');
});
