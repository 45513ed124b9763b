import { sql } from 'kysely';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createOperatorService } from '../../src/services/accounts/operator.ts';
import type { DatabaseHandle } from '../../src/storage/database.ts';
import { buildTokenSnapshot } from '../../src/storage/repositories/build-token-snapshot.ts';
import { createTokenSnapshots, storeTokenSnapshots } from '../../src/storage/repositories/token-snapshots.ts';
import { startTestApp, type TestApp } from '../support/app.ts';
import { WALKED, walkBeside } from '../support/life/beside.ts';
import { randomWrite } from '../support/life/writes.ts';
import { seededRandom } from '../support/random.ts';
import { createPersonalToken, createWorkspaceToken } from '../support/tokens.ts';
import { walkLength } from '../support/walk-length.ts';

const STEPS = walkLength(60, 150);
const WRITES = 300;

let postern: TestApp;

beforeEach(async () => {
  postern = await startTestApp(WALKED);
});

afterEach(() => postern.close());

async function digestsOf({ db }: DatabaseHandle): Promise<string[]> {
  return (await db.selectFrom('token_secrets').select('digest').execute()).map(({ digest }) => digest);
}

/** Stores a snapshot of every secret that has none. */
async function keepAll(database: DatabaseHandle): Promise<void> {
  const stored = await contents(database);
  const digests = (await digestsOf(database)).filter((digest) => !stored.has(digest));
  await database.transact((tx) => storeTokenSnapshots(tx, digests));
}

/** Compares every row that is kept with what the ordinary tables say; tells how many were kept. */
async function compareKept({ db, transact }: DatabaseHandle): Promise<number> {
  const presentedTokens = createTokenSnapshots({ transact });
  const kept = await db.selectFrom('token_snapshots').select('digest').execute();
  for (const { digest } of kept) {
    const presented = await buildTokenSnapshot(db, digest);
    expect(presented).not.toBeNull();
    expect(await presentedTokens.find(db, digest)).toEqual(presented);
  }
  return kept.length;
}

/** The stored snapshots by digest. */
async function contents({ db }: DatabaseHandle): Promise<Map<string, string>> {
  const rows = await db.selectFrom('token_snapshots').select(['digest', 'content']).execute();
  return new Map(rows.map(({ digest, content }) => [digest, content]));
}

/**
 * Has every row there is kept before something is done, and compared after it; tells how many it made go. One that was
 * stored anew meanwhile, because somebody had asked for it, has gone too.
 */
async function goneAfter(deed: () => Promise<unknown>): Promise<number> {
  await keepAll(postern.database);
  const before = await contents(postern.database);
  await deed();
  await compareKept(postern.database);
  const after = await contents(postern.database);
  return [...before].filter(([digest, content]) => after.get(digest) !== content).length;
}

test('what is kept is right after whatever callers did, step by step over a random walk', async () => {
  let gone = 0;
  const watched: TestApp = {
    ...postern,
    async post(...asked) {
      let answer: Awaited<ReturnType<TestApp['post']>> | undefined;
      gone += await goneAfter(async () => {
        answer = await postern.post(...asked);
      });
      return answer as never;
    },
  };
  await walkBeside(watched, seededRandom(20300102), STEPS);
  expect(gone).toBeGreaterThan((100 / 150) * STEPS);
});

test('what is kept is right after whatever is written to the ordinary tables, by whomever', async () => {
  const random = seededRandom(20300103);
  const { db } = postern.database;
  const met = new Map<string, number>();
  for (let step = 0; step < WRITES; step++) {
    let kind = '';
    const gone = await goneAfter(async () => {
      kind = await randomWrite(db, random, step);
    });
    met.set(kind, Math.max(met.get(kind) ?? 0, gone));
  }
  const matters = [...met].filter(([, gone]) => gone > 0).map(([kind]) => kind);
  expect(matters.sort()).toEqual([
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
    'update user',
    'verify user',
  ]);
});

test('what is kept of a whole line goes when its first token changes', async () => {
  const scopes = [{ entityType: 'token', operations: ['CREATE', 'READ'] }];
  const first = await createPersonalToken(postern, postern.owner.session, { access: 'SCOPED', scopes });
  const second = await createPersonalToken(postern, first.secret, { access: 'SCOPED', scopes });
  const third = await createPersonalToken(postern, second.secret, { access: 'SCOPED', scopes });
  const stop = 'mutation ($id: ID!) { disableToken(input: { id: $id }) { token { id } } }';
  expect(await goneAfter(() => postern.post(stop, { id: first.id }, postern.owner.session))).toBe(3);
  expect((await postern.post('{ viewer { kind } }', {}, third.secret)).code).toBe('TOKEN_DISABLED');
});

test("a user's deactivation and a workspace's deletion take what is kept with them", async () => {
  const operator = createOperatorService(postern.app.services);
  const { secret } = await createPersonalToken(postern, postern.owner.session);
  const { secret: ofWorkspace } = await createWorkspaceToken(postern, 'VIEWER');
  const leave = 'mutation ($id: ID!) { deleteWorkspace(input: { id: $id }) { deletedWorkspaceId } }';
  const id = postern.workspaceId;
  expect(await goneAfter(() => postern.post(leave, { id }, postern.owner.session))).toBe(1);
  expect((await postern.post('{ viewer { kind } }', {}, ofWorkspace)).code).toBe('INVALID_TOKEN');
  expect(await goneAfter(() => operator.deactivateUser(postern.owner.email))).toBe(1);
  expect((await postern.post('{ viewer { kind } }', {}, secret)).code).toBe('INVALID_TOKEN');
});

test('what is used is kept soon, and what is not used is not', async () => {
  const { db } = postern.database;
  const { secret } = await createPersonalToken(postern, postern.owner.session);
  await createPersonalToken(postern, postern.owner.session);
  await postern.post('{ viewer { kind } }', {}, secret);
  await expect.poll(() => db.selectFrom('token_snapshots').select('token_id').execute()).toHaveLength(1);
});

test('a change that is taken back leaves what is kept as it was', async () => {
  const { db, transact } = postern.database;
  await createPersonalToken(postern, postern.owner.session);
  await keepAll(postern.database);
  const attempt = transact(async (tx) => {
    await tx.updateTable('tokens').set({ revoked_at: 1 }).execute();
    expect(await tx.selectFrom('token_snapshots').select('digest').execute()).toEqual([]);
    await sql`select * from absent`.execute(tx);
  });
  await expect(attempt).rejects.toThrow('absent');
  expect(await compareKept(postern.database)).toBe((await digestsOf(postern.database)).length);
  expect(await db.selectFrom('token_snapshots').select('digest').execute()).toHaveLength(1);
});

test('many who ask at once are each told what is theirs', async () => {
  const { database } = postern;
  const issued = await Promise.all(
    Array.from({ length: 20 }, () => createPersonalToken(postern, postern.owner.session)),
  );
  const digests = await digestsOf(database);
  expect(digests).toHaveLength(issued.length);
  await database.transact((tx) => storeTokenSnapshots(tx, digests.slice(5)));
  const presentedTokens = createTokenSnapshots(database);
  const asked = [...digests, 'unknown', ...digests, "un'known"];
  const found = await Promise.all(asked.map((digest) => presentedTokens.find(database.db, digest)));
  for (const [place, digest] of asked.entries()) {
    expect(found[place]).toEqual(await buildTokenSnapshot(database.db, digest));
  }
});

test('a token whose ancestors are not all known opens nothing', async () => {
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
