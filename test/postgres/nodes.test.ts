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
let proxy: TcpProxy;
/** The URL of the database that the nodes share. */
let url: string;
/** The nodes of all tests, the third one through the TCP proxy. The last test kills the first one. */
let nodes: [Node, Node, Node];
const ends: (() => void | Promise<void>)[] = [];

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

beforeAll(async () => {
  postgres = await startPostgres();
  proxy = await startTcpProxy(postgres.port);
  await runOn(postgres.url, 'create database shared');
  url = siblingUrl(postgres.url, 'shared');
  const throughProxy = new URL(url);
  throughProxy.port = String(proxy.port);
  const start = (database: string) => startNode(database, (end) => ends.push(end));
  nodes = await Promise.all([start(url), start(url), start(throughProxy.href)]);
});

afterAll(async () => {
  for (const end of ends.reverse()) await end();
  proxy?.close();
  await postgres?.remove();
});

test('nodes that start together on an empty database migrate it once and create one owner', async () => {
  const names = await runOn(url, 'select name from kysely_migration order by name');
  expect(names.map(({ name }) => name)).toEqual(Object.keys(MIGRATIONS));
  expect(await runOn(url, 'select email from users')).toEqual([{ email: OWNER }]);
}, 120_000);

test('a change on one node applies to the next request on every other, and reaches streams within a second', async () => {
  const [first, second, third] = nodes;
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

test('of fifty verifications on two nodes at the same time, only one takes the last use of a token', async () => {
  const [first, second] = nodes;
  const session = await signIn(first);
  const create = `mutation { createToken(input: {name: "a", access: FULL, limits: {uses: 1}}) { secret } }`;
  const { secret } = (await post(first, create, session)).data.createToken;
  const headers = { authorization: `Bearer ${secret}` };
  const statuses = await Promise.all(
    Array.from({ length: 50 }, async (_, index) => {
      const { origin } = index % 2 ? first : second;
      return (await fetch(`${origin}/verify`, { headers })).status;
    }),
  );
  expect(statuses.filter((status) => status === 204)).toHaveLength(1);
  expect(statuses.filter((status) => status === 401)).toHaveLength(49);
}, 120_000);

test('clients get correct responses, or 503 with Retry-After, while nodes and the database fail', async () => {
  const [first, second, third] = nodes;
  const session = await signIn(first);
  const active = await createToken(first, session);
  const revoked = await createToken(first, session);
  await revokeToken(first, session, revoked.id);

  const wrong: string[] = [];
  const seen = new Map<Node, Map<string, number>>([first, second, third].map((node) => [node, new Map()]));
  let killed = false;
  let done = false;

  function classify(node: Node, reply: Reply, isActive: boolean): string {
    const { status, code, retryAfter, data } = reply;
    if (status === 503 && retryAfter !== null) return 'unavailable';
    // The database failed between authentication and a field, so the field has the error and the status is 200.
    if (isActive && status === 200 && code === 'UNAVAILABLE') return 'unavailable';
    if (isActive && status === 200 && data?.viewer?.user?.email === OWNER) return 'correct';
    if (!isActive && status === 401 && code === 'TOKEN_REVOKED') return 'correct';
    wrong.push(`${node.origin} ${isActive ? 'active' : 'revoked'}: ${JSON.stringify(reply)}`);
    return 'wrong';
  }

  async function pollNode(node: Node): Promise<void> {
    for (let turn = 0; !done; turn++) {
      const isActive = turn % 2 === 0;
      try {
        const kind = classify(
          node,
          await post(node, VIEWER, isActive ? active.secret : revoked.secret),
          isActive,
        );
        seen.get(node)?.set(kind, (seen.get(node)?.get(kind) ?? 0) + 1);
      } catch (error) {
        // Only a killed node can fail to respond. A load balancer would use another one then.
        if (node === first && killed) return;
        wrong.push(`${node.origin}: ${error}`);
      }
      await pause(5);
    }
  }

  /** Waits until a node has given some more responses of a kind. */
  async function awaitMore(node: Node, kind: string): Promise<void> {
    const count = () => seen.get(node)?.get(kind) ?? 0;
    const enough = count() + 5;
    for (const deadline = Date.now() + PATIENCE_MS; count() < enough; await pause(20)) {
      if (Date.now() > deadline) throw new Error(`${node.origin} is not ${kind}: ${wrong.join('\n')}`);
    }
  }

  const clients = [first, second, third].map(pollNode);
  for (const node of [first, second, third]) await awaitMore(node, 'correct');

  killed = true;
  first.process.signal('SIGKILL');
  await awaitMore(second, 'correct');

  proxy.cut();
  await awaitMore(third, 'unavailable');
  await awaitMore(second, 'correct');
  proxy.mend();
  await awaitMore(third, 'correct');

  await postgres.stop();
  await awaitMore(second, 'unavailable');
  await awaitMore(third, 'unavailable');
  await postgres.start();
  await awaitMore(second, 'correct');
  await awaitMore(third, 'correct');

  done = true;
  await Promise.all(clients);
  expect(wrong).toEqual([]);
}, 180_000);
