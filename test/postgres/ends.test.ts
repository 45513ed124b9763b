import { randomUUID } from 'node:crypto';
import { expect, inject, test } from 'vitest';
import { CHUNK } from '../../src/services/transactions/chunk.ts';
import { openDatabase } from '../../src/storage/open.ts';
import { repeat } from '../support/descendants.ts';
import { createToken, type Node, post, signIn, startNode } from '../support/nodes.ts';
import { runOn, siblingUrl } from '../support/postgres-server.ts';

/** Enough that a node is killed before it has deleted all of them. */
const TOKENS = 5_000;
const MESSAGES = 5_000;
/** How many secrets are tried: those whose rows are deleted last. */
const TRIED = 300;
const TIMEOUT_MS = 120_000;
const PATIENCE_MS = 60_000;

async function createDatabase(): Promise<string> {
  const template = inject('postgresTemplate') as string;
  const original = new URL(template).pathname.slice(1);
  const name = `${original}_ends_${randomUUID().slice(0, 8)}`;
  await runOn(siblingUrl(template, 'postgres'), `create database "${name}" template "${original}"`);
  return siblingUrl(template, name);
}

async function verifyAll(node: Node, secrets: readonly string[]): Promise<number[]> {
  const statuses = new Set<number>();
  const left = [...secrets];
  const work = async () => {
    for (let secret = left.pop(); secret; secret = left.pop()) {
      const headers = { authorization: `Bearer ${secret}` };
      statuses.add((await fetch(`${node.origin}/verify`, { headers })).status);
    }
  };
  await Promise.all(Array.from({ length: 16 }, work));
  return [...statuses];
}

test(
  'a node that is killed in the middle of the end of many tokens leaves none valid, and the next node ends the rest',
  async () => {
    const url = await createDatabase();
    // The first node creates the account.
    const first = await startNode(url);
    const second = await startNode(url);
    const session = await signIn(first);
    const { id, secret } = await createToken(first, session);
    const database = await openDatabase(url);
    const added = await repeat(database, id, TOKENS);
    await database.close();
    const secrets = [secret, ...added.slice(-TRIED)];
    const total = TOKENS + 1;
    expect(await verifyAll(first, secrets)).toEqual([204]);
    expect(await verifyAll(second, secrets)).toEqual([204]);
    const { data } = await post(first, 'mutation { deleteAllTokens { deletedCount } }', session);
    expect(data.deleteAllTokens.deletedCount).toBe(total);
    expect(await verifyAll(second, secrets)).toEqual([401]);
    // A token that was created meanwhile stays.
    const later = await createToken(second, session);
    const progress = async () => (await runOn(url, 'select after_id from pending_ends'))[0]?.after_id;
    expect(await progress()).toBeDefined();
    for (const { process } of [first, second]) process.signal('SIGKILL');
    expect(await progress()).toBeDefined();
    const third = await startNode(url);
    expect(await verifyAll(third, secrets)).toEqual([401]);
    await expect.poll(progress, { timeout: PATIENCE_MS }).toBeUndefined();
    const left = await runOn(url, 'select count(*)::int as tokens from tokens');
    expect(left[0]?.tokens).toBe(1);
    expect(await verifyAll(third, [later.secret])).toEqual([204]);
    const events = "select count(*)::int as events from audit_events where action = 'token.deleted'";
    expect((await runOn(url, events))[0]?.events).toBe(total);
  },
  TIMEOUT_MS,
);

/** Creates a workspace with more tokens than one transaction deletes, and many messages; returns its id and some secrets. */
async function createWorkspace(
  node: Node,
  url: string,
  session: string,
): Promise<{ id: string; secrets: string[] }> {
  const call = async (field: string, input: string, selection: string) => {
    const { data } = await post(node, `mutation { ${field}(input: {${input}}) { ${selection} } }`, session);
    return data[field];
  };
  const { workspace } = await call('createWorkspace', 'name: "Large"', 'workspace { id slug }');
  expect(workspace.slug).toBe('large');
  const inWorkspace = `workspaceId: "${workspace.id}", name: "a"`;
  const { token, secret } = await call('createWorkspaceToken', inWorkspace, 'secret token { id }');
  const { channel } = await call('createChannel', inWorkspace, 'channel { id }');
  await call('publishMessage', `channelId: "${channel.id}", payload: "hello"`, '__typename');
  const database = await openDatabase(url);
  const others = await repeat(database, token.id, 2 * CHUNK);
  await database.close();
  await runOn(
    url,
    `insert into messages (id, channel_id, sequence, payload, published_at, publisher_id)
      select id || n, channel_id, sequence + n, payload, published_at, publisher_id
      from messages, generate_series(1, ${MESSAGES}) as n
      where channel_id = (select id from channels order by created_at desc limit 1)`,
  );
  return { id: workspace.id, secrets: [secret, ...others] };
}

test(
  'nodes that are killed in the middle of the deletion of a workspace leave it absent, and the next node deletes the rest',
  async () => {
    const url = await createDatabase();
    const first = await startNode(url);
    const second = await startNode(url);
    const session = await signIn(first);
    const { id, secrets } = await createWorkspace(first, url, session);
    expect(await verifyAll(second, secrets)).toEqual([204]);
    const isSeen = async (node: Node) =>
      (await post(node, `{ workspace(id: "${id}") { id } }`, session)).data.workspace !== null;
    expect(await isSeen(second)).toBe(true);
    const deletion = `mutation { deleteWorkspace(input: {id: "${id}"}) { deletedWorkspaceId } }`;
    expect((await post(first, deletion, session)).code).toBeUndefined();
    expect(await verifyAll(second, secrets)).toEqual([401]);
    expect(await isSeen(second)).toBe(false);
    const count = async (from: string) =>
      (await runOn(url, `select count(*)::int as count from ${from}`))[0]?.count;
    const messages = () => count('messages');
    await expect.poll(messages, { timeout: PATIENCE_MS, interval: 5 }).toBeLessThan(MESSAGES);
    for (const { process } of [first, second]) process.signal('SIGKILL');
    expect(await messages()).toBeGreaterThan(0);
    const third = await startNode(url);
    expect(await verifyAll(third, secrets)).toEqual([401]);
    expect(await isSeen(third)).toBe(false);
    expect((await post(third, deletion, session)).code).toBe('NOT_FOUND');
    // Its name is free, and a new workspace loses nothing.
    const again = await createWorkspace(third, url, session);
    const left = () => count('workspaces where deleted_at is not null');
    await expect.poll(left, { timeout: PATIENCE_MS }).toBe(0);
    expect(await messages()).toBe(MESSAGES + 1);
    expect(await verifyAll(third, again.secrets)).toEqual([204]);
    expect(await count("audit_events where action = 'workspace.deleted'")).toBe(1);
    expect(await count("audit_events where action = 'token.deleted'")).toBe(secrets.length);
  },
  TIMEOUT_MS,
);
