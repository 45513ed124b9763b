import { afterEach, beforeEach, expect, test } from 'vitest';
import type { SqliteHandle } from '../../../src/storage/database.ts';
import { openTestSqlite } from '../../support/database.ts';

let database: SqliteHandle;
beforeEach(async () => {
  database = openTestSqlite();
  // Kysely creates the dialect with the first query.
  await database.db.selectFrom('users').select('id').execute();
});
afterEach(() => database.close());

const HOT = 'select id from users where id = ?';

function prepareLists(count: number, length: number): void {
  for (let i = 0; i < count; i += 1) {
    database.connection.prepare(`select ${i} from users where id in (${'?, '.repeat(length)}?)`);
  }
}

test('a statement in use stays prepared while many others are executed', () => {
  const hot = database.connection.prepare(HOT);
  for (let round = 0; round < 10; round += 1) {
    prepareLists(100, round * 10);
    expect(database.connection.prepare(HOT)).toBe(hot);
  }
});

test('few statements with long lists fill the cache', () => {
  const hot = database.connection.prepare(HOT);
  prepareLists(200, 2000);
  expect(database.connection.prepare(HOT)).not.toBe(hot);
});
