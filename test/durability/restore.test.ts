import { copyFileSync, existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { openSqliteDatabase } from '../../src/storage/open.ts';
import { startTestApp } from '../support/app.ts';
import { call, postern, type ServerProcess, startServer } from '../support/cli.ts';
import { temporaryFolder } from '../support/folder.ts';

const EMAIL = 'owner@example.com';
const PASSWORD = 'correct horse battery staple';
const CREATE = 'mutation { createToken(input: { name: "t", access: FULL }) { secret token { id } } }';

let folder: string;
let backup: string;
/** The file to restore the backup to. */
let place: string;
let env: Record<string, string>;

interface Made {
  readonly id: string;
  readonly secret: string;
}

async function signIn(server: ServerProcess): Promise<string> {
  const { data } = await server.post(
    `mutation { signIn(input: { email: "${EMAIL}", password: "${PASSWORD}" }) { sessionToken } }`,
  );
  return data.signIn.sessionToken;
}

async function createToken(server: ServerProcess, session: string): Promise<Made> {
  const { data } = await server.post(CREATE, session);
  return { id: data.createToken.token.id, secret: data.createToken.secret };
}

/** The response of a server to a secret: the HTTP status and the code of a refusal. */
async function answerTo(server: ServerProcess, secret: string): Promise<string> {
  const { status, code } = await server.post('{ viewer { kind } }', secret);
  return code ? `${status} ${code}` : `${status}`;
}

/** Regenerates a token as soon as its end is stored, which follows in chunks for many tokens; returns the new secret. */
async function regenerate(server: ServerProcess, id: string): Promise<string> {
  const session = await signIn(server);
  const mutation = `mutation { regenerateToken(input: { id: "${id}" }) { secret } }`;
  for (const end = Date.now() + 30_000; ; ) {
    const { data, code } = await server.post(mutation, session);
    if (code !== 'CONFLICT' || Date.now() > end) return data.regenerateToken.secret;
  }
}

/** Creates tokens, one after the other, during some work; returns all of them. */
async function createDuring(server: ServerProcess, session: string, work: Promise<unknown>): Promise<Made[]> {
  const made: Made[] = [];
  let isDone = false;
  const done = work.finally(() => {
    isDone = true;
  });
  while (!isDone) made.push(await createToken(server, session));
  await done;
  return made;
}

function restore(choice: string, file = backup) {
  return call(`restore ${file} ${choice}`.trim(), { env: { ...env, DATABASE_URL: `file:${place}` } });
}

/** Runs a server on a database file until the test has finished. */
async function serve(file: string): Promise<ServerProcess> {
  const server = await startServer({ ...env, DATABASE_URL: `file:${file}` });
  onTestFinished(async () => void (await server.stop()));
  return server;
}

/** A server with tokens that is backed up while more are created; afterwards one of the first is revoked. */
async function backUpUnderLoad() {
  const server = await serve(join(folder, 'postern.db'));
  const session = await signIn(server);
  const tokens = [await createToken(server, session), await createToken(server, session)] as const;
  const during = await createDuring(server, session, postern(`backup ${backup}`, { env }));
  await server.post(`mutation { revokeToken(input: { id: "${tokens[0].id}" }) { token { id } } }`, session);
  const later = await createToken(server, session);
  expect(await answerTo(server, tokens[0].secret)).toBe('401 TOKEN_REVOKED');
  expect(await server.stop()).toBe(0);
  return { session, tokens, during, later };
}

/** The audit rows about the restore, of accounts and workspaces. */
async function auditOf(file: string) {
  const handle = openSqliteDatabase(`file:${file}`);
  const rows = await handle.db
    .selectFrom('audit_events')
    .select(['user_id', 'workspace_id', 'detail'])
    .where('action', '=', 'database.restored')
    .execute();
  await handle.close();
  return rows.map((row) => ({
    log: row.user_id ? 'account' : 'workspace',
    choice: JSON.parse(row.detail).choice,
  }));
}

async function installationOf(file: string): Promise<string | undefined> {
  const handle = openSqliteDatabase(`file:${file}`);
  const row = await handle.db.selectFrom('installation').select('id').executeTakeFirst();
  await handle.close();
  return row?.id;
}

beforeEach(() => {
  folder = temporaryFolder();
  backup = join(folder, 'backup.db');
  place = join(folder, 'new', 'postern.db');
  env = {
    DATABASE_URL: `file:${join(folder, 'postern.db')}`,
    POSTERN_OWNER_EMAIL: EMAIL,
    POSTERN_OWNER_PASSWORD: PASSWORD,
    POSTERN_TOKENS_PER_USER: '100000',
  };
});

// Several processes start one after the other.
describe('a backup that was made under load is restored', { timeout: 120_000 }, () => {
  test('with --reissue: no earlier secret is accepted, and every token can be regenerated', async () => {
    const { session, tokens, during, later } = await backUpUnderLoad();
    const { code, stdout } = await restore('--reissue');
    expect(code).toBe(0);
    expect(stdout).toMatch(/^Restored .*\. It contains nothing newer than 20\d\d-.*Z\.$/m);
    expect(stdout).toMatch(/^Tokens revoked: \d+\. Sessions ended: 1\. Invitations deleted: 0\.$/m);
    expect(readdirSync(dirname(place))).toEqual(['postern.db']);
    expect(await installationOf(place)).toBeUndefined();

    const server = await serve(place);
    for (const { secret } of tokens) expect(await answerTo(server, secret)).toBe('401 TOKEN_REVOKED');
    for (const { secret } of during) {
      expect(['401 TOKEN_REVOKED', '401 INVALID_TOKEN']).toContain(await answerTo(server, secret));
    }
    expect(await answerTo(server, later.secret)).toBe('401 INVALID_TOKEN');
    expect(await answerTo(server, session)).toBe('401 INVALID_SESSION');

    const secret = await regenerate(server, tokens[1].id);
    expect(await answerTo(server, secret)).toBe('200');
    expect(await answerTo(server, tokens[1].secret)).toBe('401 INVALID_TOKEN');
    expect(await auditOf(place)).toEqual([
      { log: 'account', choice: 'REISSUE' },
      { log: 'workspace', choice: 'REISSUE' },
    ]);
  });

  test('with --as-is: secrets revoked after the backup work again, and the command, audit and log report it', async () => {
    const { tokens } = await backUpUnderLoad();
    const { code, stderr } = await restore('--as-is');
    expect(code).toBe(0);
    expect(stderr).toContain(
      'Warning: secrets that were revoked, deleted or replaced since then work again.',
    );
    expect(await installationOf(place)).toBe(await installationOf(join(folder, 'postern.db')));
    expect(await auditOf(place)).toEqual([
      { log: 'account', choice: 'AS_IS' },
      { log: 'workspace', choice: 'AS_IS' },
    ]);

    const first = await startTestApp({}, openSqliteDatabase(`file:${place}`));
    expect(first.logs.filter((line) => line.includes('was restored with --as-is'))).toHaveLength(1);
    await first.close();
    const second = await startTestApp({}, openSqliteDatabase(`file:${place}`));
    expect(second.logs.filter((line) => line.includes('was restored with --as-is'))).toHaveLength(0);
    await second.close();

    const server = await serve(place);
    for (const { secret } of tokens) expect(await answerTo(server, secret)).toBe('200');
  });
});

describe('a restore is refused, and writes nothing,', () => {
  beforeEach(async () => {
    expect((await call('migrate', { env })).code).toBe(0);
    expect((await call(`backup ${backup}`, { env })).code).toBe(0);
  });

  test.each(['', '--reissue --as-is'])('without exactly one choice: "%s"', async (choice) => {
    const { code, stderr } = await restore(choice);
    expect(code).toBe(2);
    expect(stderr).toContain('Give either --reissue or --as-is.');
    expect(existsSync(dirname(place))).toBe(false);
  });

  test.each(['', '-wal'])('if there is a database, or a remainder of one ("%s")', async (suffix) => {
    place = join(folder, 'taken.db');
    writeFileSync(`${place}${suffix}`, 'precious');
    const { code, stderr } = await restore('--reissue');
    expect(code).toBe(1);
    expect(stderr).toContain(`${place}${suffix} already exists`);
    expect(readFileSync(`${place}${suffix}`, 'utf8')).toBe('precious');
  });

  test("where the file is missing, is not Postern's, or is damaged", async () => {
    expect((await restore('--as-is', join(folder, 'absent.db'))).stderr).toContain('does not exist.');

    const other = join(folder, 'other.db');
    writeFileSync(
      other,
      'not a database, and longer than a header of SQLite, which has a hundred bytes'.repeat(9),
    );
    expect((await restore('--as-is', other)).stderr).toContain('is not a Postern backup.');

    const damaged = join(folder, 'damaged.db');
    copyFileSync(backup, damaged);
    const bytes = readFileSync(damaged);
    writeFileSync(damaged, bytes.fill(0xff, 4096, 5 * 4096));
    expect((await restore('--as-is', damaged)).code).toBe(1);
    expect(existsSync(place)).toBe(false);
    expect(existsSync(dirname(place)) ? readdirSync(dirname(place)) : []).toEqual([]);
  });
});
