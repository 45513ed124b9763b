import { sql } from 'kysely';
import pg from 'pg';
import { afterEach, beforeEach, expect, inject, test } from 'vitest';
import { buildTokenSnapshot } from '../../src/storage/repositories/build-token-snapshot.ts';
import { createTokenSnapshots, storeTokenSnapshots } from '../../src/storage/repositories/token-snapshots.ts';
import { startTestApp, type TestApp } from '../support/app.ts';
import { siblingUrl } from '../support/postgres-server.ts';
import { createPersonalToken } from '../support/tokens.ts';

let postern: TestApp;
/** A direct connection to the database. */
let operator: pg.Client;

beforeEach(async () => {
  postern = await startTestApp();
  const { rows } = await sql<{ name: string }>`select current_database() as name`.execute(
    postern.database.db,
  );
  const connectionString = siblingUrl(inject('postgresTemplate') as string, rows[0]?.name as string);
  operator = new pg.Client({ connectionString });
  await operator.connect();
});

afterEach(async () => {
  await operator.end();
  await postern.close();
});

async function digests(): Promise<string[]> {
  const rows = await postern.database.db.selectFrom('token_secrets').select('digest').execute();
  return rows.map(({ digest }) => digest);
}

/** Stores the snapshot of every secret. */
async function storeAll(): Promise<void> {
  const all = await digests();
  await storeTokenSnapshots(postern.database.transact, all);
}

async function expectAllCorrect(): Promise<void> {
  const { db } = postern.database;
  const snapshots = createTokenSnapshots(postern.database);
  expect(await db.selectFrom('token_snapshots').select('digest').execute()).toHaveLength(
    (await digests()).length,
  );
  for (const digest of await digests()) {
    expect(await snapshots.peek(db, digest)).toEqual(await buildTokenSnapshot(db, digest));
  }
}

const UNCOMMITTED = {
  'the token is revoked': 'update tokens set revoked_at = 1',
  'the token gets a scope':
    "insert into token_scopes select 's', id, 'channel', null, null, 'READ' from tokens order by id limit 1",
  'its user is deactivated': 'update users set deactivated_at = 1',
  'the secret gets an end': 'update token_secrets set valid_until = 1',
} as const;

test.each(Object.entries(UNCOMMITTED))(
  'the snapshot is correct if it is stored while %s',
  async (_, statement) => {
    await createPersonalToken(postern, postern.owner.session);
    await operator.query('begin');
    await operator.query(statement);
    const stored = storeAll();
    await operator.query('select pg_sleep(0.05)');
    await operator.query('commit');
    await stored;
    await expectAllCorrect();
  },
);

test.each(Object.entries(UNCOMMITTED))(
  'the snapshots are correct if the token derives another while %s',
  async (_, statement) => {
    const scopes = [{ entityType: 'token', operations: ['CREATE'] }];
    const parent = await createPersonalToken(postern, postern.owner.session, { access: 'SCOPED', scopes });
    await operator.query('begin');
    await operator.query(statement);
    const stored = createPersonalToken(postern, parent.secret, { access: 'SCOPED', scopes }).then(
      storeAll,
      storeAll,
    );
    await operator.query('select pg_sleep(0.05)');
    await operator.query('commit');
    await stored;
    await storeAll();
    await expectAllCorrect();
  },
);

/** Resolves when a statement of the server that reads the ancestors of a token waits for a lock. */
async function readerWaits(): Promise<void> {
  const waiting = "select 1 from pg_locks where relation = 'token_ancestors'::regclass and not granted";
  const isWaiting = async () => (await operator.query(waiting)).rowCount !== 0;
  await expect.poll(isWaiting, { interval: 5 }).toBe(true);
}

test('a child of a disabled token is refused while the disabled token is deleted', async () => {
  const scopes = [{ entityType: 'token', operations: ['CREATE'] }];
  const parent = await createPersonalToken(postern, postern.owner.session, { access: 'SCOPED', scopes });
  const child = await createPersonalToken(postern, parent.secret, { access: 'SCOPED', scopes });
  const disable = 'mutation ($id: ID!) { disableToken(input: { id: $id }) { token { id } } }';
  await postern.post(disable, { id: parent.id }, postern.owner.session);
  await operator.query('begin');
  // A reader of the child's ancestors waits for this lock until they are deleted.
  await operator.query('lock table token_ancestors in access exclusive mode');
  const headers = { authorization: `Bearer ${child.secret}` };
  const answer = postern.fetch(new Request('http://postern.test/verify', { headers }));
  await readerWaits();
  await operator.query('delete from tokens where parent_id is null');
  await operator.query('commit');
  expect((await answer).status).toBe(401);
});

test('a snapshot and its user are found by hashes', async () => {
  await operator.query('set enable_seqscan = off');
  const { rows } = await operator.query(
    "explain select content, email from token_snapshots left join users on users.id = user_id where digest = 'a'",
  );
  expect(JSON.stringify(rows)).toContain('Index Scan using token_snapshots_by_digest');
  expect(JSON.stringify(rows)).toContain('Index Scan using users_by_id');
});
