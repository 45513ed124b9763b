import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { type Kysely, sql } from 'kysely';
import { expect, test } from 'vitest';
import { MIGRATIONS, migrateToLatest, pendingMigrations } from '../../../src/storage/migrations.ts';
import { openSqliteDatabase } from '../../../src/storage/open.ts';
import { startProcess } from '../../support/child-process.ts';
import { writeTestDatabase } from '../../support/database.ts';
import { temporaryFolder } from '../../support/folder.ts';

const MIGRATING = new URL('./migrating-process.ts', import.meta.url);
const NAMES = Object.keys(MIGRATIONS);
const NEWEST = NAMES.at(-1);

function newFile(): string {
  return join(temporaryFolder(), 'postern.db');
}

function tablesOf(file: string): unknown[] {
  const database = new Database(file, { readonly: true });
  const names = database
    .prepare("select name from sqlite_schema where type = 'table' order by name")
    .pluck()
    .all();
  database.close();
  return names;
}

function digestOf(file: string): string {
  return createHash('sha256').update(readFileSync(file)).digest('hex');
}

function addsTable(name: string) {
  return { up: (db: Kysely<unknown>) => db.schema.createTable(name).addColumn('id', 'text').execute() };
}

test('an empty database gets every migration, and no copy', async () => {
  const handle = openSqliteDatabase(`file:${newFile()}`);
  expect(await pendingMigrations(handle)).toEqual(NAMES);
  expect(await migrateToLatest(handle)).toEqual({ applied: NAMES, copy: null });
  expect(await pendingMigrations(handle)).toEqual([]);
  await handle.close();
});

test('a second run changes nothing', async () => {
  const file = newFile();
  const handle = openSqliteDatabase(`file:${file}`);
  await migrateToLatest(handle);
  await handle.close();
  const before = digestOf(file);

  const again = openSqliteDatabase(`file:${file}`);
  expect(await migrateToLatest(again)).toEqual({ applied: [], copy: null });
  await again.close();
  expect(digestOf(file)).toBe(before);
});

test('a database with a schema is copied before the first pending migration', async () => {
  const file = newFile();
  writeTestDatabase(file);
  const handle = openSqliteDatabase(`file:${file}`);
  await handle.db
    .insertInto('attempt_counters')
    .values({ key: 'stored', attempts: 1, resets_at: 0 })
    .execute();

  const migrations = { ...MIGRATIONS, '9998-one': addsTable('one'), '9999-two': addsTable('two') };
  const copy = `${file}-at-${NEWEST}`;
  expect(await migrateToLatest(handle, { migrations })).toEqual({ applied: ['9998-one', '9999-two'], copy });
  await handle.close();

  const before = openSqliteDatabase(`file:${copy}`);
  expect(await pendingMigrations(before)).toEqual([]);
  expect(await before.db.selectFrom('attempt_counters').select('key').execute()).toEqual([{ key: 'stored' }]);
  await before.close();
});

test('a failed migration leaves the schema of the previous one, and can be run again', async () => {
  const file = newFile();
  const handle = openSqliteDatabase(`file:${file}`);
  const fails = {
    async up(db: Kysely<unknown>): Promise<void> {
      await addsTable('half').up(db);
      await sql`select * from absent`.execute(db);
    },
  };
  const migrations = { ...MIGRATIONS, '9998-one': addsTable('one'), '9999-fails': fails };

  await expect(migrateToLatest(handle, { migrations })).rejects.toThrow('no such table: absent');
  expect(await pendingMigrations(handle, migrations)).toEqual(['9999-fails']);
  expect(tablesOf(file)).toContain('one');
  expect(tablesOf(file)).not.toContain('half');

  const repaired = { ...migrations, '9999-fails': addsTable('half') };
  expect((await migrateToLatest(handle, { migrations: repaired })).applied).toEqual(['9999-fails']);
  await handle.close();
});

test('a process killed during a migration leaves nothing of it', async () => {
  const file = newFile();
  const killed = startProcess(MIGRATING, file);
  expect(await killed.next()).toBe('open');
  expect(await killed.next()).toBe('half-way');
  await killed.kill();

  const handle = openSqliteDatabase(`file:${file}`);
  expect(tablesOf(file)).not.toContain('first_half');
  expect(await migrateToLatest(handle)).toEqual({ applied: [], copy: null });
  expect(handle.connection.pragma('integrity_check', { simple: true })).toBe('ok');
  await handle.close();
});

test('of two concurrent processes one migrates, and the other waits', async () => {
  const file = newFile();
  const first = startProcess(MIGRATING, file);
  expect(await first.next()).toBe('open');
  expect(await first.next()).toBe('half-way');
  const second = startProcess(MIGRATING, file);
  expect(await second.next()).toBe('open');

  first.send('go on');
  expect(await first.next()).toEqual({ applied: [...NAMES, '9999-slow'], copy: null });
  expect(await second.next()).toEqual({ applied: [], copy: null });
  expect(tablesOf(file)).toContain('second_half');
});

test('the schema of a newer version is refused untouched', async () => {
  const file = newFile();
  const newer = openSqliteDatabase(`file:${file}`);
  await migrateToLatest(newer, { migrations: { ...MIGRATIONS, '9999-newer': addsTable('newer') } });
  await newer.close();
  const before = digestOf(file);

  const handle = openSqliteDatabase(`file:${file}`);
  const refusal =
    'The database has the migration 9999-newer of a newer Postern. Run that version, or restore';
  await expect(migrateToLatest(handle)).rejects.toThrow(refusal);
  await expect(pendingMigrations(handle)).rejects.toThrow(refusal);
  await handle.close();
  expect(digestOf(file)).toBe(before);
  expect(readdirSync(join(file, '..'))).toEqual(['postern.db']);
});

test('a database of a development version from before the first release is refused untouched', async () => {
  const file = newFile();
  const old = openSqliteDatabase(`file:${file}`);
  await migrateToLatest(old, {
    migrations: { '0001-core': addsTable('users'), '0002-channels': addsTable('channels') },
  });
  await old.close();
  const before = digestOf(file);

  const handle = openSqliteDatabase(`file:${file}`);
  const refusal = 'A development version from before the first release created this database';
  await expect(migrateToLatest(handle)).rejects.toThrow(refusal);
  await expect(pendingMigrations(handle)).rejects.toThrow(refusal);
  await handle.close();
  expect(digestOf(file)).toBe(before);
});

test.each(['delete', 'wal'])(
  'a database of another program (journal mode %s) is refused untouched',
  (mode) => {
    const file = newFile();
    const other = new Database(file);
    other.pragma(`journal_mode = ${mode}`);
    other.exec('create table invoices (id integer primary key); insert into invoices values (1)');
    other.close();
    const before = digestOf(file);

    expect(() => openSqliteDatabase(`file:${file}`)).toThrow(
      `${file} is not a Postern database. Set DATABASE_URL to another file.`,
    );
    expect(digestOf(file)).toBe(before);
    expect(readdirSync(join(file, '..'))).toEqual(['postern.db']);
  },
);

test('a file that is not a database is refused untouched', () => {
  const file = newFile();
  writeFileSync(file, 'a letter, and not a short one either: '.repeat(100));
  const before = digestOf(file);
  expect(() => openSqliteDatabase(`file:${file}`)).toThrow('is not a Postern database');
  expect(digestOf(file)).toBe(before);
});
