import { expect, test } from 'vitest';
import { openSqliteDatabase } from '../../../src/storage/database.ts';
import { MIGRATIONS, migrateToLatest } from '../../../src/storage/migrations.ts';

const NAME = '0008-verified-emails';

test("of the accounts that exist, those are verified that the log proves to be the operator's", async () => {
  const handle = openSqliteDatabase('file::memory:');
  const earlier = Object.entries(MIGRATIONS).filter(([name]) => name < NAME);
  await migrateToLatest(handle, { migrations: Object.fromEntries(earlier) });
  const insert = handle.connection.prepare(
    'insert into users (id, email, name, password_hash, created_at) values (?, ?, ?, ?, 5)',
  );
  const log = handle.connection.prepare(
    `insert into audit_events (id, at, action, user_id, actor_kind, actor_id, detail)
     values (?, 5, 'user.created', ?, ?, ?, ?)`,
  );
  for (const id of ['operators', 'invited', 'forgotten']) insert.run(id, `${id}@example.com`, id, '-');
  log.run('a', 'operators', null, null, '{}');
  log.run('b', 'invited', 'SESSION', 'invited', '{"by":"invitation"}');

  await migrateToLatest(handle);
  const users = handle.connection.prepare('select id, email_verified_at from users order by id').raw().all();
  expect(users).toEqual([
    ['forgotten', null],
    ['invited', null],
    ['operators', 5],
  ]);
  await handle.close();
});
