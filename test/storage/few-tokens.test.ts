import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { decodeGlobalId } from '../../src/domain/global-id.ts';
import type { Page, PageWindow, Position } from '../../src/domain/paging.ts';
import { statusOf, TOKEN_STATUSES, type Token, type TokenFilter } from '../../src/domain/token.ts';
import { systemIds } from '../../src/platform/ids.ts';
import { countTokens, pageTokens, type TokenListOrder } from '../../src/storage/repositories/token-lists.ts';
import { findTokens } from '../../src/storage/repositories/tokens.ts';
import { PASSWORD, startTestApp, type TestApp } from '../support/app.ts';
import { mutate } from '../support/channels.ts';
import { createWorkspaceToken } from '../support/tokens.ts';

const HOUR = 3_600_000;
const NEWEST = { field: 'CREATED_AT', direction: 'DESC' } as const;
const WINDOW = { limit: 1000, backward: false, after: null, before: null };

let postern: TestApp;
let workspaceId: string;
beforeEach(async () => {
  postern = await startTestApp();
  workspaceId = decodeGlobalId('Workspace', postern.workspaceId);
});
afterEach(() => postern.close());

const change = (field: string, id: string) =>
  mutate(postern, field, { id }, postern.owner.session, '__typename');

/** Every set of statuses but the empty one. */
const SUBSETS = Array.from({ length: 2 ** TOKEN_STATUSES.length - 1 }, (_, n) =>
  TOKEN_STATUSES.filter((_status, index) => ((n + 1) & (1 << index)) !== 0),
);

/** Creates a token of every status, with one that derives from it, and one whose expiry and stops overlap. */
async function createEachStatus(): Promise<void> {
  const never = { expires: { never: true } };
  for (const field of ['disableToken', 'revokeToken', null]) {
    const parent = await createWorkspaceToken(postern, 'ADMINISTRATOR', never);
    await createWorkspaceToken(postern, 'VIEWER', never, parent.secret);
    const short = await createWorkspaceToken(postern, 'VIEWER', { expires: { after: 'PT1H' } });
    for (const { id } of field ? [parent, short] : []) await change(field as string, id);
  }
  const used = await createWorkspaceToken(postern, 'ADMINISTRATOR', { ...never, limits: { uses: 2 } });
  await createWorkspaceToken(postern, 'VIEWER', never, used.secret);
  await postern.post('{ workspaces { totalCount } }', {}, used.secret);
  postern.advance(HOUR);
}

async function allTokens(): Promise<Token[]> {
  const { db } = postern.database;
  const rows = await db.selectFrom('tokens').select('id').execute();
  return findTokens(
    db,
    rows.map(({ id }) => id),
  );
}

/** Stores copies of a token with other ids and, with an index, other columns. */
async function copy(
  id: string,
  count: number,
  columns: (index: number) => object = () => ({}),
): Promise<void> {
  const { db } = postern.database;
  const row = await db
    .selectFrom('tokens')
    .selectAll()
    .where('id', '=', decodeGlobalId('Token', id))
    .executeTakeFirstOrThrow();
  for (let index = 0; index < count; index += 50) {
    const rows = Array.from({ length: Math.min(50, count - index) }, (_, n) => {
      const copied = systemIds();
      return { ...row, id: copied, identifier: copied, ...columns(index + n) };
    });
    await db.insertInto('tokens').values(rows).execute();
  }
}

async function expectEachList(): Promise<void> {
  const { db } = postern.database;
  const now = postern.now();
  const all = await allTokens();
  for (const status of SUBSETS) {
    const expected = all.filter((token) => status.includes(statusOf(token, now))).map(({ id }) => id);
    const page = await pageTokens(db, { workspaceId }, { status }, NEWEST, WINDOW, now);
    expect(page.edges.map(({ node }) => node.id).sort(), status.join()).toEqual(expected.sort());
    expect(await countTokens(db, { workspaceId }, { status }, now)).toBe(expected.length);
  }
}

test('lists by status have exactly the tokens with these statuses, by whichever index they are read', async () => {
  await createEachStatus();
  const statuses = (await allTokens()).map((token) => statusOf(token, postern.now()));
  expect(new Set(statuses)).toEqual(new Set(TOKEN_STATUSES));
  await expectEachList();

  // More than are found by an index of few tokens.
  const { id } = await createWorkspaceToken(postern, 'VIEWER');
  await change('revokeToken', id);
  await copy(id, 600);
  await expectEachList();
});

describe('a list of which many tokens match each filter, but few all of them', () => {
  const FILTER: TokenFilter = { access: ['ROLE'], status: ['ACTIVE'], expiresBefore: 20_000_000_000_000 };
  const EVERY = 700;
  let matching: Token[];

  /** Stores tokens of which most are active, most expire, and each 700th is both. */
  beforeEach(async () => {
    const { id } = await createWorkspaceToken(postern, 'VIEWER', { name: 'a' });
    const now = postern.now();
    await copy(id, 2399, (index) => ({
      created_at: now + (index % 7) * 1000,
      name_folded: `a${index % 11}`,
      expires_at: index % EVERY === 0 || index % 2 === 0 ? now + HOUR + (index % 5) : null,
      revoked_at: index % EVERY !== 0 && index % 2 === 0 ? now : null,
    }));
    matching = (await allTokens()).filter(
      (token) => statusOf(token, now) === 'ACTIVE' && token.expiresAt !== null,
    );
    expect(matching).toHaveLength(5);
  });

  /** Returns the ids of a list that is read in pages of two. */
  async function readPages(order: TokenListOrder, backward: boolean): Promise<string[]> {
    const ids: string[] = [];
    let position: Position | null = null;
    for (;;) {
      const window: PageWindow = {
        ...{ limit: 2, backward, after: null, before: null },
        [backward ? 'before' : 'after']: position,
      };
      const page: Page<Token> = await pageTokens(
        postern.database.db,
        { workspaceId },
        FILTER,
        order,
        window,
        postern.now(),
      );
      const nodes = page.edges.map(({ node }) => node);
      ids.push(...(backward ? nodes.reverse() : nodes).map(({ id }) => id));
      expect(backward ? page.hasNextPage : page.hasPreviousPage).toBe(position !== null);
      if (!(backward ? page.hasPreviousPage : page.hasNextPage)) return ids;
      const last = nodes.at(-1) as Token;
      position = { key: keyOf(order, last), id: last.id };
    }
  }

  function keyOf({ field }: TokenListOrder, token: Token): string | number {
    if (field === 'NAME') return token.name;
    if (field === 'EXPIRES_AT') return token.expiresAt as number;
    return field === 'CREATED_AT' ? token.createdAt : (token.lastUsedAt ?? 0);
  }

  test('is complete and in order in each direction', async () => {
    for (const field of ['CREATED_AT', 'EXPIRES_AT', 'LAST_USED_AT'] as const) {
      for (const direction of ['ASC', 'DESC'] as const) {
        const order = { field, direction };
        const place = (token: Token) => [keyOf(order, token) as number, token.id] as const;
        const expected = matching
          .map(place)
          .sort(([key, id], [otherKey, otherId]) => key - otherKey || (id < otherId ? -1 : 1))
          .map(([, id]) => id);
        if (direction === 'DESC') expected.reverse();
        expect(await readPages(order, false), `${field} ${direction}`).toEqual(expected);
        expect(await readPages(order, true)).toEqual(expected.toReversed());
      }
    }
    expect(await countTokens(postern.database.db, { workspaceId }, FILTER, postern.now())).toBe(5);
  });

  test('is charged for each chunk but the first, and ends when it is refused', async () => {
    const charged: number[] = [];
    const charge = async (rows: number) => {
      charged.push(rows);
      if (charged.length > 2) throw new Error('too many');
    };
    const read = (limit: number) =>
      pageTokens(
        postern.database.db,
        { workspaceId },
        FILTER,
        NEWEST,
        { ...WINDOW, limit },
        postern.now(),
        charge,
      );
    expect((await read(10)).edges).toHaveLength(5);
    expect(charged).toEqual([1000, 1000]);
    await expect(read(10)).rejects.toThrow('too many');
    charged.length = 0;
    await countTokens(postern.database.db, { workspaceId }, FILTER, postern.now(), charge);
    expect(charged).toEqual([1000, 1000]);
  });
});

describe('a search', () => {
  const search = async (text: string) => {
    const page = await pageTokens(
      postern.database.db,
      { workspaceId },
      { search: text },
      { field: 'NAME', direction: 'ASC' },
      WINDOW,
      postern.now(),
    );
    expect(await countTokens(postern.database.db, { workspaceId }, { search: text }, postern.now())).toBe(
      page.edges.length,
    );
    return page.edges.map(({ node }) => node.name);
  };

  test('finds any part of a name among 1,000 tokens, and beginnings and identifiers among more', async () => {
    const { id } = await createWorkspaceToken(postern, 'VIEWER', { name: 'first' });
    await copy(id, 999, (index) => {
      const name = index < 2 ? `Deploy 1${index}%` : 'other';
      return { name, name_folded: name.toLowerCase(), search_text: name.toLowerCase() };
    });
    expect(await search('EPLOY')).toEqual(['Deploy 10%', 'Deploy 11%']);
    await copy(id, 1, () => ({ identifier: 'bench_Ab%1', name_folded: 'first' }));
    expect(await search('EPLOY')).toEqual([]);
    expect(await search('DEPLOY')).toEqual(['Deploy 10%', 'Deploy 11%']);
    expect(await search('deploy 10%')).toEqual(['Deploy 10%']);
    expect(await search('deploy_1')).toEqual([]);
    expect(await search('bench_Ab%1')).toEqual(['first']);
    expect(await search('bench_Ab')).toEqual([]);
  });

  test('that many names begin with finds all of them', async () => {
    const { id } = await createWorkspaceToken(postern, 'VIEWER', { name: 'deploy' });
    await copy(id, 1000, (index) => (index < 600 ? {} : { name_folded: 'other' }));
    expect(await search('dep')).toHaveLength(601);
  });
});

test('the last uses of the tokens of a workspace are deleted with it', async () => {
  const { db } = postern.database;
  for (let count = 0; count < 3; count += 1) await createWorkspaceToken(postern, 'VIEWER');
  const uses = () =>
    db.selectFrom('credential_uses').select('at').where('holder_id', '=', workspaceId).execute();
  expect(await uses()).toEqual([{ at: 0 }, { at: 0 }, { at: 0 }]);
  const run = (field: string, input: object) =>
    mutate(postern, field, input, postern.owner.session, '__typename');
  await run('reauthenticate', { password: PASSWORD });
  await run('deleteWorkspace', { id: postern.workspaceId });
  expect(await uses()).toEqual([]);
});
