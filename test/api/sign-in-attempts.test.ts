import { afterEach, beforeEach, expect, test } from 'vitest';
import { createApp } from '../../src/app.ts';
import { readConfig } from '../../src/config.ts';
import { createLogger } from '../../src/platform/logger.ts';
import { type Answer, PASSWORD, type Person, passwords, startTestApp, type TestApp } from '../support/app.ts';
import { fetchFrom } from '../support/fetch.ts';
import { refusalIn } from '../support/responses.ts';

const MINUTE = 60_000;
const TRIES_AN_ACCOUNT = 10;
const TRIES_A_NETWORK = 100;
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

/** Tries to sign in from an address; returns the code of the refusal, `null` if it succeeds. */
async function attemptFrom(address: string, password: string, email = ada.email): Promise<string | null> {
  const body = JSON.stringify({ query: SIGN_IN, variables: { email, password } });
  const headers = { 'content-type': 'application/json' };
  const request = new Request('http://postern.test/graphql', { method: 'POST', headers, body });
  const { errors = [] } = (await (await postern.fetch(request, address)).json()) as Partial<Answer>;
  return refusalIn({ errors });
}

/** Counts the database work of a second app on the same database, from now on. */
async function countWork() {
  const { database } = postern;
  const counts = { transactions: 0, statements: 0, running: 0, most: 0, runs: 0 };
  const counted = async <T>(kind: 'transactions' | 'statements', run: () => Promise<T>): Promise<T> => {
    counts[kind] += 1;
    counts.running += 1;
    counts.most = Math.max(counts.most, counts.running);
    return run().finally(() => {
      counts.running -= 1;
    });
  };
  const counting =
    <Tx, T>(work: (tx: Tx) => Promise<T>) =>
    (tx: Tx) => {
      counts.runs += 1;
      return work(tx);
    };
  const app = await createApp(readConfig({ POSTERN_ANONYMOUS_PER_MINUTE: '0' }), {
    database: {
      ...database,
      transact: (locks, work) => counted('transactions', () => database.transact(locks, counting(work))),
      autocommit: (work) => counted('statements', () => database.autocommit(counting(work))),
    },
    clock: postern.now,
    logger: createLogger('silent'),
    passwords,
  });
  const signIn = async (address: string, password: string, email: string) => {
    const body = JSON.stringify({ query: SIGN_IN, variables: { email, password } });
    const headers = { 'content-type': 'application/json' };
    const request = new Request('http://postern.test/graphql', { method: 'POST', headers, body });
    const { errors = [] } = (await (await fetchFrom(app, request, address)).json()) as Partial<Answer>;
    return refusalIn({ errors });
  };
  counts.transactions = 0;
  counts.statements = 0;
  counts.runs = 0;
  return { counts, signIn };
}

/** Returns every row that an attempt can write. */
async function rowsWritten(): Promise<object[]> {
  const { db } = postern.database;
  const attempts = await db.selectFrom('attempt_counters').selectAll().orderBy('key').execute();
  return [...attempts, ...(await db.selectFrom('audit_events').selectAll().orderBy('id').execute())];
}

async function fail(times: number, email?: string): Promise<void> {
  for (let count = 0; count < times; count++) {
    expect(refusalIn(await attempt('not the password', email))).toBe('INVALID_CREDENTIALS');
  }
}

test('an account accepts ten attempts from one network in fifteen minutes; then even the right password is refused until the period ends', async () => {
  await fail(TRIES_AN_ACCOUNT);
  const response = await attempt(PASSWORD);
  expect(response.status).toBe(200);
  expect(response.errors[0]?.extensions).toEqual({ code: 'TOO_MANY_ATTEMPTS', retryAfter: 900 });
  postern.advance(14 * MINUTE + 1);
  expect((await attempt(PASSWORD)).errors[0]?.extensions.retryAfter).toBe(60);
  postern.advance(MINUTE);
  expect(refusalIn(await attempt(PASSWORD))).toBeNull();
});

test('an address without an account is throttled in the same way', async () => {
  await fail(TRIES_AN_ACCOUNT, 'unknown@example.com');
  expect(refusalIn(await attempt('x', 'unknown@example.com'))).toBe('TOO_MANY_ATTEMPTS');
});

test('other accounts and signed-in users are not affected', async () => {
  await fail(TRIES_AN_ACCOUNT);
  expect(refusalIn(await attempt(PASSWORD, postern.owner.email))).toBeNull();
  expect(refusalIn(await postern.post('{ viewer { kind } }', {}, ada.session))).toBeNull();
});

test('the right password in time resets the count', async () => {
  await fail(TRIES_AN_ACCOUNT - 1);
  expect(refusalIn(await attempt(PASSWORD))).toBeNull();
  await fail(TRIES_AN_ACCOUNT);
});

test('each alias in a document counts as an attempt', async () => {
  const aliases = Array.from(
    { length: 15 },
    (_, count) => `a${count}: signIn(input: $input) { sessionToken }`,
  );
  const input = { email: ada.email, password: 'not the password' };
  const response = await postern.post(`mutation ($input: SignInInput!) { ${aliases.join(' ')} }`, { input });
  expect(response.errors.map(({ extensions }) => extensions.code)).toEqual([
    ...Array(TRIES_AN_ACCOUNT).fill('INVALID_CREDENTIALS'),
    ...Array(5).fill('TOO_MANY_ATTEMPTS'),
  ]);
  expect(refusalIn(await attempt(PASSWORD))).toBe('TOO_MANY_ATTEMPTS');
});

test('concurrent attempts are counted one by one', async () => {
  const responses = await Promise.all(Array.from({ length: 30 }, () => attempt('not the password')));
  const refusals = responses.map(refusalIn).sort();
  const expected = [
    ...Array(TRIES_AN_ACCOUNT).fill('INVALID_CREDENTIALS'),
    ...Array(20).fill('TOO_MANY_ATTEMPTS'),
  ];
  expect(refusals).toEqual(expected);
});

test('no one can lock a user out from elsewhere: each network has a first attempt, however many others try', async () => {
  for (let network = 1; network <= 11; network++) {
    for (let count = 0; count < TRIES_AN_ACCOUNT; count++) {
      await attemptFrom(`198.51.100.${network}`, 'not the password');
    }
  }
  expect(await attemptFrom('192.0.2.1', PASSWORD)).toBeNull();
  // During attempts from many networks, each network has one attempt, which limits their total.
  expect(await attemptFrom('192.0.2.2', 'not the password')).toBe('INVALID_CREDENTIALS');
  expect(await attemptFrom('192.0.2.2', 'not the password')).toBe('TOO_MANY_ATTEMPTS');
  expect(await attemptFrom('192.0.2.2', PASSWORD, postern.owner.email)).toBeNull();
});

test('of blocked attempts, only the first writes a row, and the following ones take no transaction', async () => {
  await fail(TRIES_AN_ACCOUNT);
  expect(await attemptFrom('127.0.0.1', PASSWORD)).toBe('TOO_MANY_ATTEMPTS');
  const before = await rowsWritten();
  const { counts, signIn } = await countWork();
  for (let count = 0; count < 5; count++) {
    expect(await signIn('127.0.0.1', PASSWORD, ada.email)).toBe('TOO_MANY_ATTEMPTS');
  }
  expect(counts).toMatchObject({ transactions: 0, statements: 0 });
  expect(await rowsWritten()).toEqual(before);
});

test('a wrong email causes the same work as a wrong password', async () => {
  const { counts, signIn } = await countWork();
  expect(await signIn('192.0.2.1', 'not the password', ada.email)).toBe('INVALID_CREDENTIALS');
  const ofAccount = { ...counts };
  expect(await signIn('192.0.2.2', 'not the password', 'unknown@example.com')).toBe('INVALID_CREDENTIALS');
  expect(counts.transactions - ofAccount.transactions).toBe(ofAccount.transactions);
  expect(counts.statements - ofAccount.statements).toBe(ofAccount.statements);
});

test('of any number of concurrent sign-ins, two work on the database, and none runs twice', async () => {
  const { counts, signIn } = await countWork();
  const codes = await Promise.all(
    Array.from({ length: 90 }, (_, at) =>
      signIn('192.0.2.1', 'not the password', `unknown-${at}@example.com`),
    ),
  );
  expect(counts.runs).toBe(counts.transactions + counts.statements);
  expect(new Set(codes)).toEqual(new Set(['INVALID_CREDENTIALS']));
  expect(counts.most).toBeLessThanOrEqual(2);
});

test('a password reset by the operator clears the block of the account, and its network', async () => {
  await fail(TRIES_AN_ACCOUNT);
  for (let account = 0; account < TRIES_A_NETWORK; account++) {
    await attempt('not the password', `unknown-${account}@example.com`);
  }
  expect(refusalIn(await attempt(PASSWORD, postern.owner.email))).toBe('TOO_MANY_ATTEMPTS');
  const operator = postern.app.services.operator;
  await operator.resetPassword(ada.email, 'a password that is new', false);
  expect(refusalIn(await attempt('a password that is new'))).toBeNull();
});

test('the count outlives a restart', async () => {
  await fail(TRIES_AN_ACCOUNT);
  const overrides = { database: postern.database, clock: postern.now, logger: createLogger('silent') };
  const restarted = await createApp(readConfig({}), overrides);
  const body = JSON.stringify({ query: SIGN_IN, variables: { email: ada.email, password: PASSWORD } });
  const headers = { 'content-type': 'application/json' };
  const request = new Request('http://postern.test/graphql', { method: 'POST', headers, body });
  const response = (await (await fetchFrom(restarted, request)).json()) as Answer;
  expect(refusalIn(response)).toBe('TOO_MANY_ATTEMPTS');
});

test('the count is stored without the typed address, which can be a password', async () => {
  await attempt('not the password', 'hunter2@typed.by.mistake');
  const rows = await postern.database.db.selectFrom('attempt_counters').selectAll().execute();
  expect(rows.length).toBeGreaterThan(0);
  expect(JSON.stringify(rows)).not.toContain('hunter2');
});

test('each attempt appears in the audit log of the account, failed ones included', async () => {
  await fail(1);
  await attempt(PASSWORD);
  const { data } = await postern.post('{ viewer { auditEvents { nodes { action ip } } } }', {}, ada.session);
  const actions = data.viewer.auditEvents.nodes.map(({ action }: { action: string }) => action);
  expect(actions.slice(0, 2)).toEqual(['session.created', 'session.refused']);
});
