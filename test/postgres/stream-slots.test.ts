import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { systemIds } from '../../src/platform/ids.ts';
import type { DatabaseHandle } from '../../src/storage/database.ts';
import { createPostgresStreamSlots } from '../../src/storage/postgres/stream-slots.ts';
import type { StreamSlots } from '../../src/storage/stream-slots.ts';
import { openTestDatabase } from '../support/database.ts';

const MOST = 20;
const LEASE_MS = 30_000;

let database: DatabaseHandle;
let now: number;
let servers: StreamSlots[];
beforeEach(async () => {
  database = await openTestDatabase();
  now = 1_000_000;
  servers = [];
});
afterEach(async () => {
  vi.useRealTimers();
  for (const server of servers) await server.close();
  await database.close();
});

function startServer(): StreamSlots {
  const server = createPostgresStreamSlots({ db: database.db, clock: () => now, ids: systemIds });
  servers.push(server);
  return server;
}

const ignore = () => {};

test('servers that open streams of a credential concurrently open exactly as many as the limit allows', async () => {
  const [first, second, third] = [startServer(), startServer(), startServer()];
  const slots = await Promise.all(
    Array.from({ length: 60 }, (_, at) => [first, second, third][at % 3]?.take('a', MOST, ignore)),
  );
  expect(slots.filter((slot) => slot !== null)).toHaveLength(MOST);
  expect(await first.take('b', MOST, ignore)).not.toBeNull();
});

test('the slot of a stream that ended on one server is free on every server', async () => {
  const [first, second] = [startServer(), startServer()];
  const slot = await first.take('a', 1, ignore);
  expect(await second.take('a', 1, ignore)).toBeNull();
  slot?.release();
  slot?.release();
  // The server that released it has the deletion behind it when it takes the next one.
  await first.take('b', 1, ignore);
  const next = await second.take('a', 1, ignore);
  expect(next).not.toBeNull();
  expect(await first.take('a', 1, ignore)).toBeNull();
});

test('the slots of a stopped server are free when its lease has ended, and not before', async () => {
  // A stopped server renews nothing.
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  const [stopped, other] = [startServer(), startServer()];
  const lost: string[] = [];
  for (const name of ['one', 'two']) await stopped.take('a', 2, () => lost.push(name));
  now += LEASE_MS - 1;
  expect(await other.take('a', 2, ignore)).toBeNull();
  now += 1;
  expect(await other.take('a', 2, ignore)).not.toBeNull();
  expect(await other.take('a', 2, ignore)).not.toBeNull();

  // If it was only slow, its streams end, because others have their slots, and it begins a new lease.
  expect(lost).toEqual([]);
  expect(await stopped.take('b', 2, ignore)).not.toBeNull();
  expect(lost).toEqual(['one', 'two']);
  expect(await stopped.take('a', 2, ignore)).toBeNull();
});

test('a server that closes frees its slots', async () => {
  const [first, second] = [startServer(), startServer()];
  await first.take('a', 1, ignore);
  await first.close();
  expect(await second.take('a', 1, ignore)).not.toBeNull();
});
