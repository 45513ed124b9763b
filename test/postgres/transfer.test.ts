import { sql } from 'kysely';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { DatabaseHandle } from '../../src/storage/database.ts';
import { pendingMigrations } from '../../src/storage/migrations.ts';
import { transfer } from '../../src/storage/transfer.ts';
import { startTestApp, type TestApp } from '../support/app.ts';
import { createChannel, publish } from '../support/channels.ts';
import { openTestDatabase, openTestSqlite } from '../support/database.ts';
import { createFederation, exchange, jwtFor, startFederationIssuer } from '../support/federation.ts';
import { createPersonalToken, createWorkspaceToken } from '../support/tokens.ts';

const VIEWER = '{ viewer { token { id } } }';

let source: DatabaseHandle;
let target: DatabaseHandle;
let before: TestApp;
let secrets: { alive: string; derived: string; workspace: string; revoked: string };

beforeEach(async () => {
  source = openTestSqlite();
  target = await openTestDatabase();
  before = await startTestApp({}, source);
  const { session } = before.owner;
  const scopes = [{ entityType: 'token', operations: ['CREATE', 'READ'] }];
  const parent = await createPersonalToken(before, session, { access: 'SCOPED', scopes });
  const derived = await createPersonalToken(before, parent.secret, { access: 'SCOPED', scopes: [] });
  const workspace = await createWorkspaceToken(before, 'VIEWER');
  const revoked = await createPersonalToken(before, session);
  await before.post(
    'mutation ($id: ID!) { revokeToken(input: { id: $id }) { token { id } } }',
    { id: revoked.id },
    session,
  );
  const channelId = await createChannel(before);
  for (let message = 0; message < 450; message++) await publish(before, channelId, { message });
  secrets = {
    alive: parent.secret,
    derived: derived.secret,
    workspace: workspace.secret,
    revoked: revoked.secret,
  };
});

afterEach(async () => {
  await before.close();
  await target.close();
});

test('a transfer copies everything, and every secret has the same authority in the target', async () => {
  const tables = await transfer(source, target);
  expect(tables).toContainEqual({ table: 'messages', rows: 450 });
  expect(tables).toContainEqual({ table: 'token_secrets', rows: 4 });
  expect(await pendingMigrations(target)).toEqual([]);
  const after = await startTestApp({}, { ...target, close: async () => {} });
  for (const secret of [secrets.alive, secrets.derived, secrets.workspace]) {
    const [here, there] = [await before.post(VIEWER, {}, secret), await after.post(VIEWER, {}, secret)];
    expect([there.status, there.data]).toEqual([200, here.data]);
  }
  expect((await after.post(VIEWER, {}, secrets.revoked)).code).toBe('TOKEN_REVOKED');
  expect(after.cookieName).toBe(before.cookieName);
  await after.close();
});

test('a transfer copies federations with their tokens, also if every token of the database is one', async () => {
  const { issuer, env } = await startFederationIssuer();
  const own = openTestSqlite();
  const here = await startTestApp(env, own);
  const federation = await createFederation(here, issuer.issuer);
  const token = await jwtFor(issuer, federation, { at: here.now() });
  const secret: string = (await exchange(here, token)).body.access_token;
  expect(await transfer(own, target)).toContainEqual({ table: 'tokens', rows: 1 });
  const there = await startTestApp(env, { ...target, close: async () => {} });
  expect((await there.post(VIEWER, {}, secret)).data).toEqual((await here.post(VIEWER, {}, secret)).data);
  expect((await exchange(there, token)).body.error).toBe('invalid_grant');
  for (const each of [here, there, issuer]) await each.close();
});

test('no server starts on an interrupted transfer, and a second call completes it', async () => {
  await sql`create function stop() returns trigger language plpgsql as $$ begin raise 'pulled the plug'; end $$`.execute(
    target.db,
  );
  await sql`create trigger stop before insert on token_secrets execute function stop()`.execute(target.db);
  await expect(transfer(source, target)).rejects.toThrow('pulled the plug');
  await expect(pendingMigrations(target)).rejects.toThrow('was interrupted');
  await sql`drop function stop cascade`.execute(target.db);
  expect(await transfer(source, target)).toContainEqual({ table: 'messages', rows: 450 });
  expect(await pendingMigrations(target)).toEqual([]);
});

test('a differing row is found, and a database with users is not changed', async () => {
  await sql`create function spoil() returns trigger language plpgsql as $$ begin new.name = 'x'; return new; end $$`.execute(
    target.db,
  );
  await sql`create trigger spoil before insert on tokens for each row execute function spoil()`.execute(
    target.db,
  );
  await expect(transfer(source, target)).rejects.toThrow('The table tokens differs');
  await sql`drop function spoil cascade`.execute(target.db);
  await target.db
    .withTables<{ kysely_migration: { name: string } }>()
    .deleteFrom('kysely_migration')
    .where('name', 'like', '%transfer%')
    .execute();
  await expect(transfer(source, target)).rejects.toThrow('already has users');
});
