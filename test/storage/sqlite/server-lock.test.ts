import { symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openSqliteDatabase } from '../../../src/storage/open.ts';
import { acquireServerLock } from '../../../src/storage/sqlite/server-lock.ts';
import { startProcess } from '../../support/child-process.ts';
import { writeTestDatabase } from '../../support/database.ts';
import { temporaryFolder } from '../../support/folder.ts';

const HOLDER = new URL('./lock-holding-process.ts', import.meta.url);
const REFUSAL =
  /^Another Postern server uses .*postern\.db\. Stop it, or set DATABASE_URL to another file\.$/;

function databaseFile(): string {
  const file = join(temporaryFolder(), 'postern.db');
  writeTestDatabase(file);
  return file;
}

test('a file has one server until it releases the lock', async () => {
  const file = databaseFile();
  const holder = startProcess(HOLDER, file);
  expect(await holder.next()).toBe('locked');

  expect(() => acquireServerLock(file)).toThrow(REFUSAL);

  holder.send('release');
  expect(await holder.next()).toBe('released');
  acquireServerLock(file).release();
});

test('the lock of a killed server is free', async () => {
  const file = databaseFile();
  const holder = startProcess(HOLDER, file);
  expect(await holder.next()).toBe('locked');
  await holder.kill();
  acquireServerLock(file).release();
});

test('a file has one server, even within a process and through a link', () => {
  const file = databaseFile();
  const link = join(temporaryFolder(), 'postern.db');
  symlinkSync(file, link);

  const lock = acquireServerLock(link);
  expect(() => acquireServerLock(file)).toThrow(REFUSAL);
  lock.release();
  acquireServerLock(file).release();
});

test('operator commands read and write while the server runs', async () => {
  const file = databaseFile();
  const lock = acquireServerLock(file);
  const handle = openSqliteDatabase(`file:${file}`);
  const attempt = { key: 'k', attempts: 1, resets_at: 0 };
  await handle.db.insertInto('attempt_counters').values(attempt).execute();
  expect(await handle.db.selectFrom('attempt_counters').selectAll().execute()).toEqual([attempt]);
  await handle.close();
  lock.release();
});

test('databases in memory are separate and need no lock', () => {
  const one = acquireServerLock(null);
  const other = acquireServerLock(null);
  one.release();
  other.release();
});
