import { randomUUID } from 'node:crypto';
import { expect, inject, test } from 'vitest';
import { openDatabase } from '../../src/storage/open.ts';
import { repeat } from '../support/descendants.ts';
import { createToken, type Node, post, signIn, startNode } from '../support/nodes.ts';
import { runOn, siblingUrl } from '../support/postgres-server.ts';

/** Enough that a node is killed before it has deleted all of them. */
const TOKENS = 5_000;
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
