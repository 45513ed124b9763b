import { join } from 'node:path';
import { describe, expect, inject, onTestFinished, test } from 'vitest';
import { OperatorError } from '../../src/platform/operator-error.ts';
import { MIGRATIONS, migrateToLatest, pendingMigrations } from '../../src/storage/migrations.ts';
import { openDatabase } from '../../src/storage/open.ts';
import { temporaryFolder } from '../support/folder.ts';
import { runOn, siblingUrl } from '../support/postgres-server.ts';

const template = inject('postgresTemplate') as string;
/** The project deletes every database whose name begins with that of the template. */
const nameOf = (name: string) => `${new URL(template).pathname.slice(1)}_${name}`;

async function createDatabase(name: string, ...statements: string[]): Promise<string> {
  await runOn(siblingUrl(template, 'postgres'), `create database ${nameOf(name)}`);
  const url = siblingUrl(template, nameOf(name));
  await runOn(url, 'select 1', ...statements);
  return url;
}

const inSchema = (url: string, schema: string) => `${url}?options=-c%20search_path%3D${schema}`;

/** Migrates a database and returns how many users it has. */
async function migrate(url: string): Promise<number> {
  const handle = await openDatabase(url);
  try {
    await migrateToLatest(handle);
    expect(await pendingMigrations(handle)).toEqual([]);
    return (await handle.db.selectFrom('users').selectAll().execute()).length;
  } finally {
    await handle.close();
  }
}

/** Returns the message of the `OperatorError` with which a database is refused. */
async function refusalOf(url: string): Promise<string> {
  try {
    await migrate(url);
  } catch (error) {
    if (error instanceof OperatorError) return error.message;
    throw error;
  }
  return 'accepted';
}

describe('a database with several schemas', () => {
  test('can have the tables of another program that uses Kysely', async () => {
    const url = await createDatabase(
      'beside',
      'create schema other',
      'create table other.kysely_migration (name text, timestamp text)',
      "insert into other.kysely_migration values ('2020-theirs', '')",
      'create table other.kysely_migration_lock (id text, is_locked int)',
    );
    expect(await migrate(url)).toBe(0);
    expect(await runOn(url, 'select name from other.kysely_migration')).toEqual([{ name: '2020-theirs' }]);
  });

  test('can have one Postern in each of them', async () => {
    const url = await createDatabase('twice', 'create schema second');
    await migrate(url);
    expect(await migrate(inSchema(url, 'second'))).toBe(0);
    const rows = await runOn(url, 'select name from second.kysely_migration order by name');
    expect(rows.map(({ name }) => name)).toEqual(Object.keys(MIGRATIONS));
  });

  test('is refused untouched if its schema belongs to another program', async () => {
    const kysely = await createDatabase(
      'theirs',
      'create table kysely_migration (name text, timestamp text)',
      "insert into kysely_migration values ('2020-theirs', '')",
    );
    expect(await refusalOf(kysely)).toMatch(/^Another program that uses Kysely .*2020-theirs/);
    const other = await createDatabase('other', 'create table users (id int)');
    expect(await refusalOf(other)).toMatch(/its table users here.*a database or a schema of its own/);
    for (const [url, tables] of [
      [kysely, ['kysely_migration']],
      [other, ['users']],
    ] as const) {
      const rows = await runOn(url, "select tablename from pg_tables where schemaname = 'public'");
      expect(rows.map(({ tablename }) => tablename)).toEqual(tables);
    }
  });

  test('is refused if search_path names a schema that does not exist', async () => {
    const url = await createDatabase('pathless');
    expect(await refusalOf(inSchema(url, 'absent'))).toContain('no schema of search_path');
  });
});

describe('a mistake of the operator is refused in one sentence', () => {
  const change = (part: Partial<URL>, database = 'postgres') =>
    Object.assign(new URL(siblingUrl(template, database)), part).href;

  test('a wrong password, user, database, host or port, and a missing right', async () => {
    const guest = nameOf('guest');
    const url = await createDatabase('foreign_owner', `create role ${guest} login password 'guest'`);
    onTestFinished(async () => void (await runOn(url, `drop role ${guest}`)));
    expect(await refusalOf(change({ password: 'wrong' }))).toMatch(
      /password authentication failed.*PGPASSWORD/,
    );
    expect(await refusalOf(change({ username: 'absent' }))).toMatch(/"absent".*Check the user/);
    expect(await refusalOf(change({}, 'absent'))).toMatch(/"absent" does not exist.*Create the database/);
    expect(await refusalOf(change({ port: '1' }))).toMatch(/^Cannot connect to PostgreSQL: .*ECONNREFUSED/);
    expect(await refusalOf(change({ hostname: 'absent.invalid' }))).toMatch(
      /absent\.invalid.*Check the host/,
    );
    expect(await refusalOf(change({ username: guest, password: 'guest' }, nameOf('foreign_owner')))).toMatch(
      /permission denied.*owner of the database/,
    );
  });

  test('options that do not exist', async () => {
    expect(await refusalOf(`${template}?options=--bogus`)).toMatch(
      /^PostgreSQL refused: .*Check DATABASE_URL/,
    );
    expect(await refusalOf(`${template}?options=-c%20bogus%3D1`)).toMatch(/"bogus".*Check DATABASE_URL/);
  });

  test('a database that cannot be written', async () => {
    const url = await createDatabase('replica');
    await runOn(url, `alter database ${nameOf('replica')} set default_transaction_read_only = on`);
    expect(await refusalOf(url)).toMatch(/read-only transaction.*name the primary server/);
  });

  test('a server without TLS, and a certificate that cannot be read', async () => {
    expect(await refusalOf(`${template}?sslmode=require`)).toMatch(/does not support SSL.*sslmode/);
    const missing = encodeURIComponent(join(temporaryFolder(), 'ca.pem'));
    expect(await refusalOf(`${template}?sslmode=verify-full&sslrootcert=${missing}`)).toMatch(
      /^A file that DATABASE_URL names cannot be read: ENOENT/,
    );
  });
});
