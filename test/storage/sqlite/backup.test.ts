import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { SqliteHandle } from '../../../src/storage/database.ts';
import { openSqliteDatabase } from '../../../src/storage/open.ts';
import { backupDatabase, copyDatabase } from '../../../src/storage/sqlite/backup.ts';
import { writeTestDatabase } from '../../support/database.ts';
import { temporaryFolder } from '../../support/folder.ts';

async function addAttempt(handle: SqliteHandle, key: string): Promise<void> {
  await handle.db.insertInto('attempt_counters').values({ key, attempts: 1, resets_at: 0 }).execute();
}

async function attemptsIn(file: string): Promise<string[]> {
  const handle = openSqliteDatabase(`file:${file}`);
  const rows = await handle.db.selectFrom('attempt_counters').select('key').orderBy('key').execute();
  expect(handle.connection.pragma('integrity_check', { simple: true })).toBe('ok');
  await handle.close();
  return rows.map((row) => row.key);
}

function openFile(): { file: string; folder: string; handle: SqliteHandle } {
  const folder = temporaryFolder();
  const file = join(folder, 'postern.db');
  writeTestDatabase(file);
  return { file, folder, handle: openSqliteDatabase(`file:${file}`) };
}

test('a backup of an open database has all commits and nothing of an open transaction', async () => {
  const { file, folder, handle } = openFile();
  await addAttempt(handle, 'committed');
  const copy = join(folder, 'copy.db');

  await handle.db.transaction().execute(async (transaction) => {
    await transaction
      .insertInto('attempt_counters')
      .values({ key: 'open', attempts: 1, resets_at: 0 })
      .execute();
    backupDatabase(file, copy);
  });
  await addAttempt(handle, 'later');

  expect(await attemptsIn(copy)).toEqual(['committed']);
  expect(await attemptsIn(file)).toEqual(['committed', 'later', 'open']);
  await handle.close();
});

test('only its owner can read a backup, and no other file is left', async () => {
  const { file, folder, handle } = openFile();
  await handle.close();
  backupDatabase(file, join(folder, 'copy.db'));
  expect(statSync(join(folder, 'copy.db')).mode & 0o777).toBe(0o600);
  expect(readdirSync(folder).sort()).toEqual(['copy.db', 'postern.db']);
});

test('a backup never overwrites a file', async () => {
  const { file, folder, handle } = openFile();
  await handle.close();
  const precious = join(folder, 'precious');
  writeFileSync(precious, 'precious');
  expect(() => backupDatabase(file, precious)).toThrow(
    `${precious} already exists. Name a new file for the backup.`,
  );
  expect(readFileSync(precious, 'utf8')).toBe('precious');
});

test('a failed backup leaves no file', () => {
  const folder = temporaryFolder();
  expect(() => backupDatabase(join(folder, 'absent.db'), join(folder, 'copy.db'))).toThrow();
  expect(readdirSync(folder)).toEqual([]);
});

test('a copy replaces an older copy', async () => {
  const { file, folder, handle } = openFile();
  const copy = join(folder, 'copy.db');
  copyDatabase(file, copy);
  await addAttempt(handle, 'later');
  copyDatabase(file, copy);
  expect(await attemptsIn(copy)).toEqual(['later']);
  await handle.close();
});

test('only its owner can read a new database and the files beside it', async () => {
  const folder = join(temporaryFolder(), 'data');
  const handle = openSqliteDatabase(`file:${join(folder, 'postern.db')}`);
  handle.connection.exec('create table written (id text)');
  const modes = readdirSync(folder).map((name) => statSync(join(folder, name)).mode & 0o777);
  expect(modes).toEqual([0o600, 0o600, 0o600]);
  await handle.close();
});
