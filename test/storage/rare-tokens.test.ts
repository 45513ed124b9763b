import { afterEach, beforeEach, expect, test } from 'vitest';
import { decodeGlobalId } from '../../src/domain/global-id.ts';
import { statusOf, TOKEN_STATUSES, type Token } from '../../src/domain/token.ts';
import { systemIds } from '../../src/platform/ids.ts';
import { countTokens, pageTokens } from '../../src/storage/repositories/token-lists.ts';
import { findTokens } from '../../src/storage/repositories/tokens.ts';
import { startTestApp, type TestApp } from '../support/app.ts';
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
  const { db } = postern.database;
  const statuses = (await allTokens()).map((token) => statusOf(token, postern.now()));
  expect(new Set(statuses)).toEqual(new Set(TOKEN_STATUSES));
  await expectEachList();

  // More than are read by the indexes of rare states.
  const { id } = await createWorkspaceToken(postern, 'VIEWER');
  await change('revokeToken', id);
  const row = await db
    .selectFrom('tokens')
    .selectAll()
    .where('id', '=', decodeGlobalId('Token', id))
    .executeTakeFirstOrThrow();
  for (let copies = 0; copies < 600; copies += 50) {
    const rows = Array.from({ length: 50 }, () => ({ ...row, id: systemIds() }));
    await db
      .insertInto('tokens')
      .values(rows.map((copy) => ({ ...copy, identifier: copy.id })))
      .execute();
  }
  await expectEachList();
});
