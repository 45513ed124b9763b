import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import type { SqliteHandle } from '../../../src/storage/database.ts';
import { openSqliteDatabase } from '../../../src/storage/open.ts';
import { writeTestDatabase } from '../../support/database.ts';
import { temporaryFolder } from '../../support/folder.ts';

function open(file: string): SqliteHandle {
  const handle = openSqliteDatabase(`file:${file}`);
  onTestFinished(() => handle.close());
  return handle;
}

async function write({ db }: SqliteHandle, key: string): Promise<void> {
  await db.insertInto('attempt_counters').values({ key, attempts: 1, resets_at: 1 }).execute();
}

test('a commit of another process is reported once; commits of this process are not', async () => {
  const file = join(temporaryFolder(), 'postern.db');
  writeTestDatabase(file);
  const [here, elsewhere] = [open(file), open(file)];
  expect(await here.changedElsewhere()).toBe(true);
  expect(await here.changedElsewhere()).toBe(false);
  await write(here, 'own');
  expect(await here.changedElsewhere()).toBe(false);
  await write(elsewhere, 'foreign');
  expect(await here.changedElsewhere()).toBe(true);
  expect(await here.changedElsewhere()).toBe(false);
});
