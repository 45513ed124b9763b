import { sql } from 'kysely';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { up } from '../../db/migrations/0011-streams-and-limits.ts';
import { startTestApp, type TestApp } from '../support/app.ts';
import { createChannel, publish } from '../support/channels.ts';

let postern: TestApp;
beforeEach(async () => {
  postern = await startTestApp();
});
afterEach(() => postern.close());

test('messages and workspaces that exist count from the migration on', async () => {
  const { db } = postern.database;
  const channelId = await createChannel(postern);
  await createChannel(postern);
  for (const payload of ['four', 'é', 'seven..']) await publish(postern, channelId, payload);
  const state = async () => ({
    messages: await db.selectFrom('messages').select('bytes_before').orderBy('sequence').execute(),
    channels: await db.selectFrom('channels').select('bytes_published').orderBy('bytes_published').execute(),
    workspaces: await db.selectFrom('workspaces').select('created_by').execute(),
  });
  const before = await state();
  expect(before.messages.map((row) => row.bytes_before)).toEqual([0, 6, 10]);
  expect(before.workspaces[0]?.created_by).toBeTruthy();

  await sql`drop index messages_by_bytes`.execute(db);
  await sql`drop index workspaces_by_creator`.execute(db);
  await sql`alter table messages drop column bytes_before`.execute(db);
  await sql`alter table channels drop column bytes_published`.execute(db);
  await sql`alter table workspaces drop column created_by`.execute(db);
  await sql`drop table stream_slots`.execute(db);
  await sql`drop table stream_servers`.execute(db);
  await up(db as never);
  // The first workspace was made by no actor, so nobody's limit counts it.
  const orphaned = before.workspaces.map(() => ({ created_by: null }));
  expect(await state()).toEqual({ ...before, workspaces: orphaned });
});
