import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type App, createApp } from '../../src/app.ts';
import { readConfig } from '../../src/config.ts';
import { finishRestore } from '../../src/services/maintenance/post-restore.ts';
import { openSqliteDatabase } from '../../src/storage/open.ts';
import { PASSWORD } from '../support/app.ts';
import { call } from '../support/cli.ts';
import { DIRECTORY_ENV, personOf, type Scim, scimAt } from '../support/directory.ts';
import { fetchFrom } from '../support/fetch.ts';

const OWNER = 'owner@example.com';

let folder: string;
let env: Record<string, string>;
let app: App;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'postern-'));
  env = {
    ...DIRECTORY_ENV,
    DATABASE_URL: `file:${join(folder, 'postern.db')}`,
    POSTERN_OWNER_EMAIL: OWNER,
    POSTERN_OWNER_PASSWORD: PASSWORD,
    POSTERN_LOG_LEVEL: 'silent',
  };
  app = await createApp(readConfig(env));
});
afterEach(async () => {
  await app.close();
  rmSync(folder, { recursive: true });
});

const operate = (words: string) => call(words, { env });
const at = (secret: string): Scim =>
  scimAt((request) => fetchFrom(app, request), 'http://postern.test', secret);

test('the operator creates, replaces and revokes the credential of a directory beside the server', async () => {
  expect(await operate('scim create absent')).toMatchObject({
    code: 1,
    stderr: 'postern scim create: POSTERN_OIDC has no provider of this name.',
  });
  const first = await operate('scim create corp');
  expect(first).toMatchObject({ code: 0, stdout: expect.stringMatching(/^scm_\w{49}$/) });
  expect((await at(first.stdout)('GET', '/Users')).status).toBe(200);
  expect(await operate('scim create corp')).toMatchObject({ code: 1, stdout: '' });

  const second = await operate('scim rotate corp');
  expect(second.stderr).toMatch(/^The old credential works until \d{4}-/);
  const statuses = async () => [
    (await at(first.stdout)('GET', '/Users')).status,
    (await at(second.stdout)('GET', '/Users')).status,
  ];
  expect(await statuses()).toEqual([200, 200]);
  for (const overlap of ['P8D', 'soon', '-1']) {
    expect((await operate(`scim rotate corp --overlap=${overlap}`)).code, overlap).toBe(2);
  }
  const third = await operate('scim rotate corp --overlap 0');
  expect(third.stderr).toBe('The old credential no longer works.');
  expect(await statuses()).toEqual([401, 401]);
  expect((await at(third.stdout)('GET', '/Users')).status).toBe(200);

  expect(await operate('scim revoke corp')).toMatchObject({ stdout: 'Revoked the SCIM credential of corp.' });
  expect(await operate('scim revoke corp')).toMatchObject({ stdout: 'corp has no SCIM credential.' });
  expect((await at(third.stdout)('GET', '/Users')).status).toBe(401);
  expect((await operate('scim rotate corp')).code).toBe(1);
});

test('the operator undoes deactivations, and gives a workspace an Owner', async () => {
  const scim = at((await operate('scim create corp')).stdout);
  const { body } = await scim('POST', '/Users', personOf('ada'));
  await scim('DELETE', `/Users/${body.id}`);
  for (const since of ['', ' --since yesterday', ' --since 2030-01-01']) {
    expect((await operate(`scim undo${since}`)).code, since).toBe(2);
  }
  expect(await operate('scim undo --since 2100-01-01T00:00Z')).toMatchObject({
    stderr: 'Users reactivated: 0.',
  });
  expect(await operate('scim undo --since PT1H')).toEqual({
    code: 0,
    stdout: 'ada@example.com',
    stderr: 'Users reactivated: 1.',
  });
  expect((await scim('GET', `/Users/${body.id}`)).body.active).toBe(true);

  const handle = openSqliteDatabase(env.DATABASE_URL as string);
  const { slug } = await handle.db.selectFrom('workspaces').select('slug').executeTakeFirstOrThrow();
  await handle.close();
  expect(await operate(`workspace set-owner ${slug} ada@example.com`)).toMatchObject({
    stdout: `ada@example.com is an Owner of ${slug}.`,
  });
  expect(await operate(`workspace set-owner ${slug} ada@example.com`)).toMatchObject({
    stdout: `ada@example.com is an Owner of ${slug} already.`,
  });
  expect((await operate('workspace set-owner absent ada@example.com')).code).toBe(1);
});

test('a restore that reissues secrets ends the credentials of directories', async () => {
  const { stdout } = await operate('scim create corp');
  const handle = openSqliteDatabase(env.DATABASE_URL as string);
  await finishRestore({ db: handle.db, changes: app.services.changes }, 'REISSUE');
  await handle.close();
  expect((await at(stdout)('GET', '/Users')).status).toBe(401);
});
