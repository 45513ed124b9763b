import { expect, test } from 'vitest';
import { startTestApp } from '../support/app.ts';
import { openTestDatabase } from '../support/database.ts';
import { createPersonalToken } from '../support/tokens.ts';

test('a test gets an empty database, although the test before it wrote to it', async () => {
  const first = await startTestApp();
  await first.person('Ann', 'ADMINISTRATOR');
  await createPersonalToken(first, first.owner.session);
  await first.close();
  const second = await openTestDatabase();
  const tables = (await second.db.introspection.getTables()).map(({ name }) => name);
  expect(tables).toContain('tokens');
  for (const name of tables) {
    if (name.startsWith('kysely')) continue;
    expect([
      name,
      await second.db
        .selectFrom(name as 'tokens')
        .selectAll()
        .execute(),
    ]).toEqual([name, []]);
  }
  await second.close();
});

test('a test cannot use its database after it has closed it', async () => {
  const { close, db, transact } = await openTestDatabase();
  await db.selectFrom('users').selectAll().execute();
  await close();
  await expect(db.selectFrom('users').selectAll().execute()).rejects.toThrow();
  await expect(transact([], (tx) => tx.deleteFrom('users').execute())).rejects.toThrow();
  const next = await openTestDatabase();
  await expect(transact([], (tx) => tx.deleteFrom('users').execute())).rejects.toThrow();
  await next.close();
});
