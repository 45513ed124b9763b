import { join } from 'node:path';
import { beforeEach, expect, test } from 'vitest';
import { openSqliteDatabase } from '../../src/storage/database.ts';
import { type Outcome, postern, type ServerProcess, startServer } from '../support/cli.ts';
import { temporaryFolder } from '../support/folder.ts';

const ADA = 'ada@example.com';
const PASSWORD = 'correct horse battery staple';
const VIEWER = '{ viewer { kind } }';

let folder: string;
let env: Record<string, string>;
let server: ServerProcess;

/** Runs a command that must succeed, beside the server. */
async function operate(words: string, input = ''): Promise<Outcome> {
  const outcome = await postern(words, { env, input });
  expect(outcome).toMatchObject({ code: 0, stderr: '' });
  return outcome;
}

async function signIn(email: string, password: string) {
  const { data, code } = await server.post(
    `mutation { signIn(input: { email: "${email}", password: "${password}" }) { sessionToken } }`,
  );
  return { session: data?.signIn?.sessionToken as string, code };
}

async function createToken(session: string): Promise<string> {
  const { data } = await server.post(
    'mutation { createToken(input: { name: "t", access: FULL }) { secret } }',
    session,
  );
  return data.createToken.secret;
}

/** How the server takes a secret: the HTTP status and the code of a refusal. */
async function refusalOf(secret: string): Promise<string> {
  const { status, code } = await server.post(VIEWER, secret);
  return code ? `${status} ${code}` : `${status}`;
}

/** The rows of the audit log that the operator wrote: none of them names an actor or an address. */
async function operatorsRows(): Promise<string[]> {
  const handle = openSqliteDatabase(env.DATABASE_URL as string);
  const rows = await handle.db
    .selectFrom('audit_events')
    .select('action')
    .where('actor_kind', 'is', null)
    .where('actor_id', 'is', null)
    .where('actor_token_id', 'is', null)
    .where('ip', 'is', null)
    .orderBy('id')
    .execute();
  await handle.close();
  return rows.map((row) => row.action);
}

beforeEach(async () => {
  folder = temporaryFolder();
  env = {
    DATABASE_URL: `file:${join(folder, 'postern.db')}`,
    POSTERN_OWNER_EMAIL: 'owner@example.com',
    POSTERN_OWNER_PASSWORD: PASSWORD,
  };
  server = await startServer(env);
});

test('a user is created, shut out and let in again, each from the next request on', async () => {
  expect((await operate(`user create ${ADA} --name Ada`, `${PASSWORD}\n`)).stdout).toBe(`Created ${ADA}.\n`);
  const { session } = await signIn(ADA, PASSWORD);
  const token = await createToken(session);
  expect([await refusalOf(session), await refusalOf(token)]).toEqual(['200', '200']);

  expect((await operate(`user deactivate ${ADA}`)).stdout).toBe(`Deactivated ${ADA}.\n`);
  expect([await refusalOf(session), await refusalOf(token)]).toEqual([
    '401 INVALID_SESSION',
    '401 INVALID_TOKEN',
  ]);
  expect((await signIn(ADA, PASSWORD)).code).toBe('INVALID_CREDENTIALS');
  expect((await operate(`user deactivate ${ADA}`)).stdout).toBe(`${ADA} is deactivated already.\n`);

  expect((await operate(`user reactivate ${ADA}`)).stdout).toBe(`Reactivated ${ADA}.\n`);
  expect([await refusalOf(session), await refusalOf(token)]).toEqual(['401 INVALID_SESSION', '200']);
  expect((await signIn(ADA, PASSWORD)).code).toBeUndefined();

  expect(await operatorsRows()).toEqual([
    'user.created',
    'workspace.created',
    'user.created',
    'user.deactivated',
    'user.reactivated',
  ]);
});

test('a reset of a password ends sessions and tokens, or leaves the tokens if asked to', async () => {
  const created = await operate(`user create ${ADA} --generate`);
  const first = /^Password, shown only now: (\S{20})$/m.exec(created.stdout)?.[1] as string;
  const { session } = await signIn(ADA, first);
  const token = await createToken(session);

  await operate(`user reset-password ${ADA} --keep-tokens`, 'the second password\n');
  expect([await refusalOf(session), await refusalOf(token)]).toEqual(['401 INVALID_SESSION', '200']);
  expect((await signIn(ADA, first)).code).toBe('INVALID_CREDENTIALS');
  const again = await signIn(ADA, 'the second password');

  const reset = await operate(`user reset-password ${ADA}`, 'the third password');
  expect(reset.stdout).toBe(`Reset the password of ${ADA}. Sessions ended: 1. Tokens revoked: 1.\n`);
  expect([await refusalOf(again.session), await refusalOf(token)]).toEqual([
    '401 INVALID_SESSION',
    '401 TOKEN_REVOKED',
  ]);
  expect((await signIn(ADA, 'the third password')).code).toBeUndefined();
  expect((await operatorsRows()).slice(-3)).toEqual([
    'user.password_changed',
    'token.revoked',
    'user.password_changed',
  ]);
});

test("tokens are revoked by user or all of them, workspaces' included", async () => {
  await operate(`user create ${ADA}`, PASSWORD);
  const { session: ada } = await signIn(ADA, PASSWORD);
  const { session: owner } = await signIn('owner@example.com', PASSWORD);
  const { data } = await server.post('{ workspaces { nodes { id } } }', owner);
  const made = await server.post(
    `mutation { createWorkspaceToken(input: { workspaceId: "${data.workspaces.nodes[0].id}", name: "w" }) { secret } }`,
    owner,
  );
  const secrets = [await createToken(ada), await createToken(owner), made.data.createWorkspaceToken.secret];
  const refusals = () => Promise.all(secrets.map(refusalOf));

  expect((await operate(`tokens revoke --user ${ADA}`)).stdout).toBe('Tokens revoked: 1.\n');
  expect(await refusals()).toEqual(['401 TOKEN_REVOKED', '200', '200']);
  expect((await operate('tokens revoke --all')).stdout).toBe('Tokens revoked: 2.\n');
  expect(await refusals()).toEqual(['401 TOKEN_REVOKED', '401 TOKEN_REVOKED', '401 TOKEN_REVOKED']);
  expect((await operatorsRows()).slice(-3)).toEqual(['token.revoked', 'token.revoked', 'token.revoked']);
});

test('a backup made beside the server serves on its own', async () => {
  await operate(`user create ${ADA}`, PASSWORD);
  const token = await createToken((await signIn(ADA, PASSWORD)).session);
  const copy = join(folder, 'copy.db');
  expect((await operate(`backup ${copy}`)).stdout).toBe(`Wrote ${copy}.\n`);
  await operate('tokens revoke --all');
  expect(await refusalOf(token)).toBe('401 TOKEN_REVOKED');

  expect(await postern(`backup ${copy}`, { env })).toMatchObject({ code: 1, stdout: '' });
  server = await startServer({ ...env, DATABASE_URL: `file:${copy}` });
  expect(await refusalOf(token)).toBe('200');
});

test('a second server is refused, a migration finds nothing to do, and a stopped server makes room', async () => {
  const second = await postern('serve', { env: { ...env, PORT: '0' } });
  expect(second.code).toBe(1);
  expect(second.stderr).toMatch(
    /^postern serve: Another Postern server uses .*: stop it, or set DATABASE_URL/,
  );
  expect((await operate('migrate')).stdout).toBe('Nothing to do: the schema is that of this version.\n');

  expect(await server.stop()).toBe(0);
  server = await startServer(env);
  expect(await signIn('owner@example.com', PASSWORD)).toMatchObject({ code: undefined });
});
