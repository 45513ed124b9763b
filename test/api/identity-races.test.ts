import { afterEach, beforeEach, expect, test } from 'vitest';
import { decodeGlobalId } from '../../src/domain/global-id.ts';
import { startTestApp, type TestApp } from '../support/app.ts';
import { openTestDatabaseTwice } from '../support/database.ts';
import { connectDirectory, DIRECTORY_ENV, personOf } from '../support/directory.ts';
import { finishSignIn, storeSignIn } from '../support/stored-sign-ins.ts';

const ROUNDS = 8;
const ENDINGS = 40;
const ENV = {
  ...DIRECTORY_ENV,
  POSTERN_PUBLIC_URL: 'https://postern.test',
  POSTERN_OIDC_CORP_PROVISION: 'on',
  POSTERN_REQUESTS_PER_MINUTE: '0',
  POSTERN_ANONYMOUS_PER_MINUTE: '0',
};

let nodes: readonly [TestApp, TestApp];
let states = 0;

beforeEach(async () => {
  const [one, other] = await openTestDatabaseTwice();
  nodes = [await startTestApp(ENV, one), await startTestApp(ENV, other)];
});
afterEach(async () => {
  for (const node of nodes) await node.close();
});

/** Stores a sign-in of a person at the provider. */
function store(subject: string, by: string | null = null, email = `${subject}@example.com`) {
  const state = (states++).toString(36).padStart(43, '0');
  const intent = by === null ? 'sign-in' : 'link';
  const userId = by === null ? null : decodeGlobalId('User', by);
  return storeSignIn(nodes[0], state, { provider: 'corp', subject, intent, userId, email });
}

/** Returns the addresses of the accounts with an identity of a person at the provider. */
async function accountsOf(subject: string): Promise<string[]> {
  const rows = await nodes[0].database.db
    .selectFrom('identities')
    .innerJoin('users', 'users.id', 'identities.user_id')
    .select('users.email')
    .where('identities.subject', '=', subject)
    .execute();
  return rows.map(({ email }) => email);
}

/** Returns the number of sessions of a person at the provider. */
async function sessionsOf(subject: string): Promise<number> {
  const rows = await nodes[0].database.db
    .selectFrom('sessions')
    .innerJoin('identities', 'identities.id', 'sessions.identity_id')
    .select('sessions.id')
    .where('identities.subject', '=', subject)
    .execute();
  return rows.length;
}

test('of two accounts that link one person concurrently, one does and the other gets CONFLICT', async () => {
  const [ada, bob] = [await nodes[0].person('Ada'), await nodes[0].person('Bob')];
  for (let round = 0; round < ROUNDS; round++) {
    const subject = `person-${round}`;
    const signIns = [await store(subject, ada.id), await store(subject, bob.id)] as const;
    const codes = await Promise.all([
      finishSignIn(nodes[0], 'linkIdentity', signIns[0], ada.session),
      finishSignIn(nodes[1], 'linkIdentity', signIns[1], bob.session),
    ]);
    expect(codes.toSorted()).toEqual(['CONFLICT', 'ok']);
    expect(await accountsOf(subject)).toEqual([codes[0] === 'ok' ? ada.email : bob.email]);
  }
});

test('an unknown person who finishes two sign-ins concurrently gets one account, also with two addresses', async () => {
  for (let round = 0; round < ROUNDS; round++) {
    const subject = `person-${round}`;
    const other = round % 2 === 0 ? undefined : `renamed-${round}@example.com`;
    const signIns = [await store(subject), await store(subject, null, other)] as const;
    const codes = await Promise.all([
      finishSignIn(nodes[0], 'completeSignIn', signIns[0]),
      finishSignIn(nodes[1], 'completeSignIn', signIns[1]),
    ]);
    expect(codes).toEqual(['ok', 'ok']);
    expect(await accountsOf(subject)).toHaveLength(1);
  }
});

test('a person who signs in while another user links them signs in to that account, or gets one of their own', async () => {
  const ada = await nodes[0].person('Ada');
  for (let round = 0; round < ROUNDS; round++) {
    const subject = `person-${round}`;
    const signIns = [await store(subject), await store(subject, ada.id)] as const;
    const codes = await Promise.all([
      finishSignIn(nodes[0], 'completeSignIn', signIns[0]),
      finishSignIn(nodes[1], 'linkIdentity', signIns[1], ada.session),
    ]);
    expect(codes[0]).toBe('ok');
    const account = codes[1] === 'ok' ? ada.email : `${subject}@example.com`;
    expect(codes[1]).toMatch(/^(ok|CONFLICT)$/);
    expect(await accountsOf(subject)).toEqual([account]);
  }
});

test('a person who signs in while a directory creates them gets one account', async () => {
  const scim = await connectDirectory(nodes[1]);
  for (let round = 0; round < ROUNDS; round++) {
    const subject = `person-${round}`;
    const signIn = await store(subject);
    const [code, { status }] = await Promise.all([
      finishSignIn(nodes[0], 'completeSignIn', signIn),
      scim('POST', '/Users', personOf(subject, { externalId: subject })),
    ]);
    expect(code).toBe('ok');
    expect([201, 409]).toContain(status);
    expect(await accountsOf(subject)).toHaveLength(1);
  }
});

/** Waits for some turns of the event loop, so that two calls meet at another point of their work in each round. */
async function afterTurns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn++) await new Promise((done) => setImmediate(done));
}

test('a person who signs in while the provider ends their sessions keeps no session', async () => {
  for (let round = 0; round < ENDINGS; round++) {
    const subject = `person-${round}`;
    const signIn = await store(subject);
    const token = { provider: 'corp', subject, providerSession: null, jti: subject };
    const [code] = await Promise.all([
      finishSignIn(nodes[0], 'completeSignIn', signIn),
      afterTurns(round).then(() => nodes[1].app.services.providerLogouts.end(token)),
    ]);
    expect(code).toMatch(/^(ok|NOT_FOUND)$/);
    expect(await sessionsOf(subject)).toBe(0);
  }
});
