import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { rankOf } from '../../src/domain/roles.ts';
import type { DatabaseHandle } from '../../src/storage/database.ts';
import { isUnavailable } from '../../src/storage/errors.ts';
import { migrateToLatest } from '../../src/storage/migrations.ts';
import { openDatabase } from '../../src/storage/open.ts';
import { findUserAccess } from '../../src/storage/repositories/workspaces.ts';
import { startTestApp } from '../support/app.ts';
import { type PostgresServer, startPostgres } from '../support/postgres-server.ts';

/** A server of its own, because the commits of tests beside this one would make rows unknown again. */
let postgres: PostgresServer;
let reader: DatabaseHandle;
/** Another server of the same database. */
let writer: DatabaseHandle;
let owner: { readonly user_id: string; readonly workspace_id: string };

beforeAll(async () => {
  postgres = await startPostgres();
  const filled = await openDatabase(postgres.url);
  await migrateToLatest(filled);
  await (await startTestApp({}, filled)).close();
  reader = await openDatabase(postgres.url);
  writer = await openDatabase(postgres.url);
  owner = await reader.db.selectFrom('members').selectAll().executeTakeFirstOrThrow();
});

afterAll(async () => {
  await writer?.close();
  await reader?.close();
  await postgres?.remove();
});

async function roleIn(workspaceId = owner.workspace_id): Promise<string | null | undefined> {
  return (await findUserAccess(reader.db, owner.user_id, workspaceId))?.role;
}

async function setRole(role: 'OWNER' | 'VIEWER'): Promise<void> {
  const rank = rankOf(role);
  await writer.db.updateTable('members').set({ role: rank, direct_role: rank, given_role: null }).execute();
}

/** Commits something that no lookup reads. */
async function commitSomething(key: string): Promise<void> {
  await writer.db.insertInto('attempt_counters').values({ key, attempts: 0, resets_at: 0 }).execute();
}

/** Returns the texts of the statements that the reader sends during work: `state` for those that only ask for it. */
async function statementsOf(work: () => Promise<unknown>): Promise<string[]> {
  const sent = vi.spyOn(reader.db, 'executeQuery');
  try {
    await work();
    return sent.mock.calls.map(([query]) =>
      JSON.stringify(query).includes('workspaces') ? 'rows' : 'state',
    );
  } finally {
    sent.mockRestore();
  }
}

/** Reads until two statements have reported the same state. */
async function settle(): Promise<void> {
  await expect.poll(() => statementsOf(() => roleIn())).toEqual(['state']);
}

test('a row is read again only after a commit', async () => {
  await settle();
  expect(await statementsOf(() => Promise.all([roleIn(), roleIn()]))).toEqual(['state']);
  await commitSomething('a');
  expect(await statementsOf(() => roleIn())).toEqual(['state', 'rows']);
  expect(await statementsOf(() => roleIn())).toEqual(['rows']);
  expect(await statementsOf(() => roleIn())).toEqual(['state']);
});

test('while others commit all the time, no call waits for more than one statement', async () => {
  await settle();
  await commitSomething('b');
  expect(await statementsOf(() => roleIn())).toEqual(['state', 'rows']);
  for (const key of ['c', 'd', 'e']) {
    await commitSomething(key);
    expect(await statementsOf(() => roleIn())).toEqual(['rows']);
  }
});

test('known, unknown and missing rows of one turn are correct, before and after a change', async () => {
  await setRole('OWNER');
  const ask = () => Promise.all([roleIn('none'), roleIn(), roleIn('no other'), roleIn()]);
  for (const role of ['OWNER', 'VIEWER'] as const) {
    await setRole(role);
    for (let turn = 0; turn < 4; turn++) expect(await ask()).toEqual([undefined, role, undefined, role]);
    // The statement that reads what is unknown confirms what is known.
    expect(await statementsOf(ask)).toEqual(['rows']);
  }
});

test('a lookup after an acknowledged change never returns what was known before it', async () => {
  for (let round = 0; round < 100; round++) {
    const role = round % 2 === 0 ? 'VIEWER' : 'OWNER';
    await settle();
    let isChanged = false;
    const others = Array.from({ length: 8 }, async () => {
      while (!isChanged) await roleIn();
    });
    await setRole(role);
    const found = await Promise.all([roleIn(), roleIn()]);
    isChanged = true;
    await Promise.all(others);
    expect(found).toEqual([role, role]);
  }
});

test('a server that was started again has another state', async () => {
  await settle();
  await postgres.stop();
  await postgres.start();
  // The pool replaces a lost connection when it is needed.
  await expect.poll(() => statementsOf(() => roleIn()).catch(isUnavailable)).toEqual(['state', 'rows']);
});
