import { sql } from 'kysely';
import { afterEach, beforeEach, expect, inject, test } from 'vitest';
import type { DatabaseHandle } from '../../src/storage/database.ts';
import { isUnavailable, isUniqueViolation } from '../../src/storage/errors.ts';
import { MIGRATIONS, migrateToLatest, pendingMigrations } from '../../src/storage/migrations.ts';
import { openDatabase } from '../../src/storage/open.ts';
import { openTestDatabase } from '../support/database.ts';
import { runOn, siblingUrl } from '../support/postgres-server.ts';

let handle: DatabaseHandle;

beforeEach(async () => {
  handle = await openTestDatabase();
});

afterEach(() => handle.close());

/** Opens another server on the database of the test. */
async function openAgain(): Promise<DatabaseHandle> {
  const { rows } = await sql<{ name: string }>`select current_database() as name`.execute(handle.db);
  return openDatabase(siblingUrl(inject('postgresTemplate') as string, rows[0]?.name as string));
}

function attempt(key: string) {
  return { key, attempts: 0, resets_at: 0 };
}

/** Reads a counter and writes it plus one, which loses an update if two do it concurrently. */
function increment({ transact }: DatabaseHandle, key: string): Promise<void> {
  return transact([{ on: 'user', id: key }], async (tx) => {
    const { attempts } = await tx
      .selectFrom('attempt_counters')
      .select('attempts')
      .where('key', '=', key)
      .executeTakeFirstOrThrow();
    await tx
      .updateTable('attempt_counters')
      .set({ attempts: attempts + 1 })
      .where('key', '=', key)
      .execute();
  });
}

test('no change is lost of a hundred concurrent changes on two servers that read before they write', async () => {
  const other = await openAgain();
  await handle.db.insertInto('attempt_counters').values(attempt('counter')).execute();
  await Promise.all(
    Array.from({ length: 100 }, (_, turn) => increment(turn % 2 ? handle : other, 'counter')),
  );
  const row = await handle.db.selectFrom('attempt_counters').select('attempts').executeTakeFirstOrThrow();
  expect(row.attempts).toBe(100);
  await other.close();
});

test('of two concurrent changes that must not both happen, one fails', async () => {
  await handle.db
    .insertInto('attempt_counters')
    .values([attempt('one'), attempt('other')])
    .execute();
  const removeUnlessLast = (key: string) =>
    handle.transact([{ on: 'workspace', id: 'both' }], async (tx) => {
      const rows = await tx.selectFrom('attempt_counters').select('key').execute();
      if (rows.length > 1) await tx.deleteFrom('attempt_counters').where('key', '=', key).execute();
    });
  await Promise.all([removeUnlessLast('one'), removeUnlessLast('other')]);
  expect(await handle.db.selectFrom('attempt_counters').select('key').execute()).toHaveLength(1);
});

test('a unique violation is reported as such in concurrent transactions', async () => {
  const insert = () =>
    handle.transact([], (tx) => tx.insertInto('attempt_counters').values(attempt('a')).execute());
  const results = await Promise.allSettled([insert(), insert()]);
  const refused = results.filter((result) => result.status === 'rejected');
  expect(refused).toHaveLength(1);
  expect(isUniqueViolation(refused[0]?.reason)).toBe(true);
});

test('a transaction rethrows the error of its work and stores nothing', async () => {
  const work = handle.transact([], async (tx) => {
    await tx.insertInto('attempt_counters').values(attempt('a')).execute();
    throw new Error('no');
  });
  await expect(work).rejects.toThrow('no');
  expect(await handle.db.selectFrom('attempt_counters').selectAll().execute()).toEqual([]);
});

test('more concurrent changes than connections leave a connection for reads', async () => {
  const open = Array.from({ length: 50 }, (_, turn) =>
    handle.transact([], async (tx) => {
      await sql`select pg_sleep(0.05)`.execute(tx);
      await tx
        .insertInto('attempt_counters')
        .values(attempt(`${turn}`))
        .execute();
    }),
  );
  const written = Promise.all(open).then(() => 'written');
  const read = handle.db.selectFrom('users').selectAll().execute();
  expect(await Promise.race([written, read.then(() => 'read')])).toBe('read');
  await written;
});

test('text compares by bytes, integers are numbers, and a NUL finds nothing', async () => {
  const keys = ['a', 'B', 'Z', 'é', 'z', 'ä', '-', '😀', '\uFB00'];
  await handle.db.insertInto('attempt_counters').values(keys.map(attempt)).execute();
  const rows = await handle.db.selectFrom('attempt_counters').selectAll().orderBy('key').execute();
  const byBytes = [...keys].sort((one, other) => Buffer.compare(Buffer.from(one), Buffer.from(other)));
  expect(rows.map(({ key }) => key)).toEqual(byBytes);
  expect(rows[0]?.resets_at).toBe(0);
  const counted = handle.db
    .selectFrom('attempt_counters')
    .select(({ fn }) => [fn.countAll<number>().as('count'), fn.sum<number>('resets_at').as('sum')]);
  expect(await counted.executeTakeFirst()).toEqual({ count: keys.length, sum: 0 });
  const nul = handle.db.selectFrom('attempt_counters').selectAll().where('key', '=', 'a\0');
  expect(await nul.execute()).toEqual([]);
});

test('a connection that the database ended is reported as unavailable and replaced', async () => {
  const ended = handle.transact([], async (tx) => {
    await sql`select pg_terminate_backend(pg_backend_pid())`.execute(tx);
  });
  expect(isUnavailable(await ended.catch((error: unknown) => error))).toBe(true);
  expect(await handle.db.selectFrom('users').selectAll().execute()).toEqual([]);
});

test('the clock follows the database', async () => {
  const { rows } = await sql<{ at: number }>`
    select (extract(epoch from clock_timestamp()) * 1000)::float8 as at`.execute(handle.db);
  expect(Math.abs(handle.clock() - (rows[0]?.at as number))).toBeLessThan(1000);
});

test('a commit of another server is found by polling, and notified', async () => {
  const other = await openAgain();
  const heard = new Promise<void>((resolve) => handle.notifier.listen(resolve));
  // Commits in other databases of the server, by tests beside this one, look the same.
  await expect.poll(() => handle.changedElsewhere()).toBe(false);
  await other.transact([], (tx) => tx.insertInto('attempt_counters').values(attempt('a')).execute());
  expect(await handle.changedElsewhere()).toBe(true);
  // Notifications are lost until the listener is connected, so they are sent repeatedly.
  const notifying = setInterval(other.notifier.notify, 50);
  await heard;
  clearInterval(notifying);
  await other.close();
});

test('databases that could lose commits or cannot store every text are refused', async () => {
  const template = inject('postgresTemplate') as string;
  const admin = siblingUrl(template, 'postgres');
  const name = `${new URL(template).pathname.slice(1)}_refused`;
  const url = siblingUrl(template, name);
  await runOn(admin, `create database ${name}`, `alter database ${name} set synchronous_commit to off`);
  await expect(openDatabase(url)).rejects.toThrow('synchronous_commit off');
  await runOn(
    admin,
    `drop database ${name}`,
    `create database ${name} encoding 'LATIN1' locale 'C' template template0`,
  );
  await expect(openDatabase(url)).rejects.toThrow('encoding is LATIN1');
  await runOn(admin, `drop database ${name}`);
});

test('of servers that migrate concurrently one does it and the others wait; a newer schema is refused', async () => {
  const template = inject('postgresTemplate') as string;
  const name = `${new URL(template).pathname.slice(1)}_migrating`;
  await runOn(siblingUrl(template, 'postgres'), `create database ${name}`);
  const servers = await Promise.all([1, 2, 3].map(() => openDatabase(siblingUrl(template, name))));
  const reports = await Promise.all(servers.map((server) => migrateToLatest(server)));
  expect(reports.map(({ applied }) => applied.length).sort()).toEqual([0, 0, Object.keys(MIGRATIONS).length]);
  const [server] = servers as [DatabaseHandle];
  expect(await pendingMigrations(server)).toEqual([]);
  await expect(pendingMigrations(server, {})).rejects.toThrow('of a newer Postern');
  await Promise.all(servers.map((each) => each.close()));
});

test('a statement that takes too long is cancelled and reported as unavailable', async () => {
  const slow = sql`select pg_sleep(30)`.execute(handle.db);
  expect(isUnavailable(await slow.catch((error: unknown) => error))).toBe(true);
});
