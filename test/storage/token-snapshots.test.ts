import { sql } from 'kysely';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { DatabaseHandle } from '../../src/storage/database.ts';
import { buildTokenSnapshot } from '../../src/storage/repositories/build-token-snapshot.ts';
import { createTokenSnapshots, storeTokenSnapshots } from '../../src/storage/repositories/token-snapshots.ts';
import { startTestApp, type TestApp } from '../support/app.ts';
import { WALKED, walkBeside } from '../support/life/beside.ts';
import { randomWrite } from '../support/life/writes.ts';
import { seededRandom } from '../support/random.ts';
import { testLength } from '../support/test-length.ts';
import { createPersonalToken, createWorkspaceToken } from '../support/tokens.ts';

const STEPS = testLength({ short: 25, ci: 60, full: 150 });
const WRITES = testLength({ short: 200, ci: 300, full: 300 });

let postern: TestApp;

beforeEach(async () => {
  postern = await startTestApp(WALKED);
});

afterEach(() => postern.close());

async function digestsOf({ db }: DatabaseHandle): Promise<string[]> {
  return (await db.selectFrom('token_secrets').select('digest').execute()).map(({ digest }) => digest);
}

/** Stores a snapshot of every secret that has none. */
async function storeAll(database: DatabaseHandle): Promise<void> {
  const stored = await contents(database);
  const digests = (await digestsOf(database)).filter((digest) => !stored.has(digest));
  await storeTokenSnapshots(database.transact, digests);
}

/** Compares every stored snapshot with the ordinary tables; returns the number of snapshots. */
async function compareStored({ db, transact }: DatabaseHandle): Promise<number> {
  const snapshots = createTokenSnapshots({ transact });
  const stored = await db.selectFrom('token_snapshots').select(['digest', 'token_id']).execute();
  const orphans = await db
    .selectFrom('token_ancestors as l')
    .leftJoin('tokens as a', 'a.id', 'l.ancestor_id')
    .select('l.token_id')
    .where('a.id', 'is', null)
    .execute();
  await Promise.all(
    stored.map(async ({ digest, token_id }) => {
      const [built, found] = await Promise.all([buildTokenSnapshot(db, digest), snapshots.peek(db, digest)]);
      if (!orphans.some((orphan) => orphan.token_id === token_id)) expect(built).not.toBeNull();
      expect(found).toEqual(built);
    }),
  );
  return stored.length;
}

/** The stored snapshots by digest. */
async function contents({ db }: DatabaseHandle): Promise<Map<string, string>> {
  const rows = await db.selectFrom('token_snapshots').select(['digest', 'content']).execute();
  return new Map(rows.map(({ digest, content }) => [digest, content]));
}

/**
 * Stores the snapshot of every secret, acts, and compares what is stored; returns how many snapshots the action deleted,
 * including those that were stored again meanwhile.
 */
async function countInvalidated(act: () => Promise<unknown>): Promise<number> {
  await storeAll(postern.database);
  const before = await contents(postern.database);
  await act();
  await compareStored(postern.database);
  const after = await contents(postern.database);
  return [...before].filter(([digest, content]) => after.get(digest) !== content).length;
}

test('stored snapshots are correct after each step of a random walk through the API', async () => {
  let deleted = 0;
  const watched: TestApp = {
    ...postern,
    async post(...args) {
      let answer: Awaited<ReturnType<TestApp['post']>> | undefined;
      deleted += await countInvalidated(async () => {
        answer = await postern.post(...args);
      });
      return answer as never;
    },
  };
  await walkBeside(watched, seededRandom(20300102), STEPS);
  expect(deleted).toBeGreaterThan(STEPS / 3);
});

test('stored snapshots are correct after any write to the ordinary tables', async () => {
  const random = seededRandom(20300103);
  const { db } = postern.database;
  const most = new Map<string, number>();
  for (let step = 0; step < WRITES; step++) {
    let kind = '';
    const deleted = await countInvalidated(async () => {
      kind = await randomWrite(db, random, step);
    });
    most.set(kind, Math.max(most.get(kind) ?? 0, deleted));
  }
  const effective = [...most].filter(([, deleted]) => deleted > 0).map(([kind]) => kind);
  expect(effective.sort()).toEqual([
    'delete ancestor',
    'delete scope',
    'delete secret',
    'delete token',
    'delete user',
    'delete workspace',
    'insert ancestor',
    'insert scope',
    'insert secret',
    'update scope',
    'update secret',
    'update token',
  ]);
});

test('a change of a token counts for its whole subtree and deletes one snapshot', async () => {
  const scopes = [{ entityType: 'token', operations: ['CREATE', 'READ'] }];
  const first = await createPersonalToken(postern, postern.owner.session, { access: 'SCOPED', scopes });
  const second = await createPersonalToken(postern, first.secret, { access: 'SCOPED', scopes });
  const third = await createPersonalToken(postern, second.secret, { access: 'SCOPED', scopes });
  const stop = 'mutation ($id: ID!) { disableToken(input: { id: $id }) { token { id } } }';
  expect(await countInvalidated(() => postern.post(stop, { id: first.id }, postern.owner.session))).toBe(1);
  expect((await postern.post('{ viewer { kind } }', {}, third.secret)).code).toBe('TOKEN_DISABLED');
});

test('the deactivation of a user counts for their tokens and deletes no snapshot', async () => {
  const { secret } = await createPersonalToken(postern, postern.owner.session);
  const { email } = postern.owner;
  expect(await countInvalidated(() => postern.app.services.operator.deactivateUser(email))).toBe(0);
  expect((await postern.post('{ viewer { kind } }', {}, secret)).code).toBe('INVALID_TOKEN');
});

test('the deletion of a workspace deletes the snapshots of its tokens', async () => {
  const { secret } = await createWorkspaceToken(postern, 'VIEWER');
  const leave = 'mutation ($id: ID!) { deleteWorkspace(input: { id: $id }) { deletedWorkspaceId } }';
  const id = postern.workspaceId;
  expect(await countInvalidated(() => postern.post(leave, { id }, postern.owner.session))).toBe(1);
  expect((await postern.post('{ viewer { kind } }', {}, secret)).code).toBe('INVALID_TOKEN');
});

test('a derived token whose parent has two secrets is found by stored snapshots alone', async () => {
  const { database, owner } = postern;
  const scopes = [{ entityType: 'token', operations: ['CREATE'] }];
  const parent = await createPersonalToken(postern, owner.session, { access: 'SCOPED', scopes });
  await createPersonalToken(postern, parent.secret, { access: 'SCOPED', scopes });
  const again = 'mutation ($id: ID!) { regenerateToken(input: { id: $id, overlap: "PT1H" }) { secret } }';
  expect((await postern.post(again, { id: parent.id }, owner.session)).code).toBeUndefined();
  await storeAll(database);
  const snapshots = createTokenSnapshots(database);
  const digests = await digestsOf(database);
  const attempt = database.transact([{ on: 'everything' }], async (tx) => {
    const built = await Promise.all(digests.map((digest) => buildTokenSnapshot(tx, digest)));
    expect(built.map((snapshot) => snapshot?.chain.length).sort()).toEqual([1, 1, 2]);
    // Nothing can be built from a table that has another name.
    await sql`alter table token_scopes rename to hidden`.execute(tx);
    expect(await Promise.all(digests.map((digest) => snapshots.find(tx, digest)))).toEqual(built);
    throw new Error('done');
  });
  await expect(attempt).rejects.toThrow('done');
});

test('the snapshot of a used secret is stored soon, and that of an unused one is not', async () => {
  const { db } = postern.database;
  const { secret } = await createPersonalToken(postern, postern.owner.session);
  await createPersonalToken(postern, postern.owner.session);
  await postern.post('{ viewer { kind } }', {}, secret);
  await expect.poll(() => db.selectFrom('token_snapshots').select('token_id').execute()).toHaveLength(1);
});

test('a change that is rolled back leaves the snapshots as they were', async () => {
  const { db, transact } = postern.database;
  await createPersonalToken(postern, postern.owner.session);
  await storeAll(postern.database);
  const attempt = transact([{ on: 'everything' }], async (tx) => {
    await tx.updateTable('tokens').set({ revoked_at: 1 }).execute();
    expect(await tx.selectFrom('token_snapshots').select('digest').execute()).toEqual([]);
    await sql`select * from absent`.execute(tx);
  });
  await expect(attempt).rejects.toThrow('absent');
  expect(await compareStored(postern.database)).toBe((await digestsOf(postern.database)).length);
  expect(await db.selectFrom('token_snapshots').select('digest').execute()).toHaveLength(1);
});

test('concurrent lookups each return the snapshot of their digest', async () => {
  const { database } = postern;
  const issued = await Promise.all(
    Array.from({ length: 20 }, () => createPersonalToken(postern, postern.owner.session)),
  );
  const digests = await digestsOf(database);
  expect(digests).toHaveLength(issued.length);
  await storeTokenSnapshots(database.transact, digests.slice(5));
  const snapshots = createTokenSnapshots(database);
  const requested = [...digests, 'unknown', ...digests, "un'known"];
  const found = await Promise.all(requested.map((digest) => snapshots.find(database.db, digest)));
  for (const [index, digest] of requested.entries()) {
    expect(found[index]).toEqual(await buildTokenSnapshot(database.db, digest));
  }
});

test('a token with a missing ancestor is refused', async () => {
  const { db } = postern.database;
  const scopes = [{ entityType: 'token', operations: ['CREATE', 'READ'] }];
  const first = await createPersonalToken(postern, postern.owner.session, { access: 'SCOPED', scopes });
  const second = await createPersonalToken(postern, first.secret, { access: 'SCOPED', scopes });
  const third = await createPersonalToken(postern, second.secret, { access: 'SCOPED', scopes });
  const ids = (await db.selectFrom('tokens').select('id').orderBy('id').execute()).map(({ id }) => id);
  const [oldest = '', , youngest = ''] = ids;
  await db
    .deleteFrom('token_ancestors')
    .where('token_id', '=', youngest)
    .where('ancestor_id', '=', oldest)
    .execute();
  expect((await postern.post('{ viewer { kind } }', {}, third.secret)).code).toBe('INVALID_TOKEN');
  expect((await postern.post('{ viewer { kind } }', {}, second.secret)).code).toBeUndefined();
});
