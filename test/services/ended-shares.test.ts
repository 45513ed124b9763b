import { afterEach, beforeEach, expect, test } from 'vitest';
import { decodeGlobalId, toGlobalId } from '../../src/domain/global-id.ts';
import { systemIds } from '../../src/platform/ids.ts';
import { createLogger } from '../../src/platform/logger.ts';
import { type Cascades, createCascades } from '../../src/services/maintenance/cascades.ts';
import { CHUNK } from '../../src/services/tokens/descendants.ts';
import { createEvents } from '../../src/services/transactions/events.ts';
import { type Person, startTestApp, type TestApp } from '../support/app.ts';
import { createChannel, share } from '../support/channels.ts';

const CHANNELS = 3 * CHUNK;

let postern: TestApp;
let cascades: Cascades;
let sharer: Person;
let guest: Person;
let first: string;

function startCascades(): Cascades {
  const { db } = postern.database;
  const { changes } = postern.app.services;
  return createCascades({ db, changes, events: createEvents(), logger: createLogger('silent') });
}

beforeEach(async () => {
  postern = await startTestApp();
  // The server's own would run when a call ends.
  await postern.app.services.cascades.close();
  cascades = startCascades();
  sharer = await postern.person('Sharer', 'TEAM_MEMBER');
  guest = await postern.person('Guest');
  first = await createChannel(postern);
  await share(postern, first, guest, ['READ'], sharer.session);
  await share(postern, await createChannel(postern), guest, ['LIST']);
});

afterEach(async () => {
  await cascades.close();
  await postern.close();
});

/** Shares `count` more channels with the guest, as the sharer shared the first one. */
async function addShares(count: number): Promise<string[]> {
  const { db } = postern.database;
  const id = decodeGlobalId('Channel', first) as string;
  const channel = await db.selectFrom('channels').selectAll().where('id', '=', id).executeTakeFirstOrThrow();
  const ofSharer = decodeGlobalId('User', sharer.id) as string;
  const given = db.selectFrom('channel_shares').selectAll().where('granted_by', '=', ofSharer);
  const model = await given.executeTakeFirstOrThrow();
  const ids = Array.from({ length: count }, systemIds);
  await db
    .insertInto('channels')
    .values(ids.map((each) => ({ ...channel, id: each })))
    .execute();
  await db
    .insertInto('channel_shares')
    .values(ids.map((each) => ({ ...model, channel_id: each })))
    .execute();
  return ids.map((each) => toGlobalId('Channel', each));
}

async function countRows(): Promise<number> {
  const rows = postern.database.db.selectFrom('channel_shares').select('granted_by').execute();
  const ofSharer = decodeGlobalId('User', sharer.id);
  return (await rows).filter((row) => row.granted_by === ofSharer).length;
}

/** Returns how many of some channels the guest can read. */
async function countReadable(channels: readonly string[]): Promise<number> {
  const query = 'query ($id: ID!) { channel(id: $id) { id } }';
  const answers = await Promise.all(channels.map((id) => postern.post(query, { id }, guest.session)));
  return answers.filter(({ data }) => data.channel !== null).length;
}

async function deactivate(): Promise<unknown> {
  await postern.app.services.operator.deactivateUser(sharer.email);
  const { detail } = await postern.database.db
    .selectFrom('audit_events')
    .select('detail')
    .where('action', '=', 'user.deactivated')
    .executeTakeFirstOrThrow();
  return JSON.parse(detail).deletedShares;
}

/** Applies chunks until one is done, and stops as a killed process does, between two of them. */
async function applyOneChunk(): Promise<void> {
  const before = await countRows();
  void cascades.run();
  await expect.poll(countRows, { interval: 1, timeout: 30_000 }).toBeLessThan(before);
  await cascades.close();
  cascades = startCascades();
}

test('many shares of a deactivated user count no more from the next request on, and their rows follow', async () => {
  const channels = [first, ...(await addShares(CHANNELS))];
  expect(await countReadable(channels)).toBe(CHANNELS + 1);
  expect(await deactivate()).toBe(CHANNELS + 1);
  expect(await countReadable(channels)).toBe(0);
  expect(await countRows()).toBe(CHANNELS + 1);
  expect(await cascades.count()).toBe(1);
  await applyOneChunk();
  expect(await countRows()).toBeGreaterThan(0);
  await cascades.run();
  expect(await countRows()).toBe(0);
  expect(await cascades.count()).toBe(0);
  // What another member shared stays.
  const left = await postern.database.db.selectFrom('channel_shares').select('operation').execute();
  expect(left).toEqual([{ operation: 'LIST' }]);
});

test('a user who is reactivated meanwhile has shared nothing, and what they share from then on stays', async () => {
  const channels = [first, ...(await addShares(CHANNELS))];
  await deactivate();
  await applyOneChunk();
  await postern.app.services.operator.reactivateUser(sharer.email);
  expect(await countReadable(channels)).toBe(0);
  expect(await countRows()).toBe(0);
  sharer = { ...sharer, session: await postern.signIn(sharer.email) };
  await share(postern, first, guest, ['READ'], sharer.session);
  await cascades.run();
  expect(await countReadable(channels)).toBe(1);
  expect(await cascades.count()).toBe(0);
});

test('few shares are deleted in the call', async () => {
  await addShares(CHUNK - 1);
  expect(await deactivate()).toBe(CHUNK);
  expect(await countRows()).toBe(0);
  expect(await cascades.count()).toBe(0);
});
