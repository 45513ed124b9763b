import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { DatabaseHandle } from '../../src/storage/database.ts';
import { findSessionByDigest } from '../../src/storage/repositories/accounts/sessions.ts';
import { findUserChannelAccess } from '../../src/storage/repositories/channels.ts';
import { findMembership } from '../../src/storage/repositories/workspaces.ts';
import { startTestApp, type TestApp } from '../support/app.ts';
import { createChannel } from '../support/channels.ts';

let postern: TestApp;
let db: DatabaseHandle['db'];

beforeEach(async () => {
  postern = await startTestApp();
  db = postern.database.db;
});

afterEach(() => postern.close());

/** Returns the ids of users and channels that exist, and of some that do not. */
async function places() {
  const viewer = await postern.person('viewer', 'VIEWER');
  const stranger = await postern.person('stranger');
  await createChannel(postern, { name: 'one' });
  await createChannel(postern, { name: 'two' });
  const channels = await db.selectFrom('channels').select('id').execute();
  const users = await db.selectFrom('users').select(['id', 'email']).execute();
  expect(users.map(({ email }) => email)).toEqual(expect.arrayContaining([viewer.email, stranger.email]));
  return {
    users: [...users.map(({ id }) => id), 'no-user'],
    channels: [...channels.map(({ id }) => id), 'no-channel'],
  };
}

test('lookups of one turn are one statement, and each gets its own row', async () => {
  const { users, channels } = await places();
  const pairs = users.flatMap((user) => channels.map((channel) => [user, channel] as const));
  const find = ([user, channel]: (typeof pairs)[number]) => findUserChannelAccess(db, user, channel, 0);
  // First of all: rows that are known are read again in a second statement if anything was committed on the server meanwhile.
  const sent = vi.spyOn(db, 'executeQuery');
  const together = await Promise.all(pairs.map(find));
  expect(sent).toHaveBeenCalledTimes(1);
  const alone = [];
  for (const pair of pairs) alone.push(await find(pair));
  expect(together).toEqual(alone);
  expect(new Set(together.map((access) => access?.role))).toEqual(
    new Set(['OWNER', 'VIEWER', null, undefined]),
  );
});

test('lookups with different parameters share a statement', async () => {
  const { users } = await places();
  const roles = ['VIEWER', 'OWNER'] as const;
  const sent = vi.spyOn(db, 'executeQuery');
  const found = await Promise.all(
    users.flatMap((user) => roles.map((role) => findMembership(db, user, role, null))),
  );
  expect(found.filter(Boolean)).toHaveLength(3);
  expect(sent).toHaveBeenCalledTimes(1);
});

test('a lookup that fails refuses all callers of its turn, and the next turn works', async () => {
  const failure = new Error('connection lost');
  vi.spyOn(db, 'executeQuery').mockRejectedValueOnce(failure);
  const found = await Promise.allSettled([findSessionByDigest(db, 'a'), findSessionByDigest(db, 'b')]);
  expect(found).toEqual([1, 2].map(() => ({ status: 'rejected', reason: failure })));
  expect(await findSessionByDigest(db, 'a')).toBeNull();
});
