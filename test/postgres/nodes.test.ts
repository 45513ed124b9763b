import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { MIGRATIONS } from '../../src/storage/migrations.ts';
import {
  createToken,
  fetchAt,
  type Node,
  OWNER,
  post,
  type Reply,
  revokeToken,
  signIn,
  startNode,
} from '../support/nodes.ts';
import { type PostgresServer, runOn, siblingUrl, startPostgres } from '../support/postgres-server.ts';
import { follow } from '../support/streams.ts';
import { startTcpProxy, type TcpProxy } from '../support/tcp-proxy.ts';

const VIEWER = '{ viewer { user { email } } }';
const PATIENCE_MS = 30_000;

let postgres: PostgresServer;
let line: TcpProxy;

async function createChannel(node: Node, session: string): Promise<string> {
  const { data } = await post(node, '{ workspaces { nodes { id } } }', session);
  const query = `mutation { createChannel(input: {workspaceId: "${data.workspaces.nodes[0].id}", name: "news"}) {
    channel { id } } }`;
  return (await post(node, query, session)).data.createChannel.channel.id;
}

async function publish(node: Node, session: string, channelId: string, payload: string): Promise<void> {
  const input = `{channelId: "${channelId}", payload: "${payload}"}`;
  await post(node, `mutation { publishMessage(input: ${input}) { message { id } } }`, session);
}

/** Three nodes on a database of their own, the third one by the line. */
async function startNodes(database: string): Promise<[Node, Node, Node]> {
  await runOn(postgres.url, `create database ${database}`);
  const direct = siblingUrl(postgres.url, database);
  const byLine = new URL(direct);
  byLine.port = String(line.port);
  return Promise.all([startNode(direct), startNode(direct), startNode(byLine.href)]);
}

beforeAll(async () => {
  postgres = await startPostgres();
  line = await startTcpProxy(postgres.port);
});

afterAll(async () => {
  line?.close();
  await postgres?.remove();
});

test('many nodes that start on an empty database migrate it once, and make one owner', async () => {
  await startNodes('starting');
  const url = siblingUrl(postgres.url, 'starting');
  const names = await runOn(url, 'select name from kysely_migration order by name');
  expect(names.map(({ name }) => name)).toEqual(Object.keys(MIGRATIONS));
  expect(await runOn(url, 'select email from users')).toEqual([{ email: OWNER }]);
}, 120_000);

test('what is done at one node holds at every other from the next request, and reaches streams within a second', async () => {
  const [first, second, third] = await startNodes('revoking');
  const session = await signIn(second);
  for (let round = 0; round < 10; round++) {
    const { id, secret } = await createToken(first, session);
    expect((await post(second, VIEWER, secret)).status).toBe(200);
    expect((await post(third, VIEWER, secret)).status).toBe(200);
    expect((await revokeToken(third, session, id)).data.revokeToken.token.status).toBe('REVOKED');
    const replies = await Promise.all([first, second, third].map((node) => post(node, VIEWER, secret)));
    expect(replies.map(({ status, code }) => `${status} ${code}`)).toEqual(
      Array(3).fill('401 TOKEN_REVOKED'),
    );
  }

  const { id, secret } = await createToken(first, session);
  const channelId = await createChannel(first, session);
  const stream = await follow(fetchAt(second), channelId, secret);
  await publish(third, session, channelId, 'from afar');
  const published = performance.now();
  expect(await stream.payload()).toBe('from afar');
  expect(performance.now() - published).toBeLessThan(1000);
  const others = await Promise.all(
    Array.from({ length: 30 }, (_, at) =>
      follow(fetchAt([first, second, third][at % 3] as Node), channelId, secret),
    ),
  );
  await publish(third, session, channelId, 'to twenty streams');
  const codes = await Promise.all(others.map((other) => other.code()));
  expect(codes.filter((code) => code === undefined)).toHaveLength(19);
  expect(codes.filter((code) => code === 'LIMIT_REACHED')).toHaveLength(11);
  expect(await stream.payload()).toBe('to twenty streams');
  await revokeToken(third, session, id);
  expect(await stream.end()).toBeLessThan(1000);
}, 180_000);

test('a client sees right answers or 503 with Retry-After, whatever happens to nodes and database', async () => {
  const [first, second, third] = await startNodes('failing');
  const session = await signIn(first);
  const alive = await createToken(first, session);
  const dead = await createToken(first, session);
  await revokeToken(first, session, dead.id);

  const wrong: string[] = [];
  const seen = new Map<Node, Map<string, number>>([first, second, third].map((node) => [node, new Map()]));
  let killed = false;
  let done = false;

  function judge(node: Node, reply: Reply, isAlive: boolean): string {
    const { status, code, retryAfter, data } = reply;
    if (status === 503 && retryAfter !== null) return 'unavailable';
    // The database went between the admission and a field: the field says so, and the status stays as it is for fields.
    if (isAlive && status === 200 && code === 'UNAVAILABLE') return 'unavailable';
    if (isAlive && status === 200 && data?.viewer?.user?.email === OWNER) return 'right';
    if (!isAlive && status === 401 && code === 'TOKEN_REVOKED') return 'right';
    wrong.push(`${node.origin} ${isAlive ? 'alive' : 'dead'}: ${JSON.stringify(reply)}`);
    return 'wrong';
  }

  async function askOn(node: Node): Promise<void> {
    for (let turn = 0; !done; turn++) {
      const isAlive = turn % 2 === 0;
      try {
        const kind = judge(node, await post(node, VIEWER, isAlive ? alive.secret : dead.secret), isAlive);
        seen.get(node)?.set(kind, (seen.get(node)?.get(kind) ?? 0) + 1);
      } catch (error) {
        // Only who is dead may fail to answer at all: a balancer asks another one then.
        if (node === first && killed) return;
        wrong.push(`${node.origin}: ${error}`);
      }
      await pause(5);
    }
  }

  /** Waits until a node gives some more answers of a kind. */
  async function awaitMore(node: Node, kind: string): Promise<void> {
    const count = () => seen.get(node)?.get(kind) ?? 0;
    const enough = count() + 5;
    for (const deadline = Date.now() + PATIENCE_MS; count() < enough; await pause(20)) {
      if (Date.now() > deadline) throw new Error(`${node.origin} is not ${kind}: ${wrong.join('\n')}`);
    }
  }

  const clients = [first, second, third].map(askOn);
  for (const node of [first, second, third]) await awaitMore(node, 'right');

  killed = true;
  first.process.signal('SIGKILL');
  await awaitMore(second, 'right');

  line.cut();
  await awaitMore(third, 'unavailable');
  await awaitMore(second, 'right');
  line.mend();
  await awaitMore(third, 'right');

  await postgres.stop();
  await awaitMore(second, 'unavailable');
  await awaitMore(third, 'unavailable');
  await postgres.start();
  await awaitMore(second, 'right');
  await awaitMore(third, 'right');

  done = true;
  await Promise.all(clients);
  expect(wrong).toEqual([]);
}, 180_000);
