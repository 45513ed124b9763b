import { sql } from 'kysely';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { startTestApp, type TestApp } from '../support/app.ts';

let postern: TestApp;
beforeEach(async () => {
  postern = await startTestApp();
});
afterEach(() => postern.close());

async function countAndPage() {
  const { data } = await postern.post(
    '{ viewer { auditEvents(last: 1) { totalCount pageInfo { hasPreviousPage } nodes { action } } } }',
    {},
    postern.owner.session,
  );
  return data.viewer.auditEvents;
}

/** Inserts audit rows of the owner. */
async function insertRows(rows: number, prefix: string): Promise<void> {
  await sql`
    insert into audit_events (id, at, action, user_id, detail)
    with recursive n(i) as (select 1 union all select i + 1 from n where i < ${sql.lit(rows)})
    select ${sql.lit(prefix)} || i, 1, 'token.created', u.id, '{}' from n cross join users as u`.execute(
    postern.database.db,
  );
}

test('totalCount is exact up to 10,000, and 10,001 for every longer list', async () => {
  const { totalCount } = await countAndPage();
  await insertRows(10_000 - totalCount, 'a');
  expect(await countAndPage()).toMatchObject({ totalCount: 10_000 });
  await insertRows(1, 'b');
  expect(await countAndPage()).toMatchObject({ totalCount: 10_001 });
  await insertRows(500, 'c');
  expect(await countAndPage()).toEqual({
    totalCount: 10_001,
    pageInfo: { hasPreviousPage: true },
    nodes: [{ action: 'token.created' }],
  });
});
