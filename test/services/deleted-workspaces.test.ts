import { afterEach, beforeEach, expect, test } from 'vitest';
import { decodeGlobalId } from '../../src/domain/global-id.ts';
import { createLogger } from '../../src/platform/logger.ts';
import { type Cascades, createCascades } from '../../src/services/maintenance/cascades.ts';
import { CHUNK } from '../../src/services/transactions/chunk.ts';
import { createEvents } from '../../src/services/transactions/events.ts';
import { PASSWORD, type Person, startTestApp, type TestApp } from '../support/app.ts';
import { createChannel, mutate, publish, share } from '../support/channels.ts';
import { repeat } from '../support/descendants.ts';
import { createRowCounter } from '../support/row-counter.ts';
import { follow } from '../support/streams.ts';
import { testLength } from '../support/test-length.ts';
import { createPersonalToken, createWorkspaceToken, type IssuedToken } from '../support/tokens.ts';
import { verify } from '../support/verify.ts';

const MORE = 3 * CHUNK;
/** Numbers of tokens and messages of a workspace. Both are more than one transaction deletes. */
const SOME = testLength({ short: 60, ci: 200, full: 200 });
const MANY = testLength({ short: 240, ci: 1000, full: 1000 });
/** The time in which an idle stream ends after the change was acknowledged. */
const PROMPTLY = 1_000;

let postern: TestApp;
let cascades: Cascades;
let owner: Person;
let guest: Person;
let workspaceId: string;
let channelId: string;
let first: IssuedToken;
let secrets: string[];
let invitation: string;

beforeEach(async () => {
  postern = await startTestApp({ POSTERN_WORKSPACES_PER_USER: '2', POSTERN_MESSAGES_KEPT: '1000' });
  ({ owner } = postern);
  // The server's own would run when the call ends.
  await postern.app.services.cascades.close();
  const { db } = postern.database;
  const { changes } = postern.app.services;
  cascades = createCascades({ db, changes, events: createEvents(), logger: createLogger('silent') });
  guest = await postern.person('guest');
  workspaceId = await createWorkspace();
  channelId = await createChannel(postern, { workspaceId });
  await share(postern, channelId, guest, ['READ', 'LIST', 'SUBSCRIBE']);
  await publish(postern, channelId, 'hello');
  first = await createWorkspaceToken(postern, 'TEAM_MEMBER', { workspaceId });
  const input = { workspaceId, email: 'newcomer@example.com', role: 'VIEWER' };
  const invited = await mutate(postern, 'inviteMember', input, owner.session, 'invitationSecret');
  invitation = invited.data.inviteMember.invitationSecret;
});

afterEach(async () => {
  await cascades.close();
  await postern.close();
});

async function createWorkspace(): Promise<string> {
  const answer = await mutate(
    postern,
    'createWorkspace',
    { name: 'Team' },
    owner.session,
    'workspace { id slug }',
  );
  expect(answer.errors).toEqual([]);
  expect(answer.data.createWorkspace.workspace.slug).toBe('team');
  return answer.data.createWorkspace.workspace.id;
}

/** Stores more messages, like the one that is stored. */
async function addMessages(count: number): Promise<void> {
  const { db } = postern.database;
  const model = await db.selectFrom('messages').selectAll().executeTakeFirstOrThrow();
  const rows = Array.from({ length: count }, (_, index) => ({
    ...model,
    id: `${model.id}-${index}`,
    sequence: Number(model.sequence) + index + 1,
  }));
  await db.insertInto('messages').values(rows).execute();
}

const remove = () =>
  mutate(postern, 'deleteWorkspace', { id: workspaceId }, owner.session, 'deletedWorkspaceId');

async function codesOf(secrets: readonly string[]): Promise<unknown[]> {
  const answers = await Promise.all(secrets.map((secret) => postern.post('{ viewer { kind } }', {}, secret)));
  return [...new Set(answers.map(({ code }) => code))];
}

/** Returns what a caller sees of the workspace. */
async function seen(by: string) {
  const query = `query ($workspaceId: ID!, $channelId: ID!) {
    workspace(id: $workspaceId) { id } channel(id: $channelId) { id }
    workspaces(first: 10) { totalCount } channels(first: 10) { totalCount } }`;
  const { data } = await postern.post(query, { workspaceId, channelId }, by);
  const { workspace, channel, workspaces, channels } = data;
  return [workspace?.id ?? null, channel?.id ?? null, workspaces?.totalCount, channels?.totalCount];
}

async function rowsOfWorkspace(): Promise<number> {
  const { db } = postern.database;
  const id = decodeGlobalId('Workspace', workspaceId) as string;
  let count = (await db.selectFrom('workspaces').select('id').where('id', '=', id).execute()).length;
  for (const table of ['tokens', 'channels', 'members', 'invitations', 'pending_ends'] as const) {
    count += (await db.selectFrom(table).select('workspace_id').where('workspace_id', '=', id).execute())
      .length;
  }
  count += (await db.selectFrom('token_counts').select('state').where('holder_id', '=', id).execute()).length;
  for (const table of ['messages', 'channel_shares'] as const) {
    count += (await db.selectFrom(table).select('channel_id').execute()).length;
  }
  return count;
}

test('a deleted workspace with many rows is absent from the next request on, and its rows follow', async () => {
  secrets = [first.secret, ...(await repeat(postern.database, first.id, MORE))];
  await addMessages(MORE);
  const personal = await createPersonalToken(postern, owner.session);
  expect(await seen(owner.session)).toEqual([workspaceId, channelId, 2, 1]);
  expect(await seen(guest.session)).toEqual([null, channelId, 0, 1]);
  const asked = { entityType: 'channel', operation: 'READ', entityId: channelId };
  expect((await verify(postern, personal.secret, asked)).status).toBe(204);
  const stream = await follow(postern, channelId, guest.session);

  expect((await remove()).errors).toEqual([]);
  expect(await stream.end()).toBeLessThan(PROMPTLY);
  expect(await rowsOfWorkspace()).toBeGreaterThan(2 * MORE);
  expect(await codesOf(secrets)).toEqual(['INVALID_TOKEN']);
  expect(await seen(owner.session)).toEqual([null, null, 1, 0]);
  expect(await seen(guest.session)).toEqual([null, null, 0, 0]);
  expect((await verify(postern, personal.secret, asked)).status).toBe(403);
  const ofType = { entityType: 'channel', operation: 'LIST', workspaceId };
  expect((await verify(postern, personal.secret, ofType)).status).toBe(403);
  for (const by of [owner.session, personal.secret]) {
    const created = await mutate(postern, 'createChannel', { workspaceId, name: 'x' }, by, '__typename');
    expect(created.code).toBe('NOT_FOUND');
    const published = { channelId, payload: 'x' };
    expect((await mutate(postern, 'publishMessage', published, by, '__typename')).code).toBe('NOT_FOUND');
  }
  const accepted = { secret: invitation, name: 'Newcomer', password: PASSWORD };
  expect((await mutate(postern, 'acceptInvitation', accepted, null, '__typename')).code).toBe('NOT_FOUND');
  expect((await remove()).code).toBe('NOT_FOUND');
  // Its name and its place in the limit of workspaces are free.
  const again = await createWorkspace();
  expect(again).not.toBe(workspaceId);

  await cascades.run();
  expect(await rowsOfWorkspace()).toBe(0);
  expect(await cascades.count()).toBe(0);
  expect(await seen(owner.session)).toEqual([null, null, 2, 0]);
  const query = postern.database.db.selectFrom('audit_events').select('id');
  expect(await query.where('action', '=', 'token.deleted').execute()).toHaveLength(MORE + 1);
  expect(await query.where('action', '=', 'workspace.deleted').execute()).toHaveLength(1);
});

test(`the deletion of a workspace writes as many rows with ${MANY} tokens and messages as with ${SOME}`, async () => {
  Object.assign(postern.app.services.lastUse, { record: () => {} });
  const rows = await createRowCounter(postern.database);
  const counts: number[] = [];
  for (const count of [SOME, MANY]) {
    await repeat(postern.database, first.id, count);
    await addMessages(count);
    const before = await rows.count();
    expect((await remove()).errors).toEqual([]);
    counts.push((await rows.count()) - before);
    await cascades.run();
    expect(await rowsOfWorkspace()).toBe(0);
    workspaceId = await createWorkspace();
    channelId = await createChannel(postern, { workspaceId });
    await publish(postern, channelId, 'hello');
    first = await createWorkspaceToken(postern, 'TEAM_MEMBER', { workspaceId });
  }
  await rows.remove();
  expect(counts[0]).toBeLessThan(20);
  expect(counts[1]).toBe(counts[0]);
}, 60_000);

test('a workspace with few rows is deleted in the call', async () => {
  expect((await remove()).errors).toEqual([]);
  expect(await rowsOfWorkspace()).toBe(0);
  expect(await codesOf([first.secret])).toEqual(['INVALID_TOKEN']);
});
