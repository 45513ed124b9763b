import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { startTestApp, type TestApp } from '../support/app.ts';
import { mutate } from '../support/channels.ts';
import { createPersonalToken, type IssuedToken } from '../support/tokens.ts';

let postern: TestApp;
beforeEach(async () => {
  postern = await startTestApp();
});
afterEach(() => postern.close());

function manager(operations: readonly string[], name: string): Promise<IssuedToken> {
  const scopes = [{ entityType: 'token', operations }];
  return createPersonalToken(postern, postern.owner.session, { name, access: 'SCOPED', scopes });
}

/** Returns the names of the tokens that derive from a token, as the token reads them. */
async function derivedOf(secret: string): Promise<string[]> {
  const { data } = await postern.post('{ viewer { token { derived { nodes { name } } } } }', {}, secret);
  return data.viewer.token.derived.nodes.map(({ name }: { name: string }) => name);
}

describe('the derived tokens of a token', () => {
  test('are visible to it with a scope that lists tokens', async () => {
    const { secret } = await manager(['CREATE', 'LIST'], 'parent');
    await createPersonalToken(postern, secret, { name: 'child', access: 'NONE' });
    expect(await derivedOf(secret)).toEqual(['child']);
  });

  test('are not visible to it without one, by any field', async () => {
    const parent = await manager(['CREATE', 'READ', 'UPDATE'], 'parent');
    await createPersonalToken(postern, parent.secret, { name: 'child', access: 'NONE' });
    expect(await derivedOf(parent.secret)).toEqual([]);
    await mutate(
      postern,
      'updateToken',
      { id: parent.id, access: 'FULL' },
      postern.owner.session,
      '__typename',
    );
    expect(await derivedOf(parent.secret)).toEqual([]);
  });

  test('are visible to it only if the scope includes them', async () => {
    const parent = await manager(['CREATE'], 'parent');
    const [one] = await Promise.all(
      ['one', 'two'].map((name) => createPersonalToken(postern, parent.secret, { name, access: 'NONE' })),
    );
    const scopes = [{ entityType: 'token', entityId: one?.id, operations: ['LIST'] }];
    const input = { id: parent.id, scopes };
    await mutate(postern, 'addTokenScopes', input, postern.owner.session, '__typename');
    expect(await derivedOf(parent.secret)).toEqual(['one']);
  });

  test('are visible to its owner, for every access of the token', async () => {
    const parent = await manager(['CREATE'], 'parent');
    await createPersonalToken(postern, parent.secret, { name: 'child', access: 'NONE' });
    const query = 'query ($id: ID!) { token(id: $id) { derived { nodes { name parent { name } } } } }';
    const { data } = await postern.post(query, { id: parent.id }, postern.owner.session);
    expect(data.token.derived.nodes).toEqual([{ name: 'child', parent: { name: 'parent' } }]);
  });
});

test('a token between a caller and a visible descendant is hidden if no scope includes it', async () => {
  const scopes = [{ entityType: 'token', operations: ['CREATE', 'UPDATE'] }];
  const top = await manager(['CREATE', 'UPDATE'], 'top');
  const middle = await createPersonalToken(postern, top.secret, { name: 'middle', access: 'SCOPED', scopes });
  const bottom = await createPersonalToken(postern, middle.secret, { name: 'bottom', access: 'NONE' });
  const parents = 'token { parent { name } }';
  const below = await mutate(postern, 'updateToken', { id: bottom.id }, top.secret, parents);
  expect(below.data.updateToken.token.parent).toBeNull();
  const beside = await mutate(postern, 'updateToken', { id: middle.id }, top.secret, parents);
  expect(beside.data.updateToken.token.parent).toEqual({ name: 'top' });
});
