import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Answer, startTestApp, type TestApp } from '../support/app.ts';
import { createChannel, mutate } from '../support/channels.ts';
import { authOutcome, refusalIn } from '../support/responses.ts';
import { createPersonalToken, type IssuedToken } from '../support/tokens.ts';

const HOUR = 3_600_000;
const CREATE = { entityType: 'token', operations: ['CREATE'] };
const READ = { entityType: 'workspace', operations: ['READ'] };

let postern: TestApp;
beforeEach(async () => {
  postern = await startTestApp({ POSTERN_TOKENS_PER_USER: '5' });
});
afterEach(() => postern.close());

const parent = (scopes: object[], input: object = {}): Promise<IssuedToken> =>
  createPersonalToken(postern, postern.owner.session, { access: 'SCOPED', scopes, ...input });

const derive = (by: string, input: object = {}): Promise<Answer> =>
  mutate(
    postern,
    'createToken',
    { name: 'derived', ...input },
    by,
    'secret token { id expiresAt owner { id } createdBy { id } parent { id } }',
  );

const scoped = (...scopes: object[]) => ({ access: 'SCOPED', scopes });

function inHours(hours: number): string {
  return new Date(postern.now() + hours * HOUR).toISOString();
}

describe('a token that a token creates', () => {
  test('belongs to the same owner, derives from its creator, and ends with it', async () => {
    const { id, secret } = await parent([CREATE], { expires: { after: 'PT10H' } });
    const { data } = await derive(secret);
    const owner = { id: postern.owner.id };
    expect(data.createToken.token).toMatchObject({
      expiresAt: inHours(10),
      owner,
      createdBy: owner,
      parent: { id },
    });
  });

  test('can expire earlier, and not a second later', async () => {
    const { secret } = await parent([CREATE], { expires: { after: 'PT10H' } });
    expect((await derive(secret, { expires: { after: 'PT1H' } })).data.createToken.token.expiresAt).toBe(
      inHours(1),
    );
    expect((await derive(secret, { expires: { after: 'PT10H' } })).errors).toEqual([]);
    expect(refusalIn(await derive(secret, { expires: { after: 'PT10H1S' } }))).toBe('EXCEEDS_CALLER');
  });

  test('has no more than its creator, scope by scope', async () => {
    const channel = await createChannel(postern);
    const { workspaceId } = postern;
    const limited = { entityType: 'channel', operations: ['READ', 'PUBLISH'], workspaceId };
    const { secret } = await parent([CREATE, READ, limited]);
    const tries: [object, string | null][] = [
      [scoped(), null],
      [scoped(READ), null],
      [scoped({ ...limited, operations: ['READ'] }), null],
      [scoped({ ...limited, entityId: channel }), null],
      [scoped({ ...READ, entityId: workspaceId }), 'LIMIT_REACHED'],
      [scoped({ ...READ, operations: ['READ', 'LIST'] }), 'EXCEEDS_CALLER'],
      [scoped({ entityType: 'channel', operations: ['READ'] }), 'EXCEEDS_CALLER'],
      [scoped({ ...limited, operations: ['READ', 'DELETE'] }), 'EXCEEDS_CALLER'],
      [scoped({ entityType: 'token', operations: ['CREATE', 'DELETE'] }), 'EXCEEDS_CALLER'],
      [{ access: 'FULL' }, 'EXCEEDS_CALLER'],
    ];
    for (const [input, refusal] of tries)
      expect(refusalIn(await derive(secret, input)), JSON.stringify(input)).toBe(refusal);
  });

  test('can derive tokens in turn if it can create them, within the authority of all its ancestors', async () => {
    const top = await parent([CREATE, READ]);
    const middle = (await derive(top.secret, scoped(CREATE))).data.createToken;
    expect(refusalIn(await derive(middle.secret, scoped(READ)))).toBe('EXCEEDS_CALLER');
    const bottom = (await derive(middle.secret, scoped())).data.createToken;
    expect(refusalIn(await derive(bottom.secret))).toBe('MISSING_SCOPE');
  });

  test('requires a scope that names no entity, because a new token has no id yet', async () => {
    const { id, secret } = await parent([]);
    const scopes = [{ ...CREATE, entityId: id }];
    await mutate(postern, 'addTokenScopes', { id, scopes }, postern.owner.session, '__typename');
    expect(refusalIn(await derive(secret))).toBe('MISSING_SCOPE');
  });

  test('counts for the limit of its owner', async () => {
    const { secret } = await parent([CREATE]);
    for (let count = 0; count < 4; count++) expect((await derive(secret)).errors).toEqual([]);
    expect(refusalIn(await derive(secret))).toBe('LIMIT_REACHED');
  });
});

describe('the current authority of a derived token is its own and its creator’s', () => {
  const mayRead = async (secret: string) => {
    const query = 'query ($id: ID!) { workspace(id: $id) { id } }';
    return refusalIn(await postern.post(query, { id: postern.workspaceId }, secret)) === null;
  };

  test('what its creator loses, it loses; what its creator regains, it has again', async () => {
    const { id, secret } = await parent([CREATE, READ]);
    const child = (await derive(secret, scoped(READ))).data.createToken;
    expect(await mayRead(child.secret)).toBe(true);
    await mutate(postern, 'updateToken', { id, scopes: [CREATE] }, postern.owner.session, '__typename');
    expect(await mayRead(child.secret)).toBe(false);
    await mutate(postern, 'addTokenScopes', { id, scopes: [READ] }, postern.owner.session, '__typename');
    expect(await mayRead(child.secret)).toBe(true);
  });

  test('what its creator gains, it does not gain', async () => {
    const { id, secret } = await parent([CREATE]);
    const child = (await derive(secret, scoped(CREATE))).data.createToken;
    await mutate(postern, 'updateToken', { id, access: 'FULL' }, postern.owner.session, '__typename');
    expect(await mayRead(child.secret)).toBe(false);
  });

  test('it has no access while its creator has none', async () => {
    const { id, secret } = await parent([CREATE, READ]);
    const child = (await derive(secret, scoped(READ))).data.createToken;
    await mutate(postern, 'updateToken', { id, access: 'NONE' }, postern.owner.session, '__typename');
    expect(await authOutcome(postern, child.secret)).toBe('TOKEN_NO_ACCESS');
  });

  test('a workspace that is closed to the lifetime of its creator is closed to it', async () => {
    const { secret } = await parent([CREATE, READ], { expires: { after: 'P20D' } });
    const child = (await derive(secret, { ...scoped(READ), expires: { after: 'PT1H' } })).data.createToken;
    const policy = { workspaceId: postern.workspaceId, maxLifetime: 'P1D' };
    await mutate(postern, 'updateTokenPolicy', policy, postern.owner.session, '__typename');
    const query = 'query ($id: ID!) { workspace(id: $id) { id } }';
    const { data } = await postern.post(query, { id: postern.workspaceId }, child.secret);
    expect(data).toEqual({ workspace: null });
  });
});

test('its owner can give a derived token no more than its creator has afterwards', async () => {
  const { secret } = await parent([CREATE, READ]);
  const child = (await derive(secret, scoped())).data.createToken;
  const all = [READ, { entityType: 'channel', operations: ['CREATE'] }];
  await mutate(
    postern,
    'updateToken',
    { id: child.token.id, scopes: all },
    postern.owner.session,
    '__typename',
  );
  const input = { workspaceId: postern.workspaceId, name: 'x' };
  expect(refusalIn(await mutate(postern, 'createChannel', input, child.secret, '__typename'))).toBe(
    'MISSING_SCOPE',
  );
});

test('a child is regenerated no further than its parent’s expiry', async () => {
  const { id, secret } = await parent([CREATE], { expires: { after: 'PT10H' } });
  const child = (await derive(secret)).data.createToken.token;
  const regenerate = (input: object = {}) =>
    mutate(
      postern,
      'regenerateToken',
      { id: child.id, ...input },
      postern.owner.session,
      'token { expiresAt status }',
    );
  expect(refusalIn(await regenerate({ expires: { after: 'PT11H' } }))).toBe('BAD_USER_INPUT');
  const end = inHours(10);
  postern.advance(HOUR);
  expect((await regenerate()).data.regenerateToken.token).toEqual({ expiresAt: end, status: 'ACTIVE' });
  postern.advance(9 * HOUR);
  expect(refusalIn(await regenerate())).toBe('CONFLICT');
  await mutate(postern, 'regenerateToken', { id }, postern.owner.session, '__typename');
  expect((await regenerate()).data.regenerateToken.token.status).toBe('ACTIVE');
  await mutate(postern, 'revokeToken', { id }, postern.owner.session, '__typename');
  expect(refusalIn(await regenerate())).toBe('CONFLICT');
});

test('a child of a disabled and expired parent is not regenerated into an expiry in the past', async () => {
  const { id, secret } = await parent([CREATE], { expires: { after: 'PT1H' } });
  const child = (await derive(secret)).data.createToken.token;
  await mutate(postern, 'disableToken', { id }, postern.owner.session, '__typename');
  postern.advance(HOUR);
  const response = await mutate(
    postern,
    'regenerateToken',
    { id: child.id },
    postern.owner.session,
    '__typename',
  );
  expect(refusalIn(response)).toBe('CONFLICT');
});
