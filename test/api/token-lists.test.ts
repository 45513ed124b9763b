import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Answer, startTestApp, type TestApp } from '../support/app.ts';
import { mutate } from '../support/channels.ts';
import { seededRandom } from '../support/random.ts';
import { badPathsIn } from '../support/responses.ts';
import { createPersonalToken, createWorkspaceToken } from '../support/tokens.ts';

const SECOND = 1000;
const DAY = 86_400_000;
const LIST = `query ($first: Int, $after: String, $last: Int, $before: String, $filter: TokenFilter, $orderBy: TokenOrder) {
  tokens(first: $first, after: $after, last: $last, before: $before, filter: $filter, orderBy: $orderBy) {
    edges { cursor node { name } } nodes { name } totalCount
    pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
  }
}`;

let postern: TestApp;
beforeEach(async () => {
  postern = await startTestApp();
});
afterEach(() => postern.close());

const list = (variables: object = {}, by = postern.owner.session): Promise<Answer> =>
  postern.post(LIST, variables, by);

function namesIn({ data }: Answer): string[] {
  return data.tokens.nodes.map(({ name }: { name: string }) => name);
}

const names = async (variables: object = {}) => namesIn(await list(variables));

const create = (name: string, input: object = {}) =>
  createPersonalToken(postern, postern.owner.session, { name, ...input });

const run = (field: string, input: object) =>
  mutate(postern, field, input, postern.owner.session, '__typename');

/** Creates tokens, one per second, and returns their ids. */
async function createEach(...names: string[]): Promise<string[]> {
  const ids: string[] = [];
  for (const name of names) {
    ids.push((await create(name)).id);
    postern.advance(SECOND);
  }
  return ids;
}

/** Returns the cursors of a whole list, page by page from its start. */
async function forwards(variables: object): Promise<string[]> {
  const seen: string[] = [];
  let next: string | null = null;
  do {
    const { data }: Answer = await list({ ...variables, first: 3, after: next });
    seen.push(...data.tokens.edges.map(({ cursor }: any) => cursor));
    next = data.tokens.pageInfo.hasNextPage ? data.tokens.pageInfo.endCursor : null;
  } while (next !== null);
  return seen;
}

/** Returns the cursors of a whole list, page by page from its end. */
async function backwards(variables: object): Promise<string[]> {
  const seen: string[] = [];
  let next: string | null = null;
  do {
    const { data }: Answer = await list({ ...variables, last: 3, before: next });
    seen.unshift(...data.tokens.edges.map(({ cursor }: any) => cursor));
    next = data.tokens.pageInfo.hasPreviousPage ? data.tokens.pageInfo.startCursor : null;
  } while (next !== null);
  return seen;
}

describe('tokens', () => {
  test('are the caller’s own personal tokens, newest first', async () => {
    await createEach('a', 'b', 'c');
    const other = await postern.person('other');
    await createPersonalToken(postern, other.session, { name: 'theirs' });
    await createWorkspaceToken(postern, 'VIEWER');
    const response = await list();
    expect(namesIn(response)).toEqual(['c', 'b', 'a']);
    expect(response.data.tokens.totalCount).toBe(3);
  });

  test('have pages of twenty by default, and of a hundred at most', async () => {
    for (let count = 0; count < 22; count++) await create(`t${count}`);
    expect(await names()).toHaveLength(20);
    expect(await names({ first: 100 })).toHaveLength(22);
    expect(await names({ first: 0 })).toEqual([]);
    expect(badPathsIn(await list({ first: 101 }))).toEqual(['first']);
    expect(badPathsIn(await list({ last: 101 }))).toEqual(['last']);
    expect(badPathsIn(await list({ first: -1 }))).toEqual(['first']);
    expect(badPathsIn(await list({ first: 1, last: 1 }))).toEqual(['last']);
  });

  test('are paged forwards and backwards, with the page info of both directions', async () => {
    await createEach('a', 'b', 'c', 'd', 'e');
    const all = (await list()).data.tokens.edges;
    const cursorOf = (name: string) => all.find(({ node }: any) => node.name === name).cursor;
    const page = async (variables: object) => {
      const response = await list(variables);
      const { hasPreviousPage, hasNextPage } = response.data.tokens.pageInfo;
      return [namesIn(response).join(''), hasPreviousPage, hasNextPage];
    };
    expect(await page({ first: 2 })).toEqual(['ed', false, true]);
    expect(await page({ first: 2, after: cursorOf('d') })).toEqual(['cb', true, true]);
    expect(await page({ first: 2, after: cursorOf('b') })).toEqual(['a', true, false]);
    expect(await page({ last: 2 })).toEqual(['ba', true, false]);
    expect(await page({ last: 2, before: cursorOf('b') })).toEqual(['dc', true, true]);
    expect(await page({ last: 2, before: cursorOf('d') })).toEqual(['e', false, true]);
    expect(await page({ after: cursorOf('e'), before: cursorOf('b') })).toEqual(['dc', true, true]);
    const { pageInfo } = (await list({ first: 2 })).data.tokens;
    expect([pageInfo.startCursor, pageInfo.endCursor]).toEqual([cursorOf('e'), cursorOf('d')]);
  });

  test('keep their place while others come and go: none twice, none skipped', async () => {
    const ids = await createEach('a', 'b', 'c', 'd', 'e', 'f');
    const first = await list({ first: 2 });
    expect(namesIn(first)).toEqual(['f', 'e']);
    await create('newer');
    await run('deleteToken', { id: ids[4] });
    await run('deleteToken', { id: ids[2] });
    const second = await list({ first: 2, after: first.data.tokens.pageInfo.endCursor });
    expect(namesIn(second)).toEqual(['d', 'b']);
    const back = await list({ last: 2, before: second.data.tokens.pageInfo.startCursor });
    expect(namesIn(back)).toEqual(['newer', 'f']);
  });

  test.each(['CREATED_AT', 'NAME', 'EXPIRES_AT', 'LAST_USED_AT'])(
    'ordered by %s are complete and without repeats, page by page, in both directions',
    async (field) => {
      const random = seededRandom(5);
      for (let count = 0; count < 14; count++) {
        const name = random.pick(['Same', 'same', 'ähnlich', 'b', 'Zebra']);
        const { secret } = await create(name, { expires: { after: `P${1 + random.below(3)}D` } });
        if (random.chance(0.5)) await postern.post('{ viewer { kind } }', {}, secret);
        postern.advance(random.below(2) * SECOND);
      }
      for (const direction of ['ASC', 'DESC']) {
        const orderBy = { field, direction };
        const whole = (await list({ orderBy })).data.tokens.edges.map(({ cursor }: any) => cursor);
        expect(new Set(whole).size).toBe(14);
        expect(await forwards({ orderBy })).toEqual(whole);
        expect(await backwards({ orderBy })).toEqual(whole);
      }
    },
  );

  test('reject a cursor of another order, and a forged one', async () => {
    await createEach('a', 'b');
    const { endCursor } = (await list({ first: 1 })).data.tokens.pageInfo;
    const orderBy = { field: 'NAME', direction: 'ASC' };
    expect(badPathsIn(await list({ after: endCursor, orderBy }))).toEqual(['after']);
    expect(badPathsIn(await list({ before: 'bWFkZSB1cA' }))).toEqual(['before']);
  });
});

describe('the order of tokens', () => {
  const ordered = (field: string, direction: string) => names({ orderBy: { field, direction } });

  test('by name ignores case', async () => {
    await createEach('b', 'A', 'C', 'a');
    expect((await ordered('NAME', 'ASC')).map((name) => name.toLowerCase())).toEqual(['a', 'a', 'b', 'c']);
    expect((await ordered('NAME', 'DESC')).map((name) => name.toLowerCase())).toEqual(['c', 'b', 'a', 'a']);
  });

  test('by last use puts tokens without one first', async () => {
    for (const name of ['early', 'late']) {
      const { secret } = await create(name);
      await postern.post('{ viewer { kind } }', {}, secret);
      postern.advance(SECOND);
    }
    await create('never');
    expect(await ordered('LAST_USED_AT', 'ASC')).toEqual(['never', 'early', 'late']);
    expect(await ordered('LAST_USED_AT', 'DESC')).toEqual(['late', 'early', 'never']);
  });

  test('by expiry puts tokens without one last', async () => {
    const expiries = [
      ['soon', { after: 'P1D' }],
      ['never', { never: true }],
      ['later', { after: 'P2D' }],
    ] as const;
    for (const [name, expires] of expiries) await createWorkspaceToken(postern, 'VIEWER', { name, expires });
    const query =
      'query ($id: ID!, $o: TokenOrder) { workspace(id: $id) { tokens(orderBy: $o) { nodes { name } } } }';
    const variables = { id: postern.workspaceId, o: { field: 'EXPIRES_AT', direction: 'ASC' } };
    const { data } = await postern.post(query, variables, postern.owner.session);
    expect(data.workspace.tokens.nodes.map(({ name }: any) => name)).toEqual(['soon', 'later', 'never']);
  });
});

describe('a filter', () => {
  const filtered = async (filter: object) => (await names({ filter })).sort().join(' ');

  test('by status and access matches any of the listed values', async () => {
    const [, stopped, revoked] = await createEach('active', 'stopped', 'revoked');
    await run('disableToken', { id: stopped });
    await run('revokeToken', { id: revoked });
    await create('over', { expires: { after: 'PT1S' }, access: 'NONE' });
    postern.advance(SECOND);
    expect(await filtered({ status: ['ACTIVE'] })).toBe('active');
    expect(await filtered({ status: ['DISABLED', 'REVOKED', 'EXPIRED'] })).toBe('over revoked stopped');
    expect(await filtered({ status: [] })).toBe('');
    expect(await filtered({ access: ['NONE', 'SCOPED'] })).toBe('over');
    expect(await filtered({ access: ['FULL'], status: ['REVOKED', 'EXPIRED'] })).toBe('revoked');
  });

  test('by text searches name, description and identifier, ignoring case and accents', async () => {
    await create('Deploy', { description: 'Nightly BUILD 100%_done' });
    await create('École');
    await create('other');
    expect(await filtered({ search: 'DEPL' })).toBe('Deploy');
    expect(await filtered({ search: 'build' })).toBe('Deploy');
    expect(await filtered({ search: 'ÉCOLE' })).toBe('École');
    expect(await filtered({ search: 'OWNER@example' })).toBe('Deploy other École');
    expect(await filtered({ search: '0%_d' })).toBe('Deploy');
    expect(await filtered({ search: '%' })).toBe('Deploy');
    expect(await filtered({ search: "' or '1'='1" })).toBe('');
  });

  test('by time matches tokens that expire before, and that were not used since', async () => {
    const { secret } = await create('used', { expires: { after: 'P1D' } });
    await create('unused', { expires: { after: 'P2D' } });
    await postern.post('{ viewer { kind } }', {}, secret);
    const instant = (milliseconds: number) => new Date(postern.now() + milliseconds).toISOString();
    expect(await filtered({ expiresBefore: instant(DAY) })).toBe('');
    expect(await filtered({ expiresBefore: instant(DAY + 1) })).toBe('used');
    expect(await filtered({ unusedSince: instant(0) })).toBe('unused');
    expect(await filtered({ unusedSince: instant(1) })).toBe('unused used');
  });

  test('narrows the count too', async () => {
    // Longer than what the random part of an identifier, which is searched too, can contain by chance.
    await createEach('apple', 'berry', 'apple and berry');
    const response = await list({ first: 1, filter: { search: 'a' } });
    expect(response.data.tokens.totalCount).toBe(3);
    expect((await list({ first: 1, filter: { search: 'apple and' } })).data.tokens.totalCount).toBe(1);
  });
});

describe('tokenSummary', () => {
  test('counts every status, and tokens that expire within seven days', async () => {
    const [, stopped, revoked] = await createEach('active', 'stopped', 'revoked');
    await run('disableToken', { id: stopped });
    await run('revokeToken', { id: revoked });
    await create('over', { expires: { after: 'PT1S' } });
    await create('soon', { expires: { after: 'P7D' } });
    await create('not soon', { expires: { after: 'P8D' } });
    postern.advance(SECOND);
    const counts = 'total active disabled expired revoked expiringSoon';
    const { data } = await postern.post(`{ tokenSummary { ${counts} } }`, {}, postern.owner.session);
    expect(data.tokenSummary).toEqual({
      total: 6,
      active: 3,
      disabled: 1,
      expired: 1,
      revoked: 1,
      expiringSoon: 1,
    });
    const { data: empty } = await postern.post(
      `query ($id: ID!) { workspace(id: $id) { tokenSummary { ${counts} } } }`,
      { id: postern.workspaceId },
      postern.owner.session,
    );
    expect(empty.workspace.tokenSummary).toEqual({
      total: 0,
      active: 0,
      disabled: 0,
      expired: 0,
      revoked: 0,
      expiringSoon: 0,
    });
  });
});

test('a token with a scope lists itself and its descendants, and counts no others', async () => {
  const scopes = [{ entityType: 'token', operations: ['CREATE', 'LIST'] }];
  const { secret } = await create('top', { access: 'SCOPED', scopes });
  await createPersonalToken(postern, secret, { name: 'child', access: 'NONE' });
  await create('sibling');
  const response = await list({}, secret);
  expect(namesIn(response).sort()).toEqual(['child', 'top']);
  const { data } = await postern.post('{ tokenSummary { total } }', {}, secret);
  expect([response.data.tokens.totalCount, data.tokenSummary.total]).toEqual([2, 2]);
});
