import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { SqliteHandle } from '../../../src/storage/database.ts';
import { openSqliteDatabase } from '../../../src/storage/open.ts';
import { backupDatabase, copyDatabase } from '../../../src/storage/sqlite/backup.ts';
import { acquireServerLock } from '../../../src/storage/sqlite/server-lock.ts';
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

test('a backup writes to no path that another user could have prepared', async () => {
  const { file, folder, handle } = openFile();
  await handle.close();
  const copy = join(folder, 'copy.db');
  const foreign = join(folder, 'foreign');
  mkdirSync(`${copy}.partial`);
  symlinkSync(foreign, `${copy}.partial/postern.db`);
  backupDatabase(file, copy);
  expect(await attemptsIn(copy)).toEqual([]);
  expect(existsSync(foreign)).toBe(false);
  expect(readdirSync(folder).sort()).toEqual(['copy.db', 'copy.db.partial', 'postern.db']);
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

test('only its owner can enter the folder of a new database, and read its files and lock', async () => {
  const folder = join(temporaryFolder(), 'var', 'data');
  const handle = openSqliteDatabase(`file:${join(folder, 'postern.db')}`);
  handle.connection.exec('create table written (id text)');
  const lock = acquireServerLock(handle.file);
  const mode = (path: string) => statSync(path).mode & 0o777;
  expect(readdirSync(folder).map((name) => [name, mode(join(folder, name))])).toEqual([
    ['postern.db', 0o600],
    ['postern.db-server', 0o600],
    ['postern.db-server-journal', 0o600],
    ['postern.db-shm', 0o600],
    ['postern.db-wal', 0o600],
  ]);
  expect([mode(folder), mode(join(folder, '..'))]).toEqual([0o700, 0o700]);
  lock.release();
  await handle.close();
});

test('the size of the write-ahead log is that of the file itself, also if it is opened through a link', async () => {
  const { file, folder, handle } = openFile();
  await handle.close();
  const link = join(folder, 'link.db');
  symlinkSync(file, link);
  const linked = openSqliteDatabase(`file:${link}`);
  await addAttempt(linked, 'written');
  expect((await linked.measure()).bytes.wal).toBe(statSync(`${file}-wal`).size);
  expect(statSync(`${file}-wal`).size).toBeGreaterThan(0);
  await linked.close();
});
