import { sql } from 'kysely';
import pg from 'pg';
import { afterEach, beforeEach, expect, inject, test } from 'vitest';
import { countAttempts, deleteEndedWindows } from '../../src/storage/repositories/attempt-counters.ts';
import { startTestApp, type TestApp } from '../support/app.ts';
import { mutate } from '../support/channels.ts';
import { DIRECTORY_ENV } from '../support/directory.ts';
import { insertGroupedPeople } from '../support/grouped-people.ts';
import { siblingUrl } from '../support/postgres-server.ts';
import { createPersonalToken } from '../support/tokens.ts';

let postern: TestApp;
/** A connection that locks rows as another node would. */
let other: pg.Client;

beforeEach(async () => {
  postern = await startTestApp({ ...DIRECTORY_ENV, POSTERN_OIDC_CORP_GROUPS: '*' });
  const { rows } = await sql<{ name: string }>`select current_database() as name`.execute(
    postern.database.db,
  );
  other = new pg.Client({
    connectionString: siblingUrl(inject('postgresTemplate') as string, rows[0]?.name as string),
  });
  await other.connect();
  // Shorter than it takes the database to find a deadlock.
  await other.query(`set lock_timeout = '500ms'`);
});

afterEach(async () => {
  await other.end();
  await postern.close();
});

/** Resolves when a statement waits for a lock. */
async function someoneWaits(): Promise<void> {
  const waiting = `select 1 from pg_stat_activity where datname = current_database()
    and pid <> pg_backend_pid() and wait_event_type = 'Lock'`;
  const isWaiting = async () => {
    await other.query('select pg_stat_clear_snapshot()');
    return (await other.query(waiting)).rowCount !== 0;
  };
  await expect.poll(isWaiting, { interval: 5 }).toBe(true);
}

/** Locks the first row, starts work that needs both, and requires that the second row is free while the work waits. */
async function expectInOrder<T>(first: string, second: string, work: () => Promise<T>): Promise<T> {
  await other.query('begin');
  await other.query(first);
  const result = work();
  await someoneWaits();
  await other.query(second);
  await other.query('commit');
  return result;
}

test('pruning locks attempt counters in the order in which attempts lock them', async () => {
  const { db, transact } = postern.database;
  // The index by end has them the other way round.
  await countAttempts(db, ['b'], 0, 1);
  await countAttempts(db, ['a'], 0, 2);
  const lock = (key: string) => `update attempt_counters set attempts = 5 where key = '${key}'`;
  const prune = () => transact([], (tx) => deleteEndedWindows(tx, 10, 100));
  expect(await expectInOrder(lock('a'), lock('b'), prune)).toBe(2);
  const query = db.selectFrom('attempt_counters').selectAll().where('key', 'in', ['a', 'b']);
  expect(await query.execute()).toEqual([]);
});

test('a use of a derived token locks its ancestors first, as a revocation does', async () => {
  const { db } = postern.database;
  const scopes = [{ entityType: 'token', operations: ['CREATE'] }];
  const limited = { access: 'SCOPED', scopes, limits: { uses: 5 } };
  const parent = await createPersonalToken(postern, postern.owner.session, limited);
  const child = await createPersonalToken(postern, parent.secret, limited);
  const before = await db.selectFrom('tokens').select(['id', 'uses_left']).orderBy('id').execute();
  // A sequential scan finds the new version of the parent after the child.
  await sql`update tokens set description = 'new' where parent_id is null`.execute(db);
  await sql`analyze tokens`.execute(db);
  const verify = () =>
    postern.fetch(
      new Request('http://postern.test/verify', { headers: { authorization: `Bearer ${child.secret}` } }),
    );
  const lock = (condition: string) => `update tokens set name = 'new' where parent_id is ${condition}`;
  expect((await expectInOrder(lock('null'), lock('not null'), verify)).status).toBe(204);
  const after = await db.selectFrom('tokens').select(['id', 'uses_left']).orderBy('id').execute();
  expect(after).toEqual(before.map((row) => ({ ...row, uses_left: (row.uses_left as number) - 1 })));
});

test('while a large group gets a role, the groups of others at the provider change', async () => {
  const { app, database, owner, workspaceId } = postern;
  const ids = await insertGroupedPeople(database, 201, (id) =>
    id.endsWith('200') ? 'staff' : 'engineering',
  );
  const [last = '', outsider = ''] = ids.slice(-2);
  await other.query('begin');
  await other.query('select pg_advisory_xact_lock(hashtextextended($1, 0))', [`user ${last}`]);
  const input = { workspaceId, provider: 'corp', group: 'engineering', role: 'VIEWER' };
  const set = mutate(postern, 'setGroupRole', input, owner.session, '__typename');
  await someoneWaits();
  const identity = { id: outsider, userId: outsider, provider: 'corp' };
  await app.services.groups.replaceGroups(identity, ['staff', 'more'], { source: 'claim', at: 1 });
  await other.query('commit');
  expect((await set).errors).toEqual([]);
  const members = database.db.selectFrom('members').select('user_id').where('group_role', 'is not', null);
  expect(await members.execute()).toHaveLength(200);
});
