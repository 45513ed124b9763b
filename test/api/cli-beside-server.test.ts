import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createApp } from '../../src/app.ts';
import { readConfig } from '../../src/config.ts';
import { openSqliteDatabase } from '../../src/storage/open.ts';
import { PASSWORD } from '../support/app.ts';
import { call, postern, type ServerProcess, startServer } from '../support/cli.ts';
import { DIRECTORY_ENV } from '../support/directory.ts';
import { fetchFrom } from '../support/fetch.ts';

const OWNER = 'owner@example.com';
const VIEWER = '{ viewer { kind } }';

let folder: string;
let env: Record<string, string>;
let server: ServerProcess;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'postern-'));
  env = {
    DATABASE_URL: `file:${join(folder, 'postern.db')}`,
    POSTERN_OWNER_EMAIL: OWNER,
    POSTERN_OWNER_PASSWORD: PASSWORD,
    POSTERN_LOG_LEVEL: 'silent',
  };
  server = await startServer(env);
});

afterAll(async () => {
  await server.stop();
  rmSync(folder, { recursive: true });
});

/** Runs a command on the server's database in this process, requires that it succeeds, and returns its output. */
async function operate(words: string, input?: string): Promise<string> {
  const outcome = await call(words, { env, ...(input && { input }) });
  expect(outcome).toMatchObject({ code: 0, stderr: '' });
  return outcome.stdout;
}

async function signIn(email: string, password = PASSWORD) {
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

/** Returns the HTTP status of a request with a secret, and the code of a refusal. */
async function outcomeOf(secret: string): Promise<string> {
  const { status, code } = await server.post(VIEWER, secret);
  return code ? `${status} ${code}` : `${status}`;
}

/** Returns the actions of the operator in a user's audit log: rows without a user and an address. */
async function operatorActions(email: string): Promise<string[]> {
  const handle = openSqliteDatabase(env.DATABASE_URL as string);
  const rows = await handle.db
    .selectFrom('audit_events')
    .innerJoin('users', 'users.id', 'audit_events.user_id')
    .select('action')
    .where('email', '=', email)
    .where((eb) => eb.and({ actor_kind: 'OPERATOR', actor_id: null, actor_token_id: null, ip: null }))
    .orderBy('audit_events.id')
    .execute();
  await handle.close();
  return rows.map((row) => row.action);
}

test('creating, deactivating and reactivating a user takes effect from the next request', async () => {
  const email = 'ada@example.com';
  const run = (words: string, input?: string) => postern(words, { env, ...(input && { input }) });
  const success = (text: string) => ({ code: 0, stdout: `${text}\n`, stderr: '' });

  expect(await run(`user create ${email} --name Ada`, `${PASSWORD}\n`)).toEqual(success(`Created ${email}.`));
  const { session } = await signIn(email);
  const token = await createToken(session);
  expect([await outcomeOf(session), await outcomeOf(token)]).toEqual(['200', '200']);

  expect(await run(`user deactivate ${email}`)).toEqual(success(`Deactivated ${email}.`));
  expect([await outcomeOf(session), await outcomeOf(token)]).toEqual([
    '401 INVALID_SESSION',
    '401 INVALID_TOKEN',
  ]);
  expect((await signIn(email)).code).toBe('INVALID_CREDENTIALS');
  expect(await operate(`user deactivate ${email}`)).toBe(`${email} is already deactivated.`);

  expect(await run(`user reactivate ${email}`)).toEqual(success(`Reactivated ${email}.`));
  expect([await outcomeOf(session), await outcomeOf(token)]).toEqual(['401 INVALID_SESSION', '200']);
  expect((await signIn(email)).code).toBeUndefined();
  expect(await operate(`user reactivate ${email}`)).toBe(`${email} is already active.`);

  expect(await operatorActions(email)).toEqual(['user.created', 'user.deactivated', 'user.reactivated']);
});

test('a password reset ends sessions and revokes tokens, unless --keep-tokens is given', async () => {
  const email = 'grace@example.com';
  const created = await operate(`user create ${email} --generate`);
  const first = /^Generated password \(it won't be shown again\): (\S{20})$/m.exec(created)?.[1] as string;
  const temporary = await signIn(email, first);
  const { data } = await server.post(
    `mutation { changePassword(input: { currentPassword: "${first}", newPassword: "${PASSWORD}" }) { sessionToken } }`,
    temporary.session,
  );
  const session: string = data.changePassword.sessionToken;
  const token = await createToken(session);

  await operate(`user reset-password ${email} --keep-tokens`, 'the second password');
  expect([await outcomeOf(session), await outcomeOf(token)]).toEqual(['401 INVALID_SESSION', '200']);
  expect((await signIn(email)).code).toBe('INVALID_CREDENTIALS');
  const again = await signIn(email, 'the second password');

  expect(await operate(`user reset-password ${email}`, 'the third password')).toBe(
    `Reset the password of ${email}. Sessions ended: 1. Tokens revoked: 1.`,
  );
  expect([await outcomeOf(again.session), await outcomeOf(token)]).toEqual([
    '401 INVALID_SESSION',
    '401 TOKEN_REVOKED',
  ]);
  expect((await signIn(email, 'the third password')).code).toBeUndefined();
  expect(await operatorActions(email)).toEqual([
    'user.created',
    'user.password_changed',
    'token.revoked',
    'user.password_changed',
  ]);
});

test('a reset link leads to the console, and works once on the running server', async () => {
  const email = 'lynn@example.com';
  await operate(`user create ${email}`);
  const { session } = await signIn(email);
  const outcome = await call(`user reset-link ${email}`, {
    env: { ...env, POSTERN_PUBLIC_URL: 'https://postern.example' },
  });
  expect(outcome).toMatchObject({ code: 0, stderr: expect.stringContaining(`The link is for ${email}.`) });
  const secret = /^https:\/\/postern\.example\/reset-password#(rst_\w{49})$/.exec(outcome.stdout)?.[1];
  const reset = () =>
    server.post(`mutation { resetPassword(input: { secret: "${secret}", newPassword: "the second password" }) {
      user { email } } }`);
  expect((await reset()).data.resetPassword.user.email).toBe(email);
  expect((await reset()).code).toBe('NOT_FOUND');
  expect(await outcomeOf(session)).toBe('401 INVALID_SESSION');
  expect((await signIn(email, 'the second password')).code).toBeUndefined();
  expect(await operatorActions(email)).toEqual(['user.created', 'user.reset_link_created']);
});

test('a sign-in link leads to the console and opens a session once, also for a user without a password', async () => {
  const email = 'adele@example.com';
  const noPasswords = {
    ...DIRECTORY_ENV,
    ...env,
    POSTERN_PUBLIC_URL: 'https://postern.example',
    POSTERN_PASSWORDS: 'off',
  };
  const created = await call(`user create ${email} --local`, { env: noPasswords });
  expect(created).toMatchObject({
    code: 0,
    stdout: `Created ${email}.\nFor a link to sign in, run: postern user sign-in-link ${email}`,
  });
  expect(await call('user create x@example.com --generate', { env: noPasswords })).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('POSTERN_PASSWORDS does not let this user use a password.'),
  });
  const { stdout } = await call(`user sign-in-link ${email}`, { env: noPasswords });
  const secret = /^https:\/\/postern\.example\/sign-in-link#(rst_\w{49})$/.exec(stdout)?.[1];
  const use = () =>
    server.post(
      `mutation { signInWithLink(input: { secret: "${secret}" }) { sessionToken user { email } } }`,
    );
  const { data } = await use();
  expect(data.signInWithLink.user.email).toBe(email);
  expect(await outcomeOf(data.signInWithLink.sessionToken)).toMatch(/^200/);
  expect((await use()).code).toBe('NOT_FOUND');
  expect(await operatorActions(email)).toEqual(['user.created', 'user.sign_in_link_created']);
});

test('tokens are revoked by user, or all of them with those of workspaces', async () => {
  const email = 'edsger@example.com';
  await operate('tokens revoke --all');
  await operate(`user create ${email}`);
  const { session } = await signIn(email);
  const { session: owner } = await signIn(OWNER);
  const { data } = await server.post('{ workspaces { nodes { id } } }', owner);
  const created = await server.post(
    `mutation { createWorkspaceToken(input: { workspaceId: "${data.workspaces.nodes[0].id}", name: "w" }) { secret } }`,
    owner,
  );
  const secrets = [
    await createToken(session),
    await createToken(owner),
    created.data.createWorkspaceToken.secret,
  ];
  const outcomes = () => Promise.all(secrets.map(outcomeOf));

  expect(await operate(`tokens revoke --user ${email}`)).toBe('Tokens revoked: 1.');
  expect(await outcomes()).toEqual(['401 TOKEN_REVOKED', '200', '200']);
  expect(await operate('tokens revoke --all')).toBe('Tokens revoked: 2.');
  expect(await outcomes()).toEqual(['401 TOKEN_REVOKED', '401 TOKEN_REVOKED', '401 TOKEN_REVOKED']);
  expect(await operatorActions(email)).toEqual(['user.created', 'token.revoked']);
});

test('a backup that is made while the server runs works as a database of its own', async () => {
  const email = 'barbara@example.com';
  await operate(`user create ${email}`);
  const token = await createToken((await signIn(email)).session);
  const copy = join(folder, 'copy.db');
  expect(await operate(`backup ${copy}`)).toBe(`Wrote ${copy}.`);
  expect(await call(`backup ${copy}`, { env })).toMatchObject({ code: 1, stdout: '' });
  await operate(`tokens revoke --user ${email}`);
  expect(await outcomeOf(token)).toBe('401 TOKEN_REVOKED');

  const restored = await createApp(readConfig({ ...env, DATABASE_URL: `file:${copy}` }));
  const request = new Request('http://postern.test/graphql', {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
    body: JSON.stringify({ query: VIEWER }),
  });
  expect((await fetchFrom(restored, request)).status).toBe(200);
  await restored.close();
});

test('a second server on the same file is refused until the first one stops', async () => {
  const second = await postern('serve', { env: { ...env, PORT: '0' } });
  expect(second).toMatchObject({ code: 1, stdout: '' });
  expect(second.stderr).toMatch(
    /^postern serve: Another Postern server uses .*\. Stop it, or set DATABASE_URL/,
  );
  expect(await operate('migrate')).toBe('The database is already up to date.');

  expect(await server.stop()).toBe(0);
  server = await startServer(env);
  expect((await signIn(OWNER)).code).toBeUndefined();
});
