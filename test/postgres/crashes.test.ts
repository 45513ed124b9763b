import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { systemIds } from '../../src/platform/ids.ts';
import { createSecretSource } from '../../src/platform/secrets.ts';
import { openDatabase } from '../../src/storage/open.ts';
import { derive } from '../support/descendants.ts';
import { type Node, post, startNode } from '../support/nodes.ts';
import { type PostgresServer, runOn, siblingUrl, startPostgres } from '../support/postgres-server.ts';
import { testLength } from '../support/test-length.ts';

const USERS = 32;
const ROUNDS = testLength({ short: 1, full: 4 });
const TIMEOUT_MS = testLength({ short: 120_000, full: 480_000 });
/** How many tokens are created before the failure, and after it. */
const TOKENS = 100;

/** Enough that a node is killed before it has deleted all of them. */
const DESCENDANTS = 2_000;

let postgres: PostgresServer;

beforeAll(async () => {
  postgres = await startPostgres();
});

afterAll(() => postgres?.remove());

/** Creates signed-in users; returns the secrets of their sessions. */
async function createUsers(url: string): Promise<string[]> {
  const secrets = createSecretSource('');
  const now = Date.now();
  const users = Array.from({ length: USERS }, () => ({ id: systemIds(), ...secrets.issue('SESSION') }));
  const rows = users.map(({ id }) => `('${id}', '${id}@example.com', 1, 'a', 'none', 1)`);
  const sessions = users.map(
    ({ id, digest }) => `('${systemIds()}', '${id}', '${digest}', ${now}, 9e15, ${now})`,
  );
  await runOn(
    url,
    `insert into users (id, email, email_verified_at, name, password_hash, created_at) values ${rows}`,
    `insert into sessions (id, user_id, digest, created_at, expires_at, authenticated_at) values ${sessions}`,
  );
  return users.map(({ secret }) => secret);
}

/** Callers that each create one token after the other, so that the node gathers their calls into transactions. */
interface Callers {
  /** The secrets of the tokens that were created and acknowledged. */
  readonly acknowledged: string[];
  /** Responses that are neither a token nor 503 with `Retry-After`. */
  readonly wrong: unknown[];
  /** Calls without a response. */
  readonly unanswered: unknown[];
  /** Resolves when `count` more tokens are acknowledged. */
  more(count: number): Promise<void>;
  /** Ends each caller after its current call. */
  end(): Promise<void>;
}

const CREATE = 'mutation { createToken(input: {name: "a", access: FULL}) { secret } }';

function startCallers(node: Node, sessions: readonly string[]): Callers {
  const acknowledged: string[] = [];
  const wrong: unknown[] = [];
  const unanswered: unknown[] = [];
  let isOver = false;

  async function create(session: string): Promise<void> {
    const reply = await post(node, CREATE, session).catch((error: unknown) => void unanswered.push(error));
    if (!reply) return;
    const secret = reply.data?.createToken?.secret;
    if (secret) acknowledged.push(secret);
    else if (reply.code !== 'UNAVAILABLE') wrong.push(reply);
    else await pause(20);
  }

  const callers = sessions.map(async (session) => {
    while (!isOver && unanswered.length === 0) await create(session);
  });
  return {
    acknowledged,
    wrong,
    unanswered,
    async more(count) {
      const enough = acknowledged.length + count;
      await expect.poll(() => acknowledged.length, { timeout: 30_000, interval: 2 }).toBeGreaterThan(enough);
    },
    async end() {
      isOver = true;
      await Promise.all(callers);
    },
  };
}

/** Requires that every acknowledged token works, each stored one is whole, and no failed transaction holds a lock. */
async function expectNothingLost(node: Node, url: string, { acknowledged, wrong }: Callers): Promise<void> {
  const secrets = acknowledged.map(async (secret) => {
    const headers = { authorization: `Bearer ${secret}` };
    return (await fetch(`${node.origin}/verify`, { headers })).status;
  });
  expect(new Set(await Promise.all(secrets))).toEqual(new Set([204]));
  expect(wrong).toEqual([]);
  const parts = `select count(*)::int as tokens, count(s.digest)::int as secrets, count(distinct t.id)::int as ids,
    (select count(*)::int from audit_events where action = 'token.created') as events
    from tokens as t left join token_secrets as s on s.token_id = t.id`;
  const [{ tokens, secrets: stored, ids, events } = {}] = await runOn(url, parts);
  expect([stored, ids, events]).toEqual([tokens, tokens, tokens]);
  const locks = `select count(*)::int as held from pg_locks inner join pg_database on pg_database.oid = database
    where locktype = 'advisory' and datname = current_database()`;
  await expect.poll(async () => (await runOn(url, locks))[0]?.held, { timeout: 30_000 }).toBe(0);
}

async function createDatabase(name: string): Promise<string> {
  await runOn(postgres.url, `create database ${name}`);
  return siblingUrl(postgres.url, name);
}

test(
  'a node that is killed while it creates tokens loses no acknowledged one, and leaves none half done',
  async () => {
    const url = await createDatabase('killed');
    const other = await startNode(url);
    for (let round = 0; round < ROUNDS; round++) {
      const node = await startNode(url);
      const sessions = await createUsers(url);
      const callers = startCallers(node, sessions);
      await callers.more(TOKENS);
      node.process.signal('SIGKILL');
      await callers.end();
      expect(callers.unanswered.length).toBeGreaterThan(0);
      await expectNothingLost(other, url, callers);
      // The users are free.
      const next = startCallers(other, sessions);
      await next.more(USERS);
      await next.end();
      await expectNothingLost(other, url, next);
    }
  },
  TIMEOUT_MS,
);

test(
  'a node that is killed while it deletes the descendants of a token leaves the rest to the next node',
  async () => {
    const url = await createDatabase('cascades');
    const node = await startNode(url);
    const [session] = await createUsers(url);
    const created = 'mutation { createToken(input: {name: "a", access: FULL}) { token { id } } }';
    const { id } = (await post(node, created, session as string)).data.createToken.token;
    const database = await openDatabase(url);
    const secrets = await derive(database, id, DESCENDANTS);
    await database.close();
    await post(node, `mutation { deleteToken(input: {id: "${id}"}) { deletedTokenId } }`, session as string);
    const progress = async () => (await runOn(url, 'select after_id from pending_cascades'))[0]?.after_id;
    await expect.poll(progress, { timeout: 30_000, interval: 5 }).toBeTruthy();
    node.process.signal('SIGKILL');
    const other = await startNode(url);
    const headers = { authorization: `Bearer ${secrets.at(-1)}` };
    expect((await fetch(`${other.origin}/verify`, { headers })).status).toBe(401);
    expect(await progress()).toBeTruthy();
    const left = async () => (await runOn(url, 'select count(*)::int as tokens from tokens'))[0]?.tokens;
    await expect.poll(left, { timeout: 60_000 }).toBe(0);
    const events = "select count(*)::int as events from audit_events where action = 'token.deleted'";
    expect((await runOn(url, events))[0]?.events).toBe(DESCENDANTS + 1);
    await expect.poll(progress, { timeout: 30_000 }).toBeUndefined();
  },
  TIMEOUT_MS,
);

test(
  'a database that restarts without shutting down loses no acknowledged token, and the node recovers',
  async () => {
    const url = await createDatabase('restarted');
    const node = await startNode(url);
    for (let round = 0; round < ROUNDS; round++) {
      const callers = startCallers(node, await createUsers(url));
      await callers.more(TOKENS);
      await postgres.crash();
      await postgres.start();
      await callers.more(TOKENS);
      await callers.end();
      expect(callers.unanswered).toEqual([]);
      await expectNothingLost(node, url, callers);
    }
  },
  TIMEOUT_MS,
);
