import { sql } from 'kysely';
import pg from 'pg';
import { afterEach, beforeEach, expect, inject, test } from 'vitest';
import { buildTokenSnapshot } from '../../src/storage/repositories/build-token-snapshot.ts';
import { createTokenSnapshots, storeTokenSnapshots } from '../../src/storage/repositories/token-snapshots.ts';
import { startTestApp, type TestApp } from '../support/app.ts';
import { siblingUrl } from '../support/postgres-server.ts';
import { createPersonalToken } from '../support/tokens.ts';

let postern: TestApp;
/** Somebody at the database's own prompt. */
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

/** Keeps all there is, while somebody else has not ended what they do. */
async function keepAll(): Promise<void> {
  const all = await digests();
  await postern.database.transact((tx) => storeTokenSnapshots(tx, all));
}

async function expectAllRight(): Promise<void> {
  const { db } = postern.database;
  const presentedTokens = createTokenSnapshots(postern.database);
  expect(await db.selectFrom('token_snapshots').select('digest').execute()).toHaveLength(
    (await digests()).length,
  );
  for (const digest of await digests()) {
    expect(await presentedTokens.find(db, digest)).toEqual(await buildTokenSnapshot(db, digest));
  }
}

const UNCOMMITTED = {
  'a token is revoked': 'update tokens set revoked_at = 1',
  'a token is given a scope':
    "insert into token_scopes select 's', id, 'channel', null, null, 2 from tokens order by id limit 1",
  'its user is deactivated': 'update users set deactivated_at = 1',
  'a secret is given an end': 'update token_secrets set valid_until = 1',
} as const;

test.each(Object.entries(UNCOMMITTED))('%s, and meanwhile what it opens is stored', async (_, statement) => {
  await createPersonalToken(postern, postern.owner.session);
  await operator.query('begin');
  await operator.query(statement);
  const kept = keepAll();
  await operator.query('select pg_sleep(0.05)');
  await operator.query('commit');
  await kept;
  await expectAllRight();
});

test.each(Object.entries(UNCOMMITTED))('%s, and meanwhile it derives another', async (_, statement) => {
  const scopes = [{ entityType: 'token', operations: ['CREATE'] }];
  const parent = await createPersonalToken(postern, postern.owner.session, { access: 'SCOPED', scopes });
  await operator.query('begin');
  await operator.query(statement);
  const kept = createPersonalToken(postern, parent.secret, { access: 'SCOPED', scopes }).then(
    keepAll,
    keepAll,
  );
  await operator.query('select pg_sleep(0.05)');
  await operator.query('commit');
  await kept;
  await keepAll();
  await expectAllRight();
});

/** Resolves when a statement of the server that works out what a secret opens waits for a lock. */
async function readerWaits(): Promise<void> {
  const waiting = `select 1 from pg_stat_activity where datname = current_database()
    and pid <> pg_backend_pid() and wait_event_type = 'Lock' and query not like '%token_snapshots%'`;
  await expect.poll(async () => (await operator.query(waiting)).rowCount, { interval: 5 }).not.toBe(0);
}

test('a child of a disabled token is refused while the disabled token is deleted', async () => {
  const scopes = [{ entityType: 'token', operations: ['CREATE'] }];
  const parent = await createPersonalToken(postern, postern.owner.session, { access: 'SCOPED', scopes });
  const child = await createPersonalToken(postern, parent.secret, { access: 'SCOPED', scopes });
  const disable = 'mutation ($id: ID!) { disableToken(input: { id: $id }) { token { id } } }';
  await postern.post(disable, { id: parent.id }, postern.owner.session);
  await operator.query('begin');
  // Whoever reads the ancestors of the child waits here, and goes on when they are gone.
  await operator.query('lock table token_ancestors in access exclusive mode');
  const headers = { authorization: `Bearer ${child.secret}` };
  const answer = postern.fetch(new Request('http://postern.test/verify', { headers }));
  await readerWaits();
  await operator.query('delete from tokens where parent_id is null');
  await operator.query('commit');
  expect((await answer).status).toBe(401);
});
