import { afterEach, beforeEach, expect, test } from 'vitest';
import { createApp } from '../../src/app.ts';
import { readConfig } from '../../src/config.ts';
import { createLogger } from '../../src/platform/logger.ts';
import { refusalIn } from '../support/answers.ts';
import { type Answer, PASSWORD, type Person, startTestApp, type TestApp } from '../support/app.ts';
import { fetchFrom } from '../support/fetch.ts';

const MINUTE = 60_000;
const TRIES_AN_ACCOUNT = 10;
const SIGN_IN = `mutation ($email: EmailAddress!, $password: String!) {
  signIn(input: { email: $email, password: $password }) { sessionToken }
}`;

let postern: TestApp;
let ada: Person;
beforeEach(async () => {
  postern = await startTestApp();
  ada = await postern.person('Ada');
});
afterEach(() => postern.close());

const attempt = (password: string, email = ada.email): Promise<Answer> =>
  postern.post(SIGN_IN, { email, password });

async function fail(times: number, email?: string): Promise<void> {
  for (let count = 0; count < times; count++) {
    expect(refusalIn(await attempt('not the password', email))).toBe('INVALID_CREDENTIALS');
  }
}

test('an account has ten tries in fifteen minutes; then even the right password has to wait', async () => {
  await fail(TRIES_AN_ACCOUNT);
  const answer = await attempt(PASSWORD);
  expect(answer.status).toBe(200);
  expect(answer.errors[0]?.extensions).toEqual({ code: 'TOO_MANY_ATTEMPTS', retryAfter: 900 });
  postern.advance(14 * MINUTE + 1);
  expect((await attempt(PASSWORD)).errors[0]?.extensions.retryAfter).toBe(60);
  postern.advance(MINUTE);
  expect(refusalIn(await attempt(PASSWORD))).toBeNull();
});

test('an address that nobody has is throttled in the same way', async () => {
  await fail(TRIES_AN_ACCOUNT, 'nobody@example.com');
  expect(refusalIn(await attempt('x', 'nobody@example.com'))).toBe('TOO_MANY_ATTEMPTS');
});

test('other accounts and signed-in people are not held up', async () => {
  await fail(TRIES_AN_ACCOUNT);
  expect(refusalIn(await attempt(PASSWORD, postern.owner.email))).toBeNull();
  expect(refusalIn(await postern.post('{ viewer { kind } }', {}, ada.session))).toBeNull();
});

test('the right password in time starts the count anew', async () => {
  await fail(TRIES_AN_ACCOUNT - 1);
  expect(refusalIn(await attempt(PASSWORD))).toBeNull();
  await fail(TRIES_AN_ACCOUNT);
});

test('aliases are no way to try more often: a document ends at the first try that fails', async () => {
  const aliases = Array.from(
    { length: 15 },
    (_, count) => `a${count}: signIn(input: $input) { sessionToken }`,
  );
  const input = { email: ada.email, password: 'not the password' };
  const answer = await postern.post(`mutation ($input: SignInInput!) { ${aliases.join(' ')} }`, { input });
  expect(answer.errors.map(({ path, extensions }) => [path, extensions.code])).toEqual([
    [['a0'], 'INVALID_CREDENTIALS'],
  ]);
  await fail(TRIES_AN_ACCOUNT - 1);
  expect(refusalIn(await attempt(PASSWORD))).toBe('TOO_MANY_ATTEMPTS');
});

test('tries at once are counted one by one', async () => {
  const answers = await Promise.all(Array.from({ length: 30 }, () => attempt('not the password')));
  const refusals = answers.map(refusalIn).sort();
  const expected = [
    ...Array(TRIES_AN_ACCOUNT).fill('INVALID_CREDENTIALS'),
    ...Array(20).fill('TOO_MANY_ATTEMPTS'),
  ];
  expect(refusals).toEqual(expected);
});

test('the count outlives a restart', async () => {
  await fail(TRIES_AN_ACCOUNT);
  const overrides = { database: postern.database, clock: postern.now, logger: createLogger('silent') };
  const restarted = await createApp(readConfig({}), overrides);
  const body = JSON.stringify({ query: SIGN_IN, variables: { email: ada.email, password: PASSWORD } });
  const headers = { 'content-type': 'application/json' };
  const request = new Request('http://postern.test/graphql', { method: 'POST', headers, body });
  const answer = (await (await fetchFrom(restarted, request)).json()) as Answer;
  expect(refusalIn(answer)).toBe('TOO_MANY_ATTEMPTS');
});

test('what is counted is kept without the address that was typed: it may have been a password', async () => {
  await attempt('not the password', 'hunter2@typed.by.mistake');
  const rows = await postern.database.db.selectFrom('sign_in_attempts').selectAll().execute();
  expect(rows.length).toBeGreaterThan(0);
  expect(JSON.stringify(rows)).not.toContain('hunter2');
});

test('each try stands in the log of the account, those that failed too', async () => {
  await fail(1);
  await attempt(PASSWORD);
  const { data } = await postern.post('{ viewer { auditEvents { nodes { action ip } } } }', {}, ada.session);
  const actions = data.viewer.auditEvents.nodes.map(({ action }: { action: string }) => action);
  expect(actions.slice(0, 2)).toEqual(['session.created', 'session.refused']);
});
