import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { expect, inject, onTestFinished, test } from 'vitest';
import { decodeGlobalId } from '../../src/domain/global-id.ts';
import { CHUNK } from '../../src/services/transactions/chunk.ts';
import { openDatabase } from '../../src/storage/open.ts';
import { PASSWORD } from '../support/app.ts';
import { repeat } from '../support/descendants.ts';
import { repeatInvitations, repeatMembers, repeatShares } from '../support/grants.ts';
import { createToken, type Node, post, signIn, startNode } from '../support/nodes.ts';
import { runOn, siblingUrl } from '../support/postgres-server.ts';
import { testLength } from '../support/test-length.ts';

/** Some twenty chunks each, in which a node is killed. */
const TOKENS = 1_000;
const MESSAGES = 1_000;
/** Rows of each of two kinds. */
const GRANTS = 500;
const MEMBERS = 500;
/** How long the statement lasts that deletes the rows of a chunk. */
const LINGERING_SECONDS = 0.15;
/** How many secrets are tried: those whose rows are deleted last. */
const TRIED = testLength({ short: 100, ci: 300, full: 300 });
const TIMEOUT_MS = 120_000;
const PATIENCE_MS = 60_000;

async function createDatabase(): Promise<string> {
  const template = inject('postgresTemplate') as string;
  const original = new URL(template).pathname.slice(1);
  const name = `${original}_ends_${randomUUID().slice(0, 8)}`;
  await runOn(siblingUrl(template, 'postgres'), `create database "${name}" template "${original}"`);
  return siblingUrl(template, name);
}

/** Makes statements that delete rows of a table last longer, so that there is time to kill a node between them. */
async function linger(url: string, ...tables: readonly string[]): Promise<void> {
  const body = `begin perform pg_sleep(${LINGERING_SECONDS}); return null; end`;
  await runOn(
    url,
    `create function linger() returns trigger language plpgsql as $$ ${body} $$`,
    ...tables.map(
      (table) => `create trigger linger after delete on ${table}
        for each statement when (pg_trigger_depth() = 0) execute function linger()`,
    ),
  );
}

/** Connects to a database until the end of the test. */
async function connect(url: string): Promise<pg.Client> {
  const client = new pg.Client(url);
  await client.connect();
  onTestFinished(() => client.end());
  return client;
}

/** Returns a function that counts the rows of a table. */
async function createCounter(url: string): Promise<(from: string) => Promise<number>> {
  const client = await connect(url);
  return async (from) => (await client.query(`select count(*)::int as count from ${from}`)).rows[0].count;
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
    await linger(url, 'tokens');
    const { data } = await post(first, 'mutation { deleteAllTokens { deletedCount } }', session);
    expect(data.deleteAllTokens.deletedCount).toBe(total);
    expect(await verifyAll(second, secrets)).toEqual([401]);
    // A token that was created meanwhile stays.
    const later = await createToken(second, session);
    const count = await createCounter(url);
    expect(await count('pending_ends')).toBe(1);
    for (const { process } of [first, second]) process.signal('SIGKILL');
    expect(await count('pending_ends')).toBe(1);
    const third = await startNode(url);
    expect(await verifyAll(third, secrets)).toEqual([401]);
    await expect.poll(() => count('pending_ends'), { timeout: PATIENCE_MS }).toBe(0);
    expect(await count('tokens')).toBe(1);
    expect(await verifyAll(third, [later.secret])).toEqual([204]);
    expect(await count("audit_events where action = 'token.deleted'")).toBe(total);
  },
  TIMEOUT_MS,
);

/** Runs a mutation on a node; returns its payload, `null` if it was refused. */
async function call(node: Node, field: string, input: string, selection: string, by?: string): Promise<any> {
  return (await post(node, `mutation { ${field}(input: {${input}}) { ${selection} } }`, by)).data[field];
}

/** Creates a workspace with more tokens than one transaction deletes, and many messages; returns its id and some secrets. */
async function createWorkspace(
  node: Node,
  url: string,
  session: string,
): Promise<{ id: string; secrets: string[] }> {
  const own = (field: string, input: string, selection: string) =>
    call(node, field, input, selection, session);
  const { workspace } = await own('createWorkspace', 'name: "Large"', 'workspace { id slug }');
  expect(workspace.slug).toBe('large');
  const inWorkspace = `workspaceId: "${workspace.id}", name: "a"`;
  const { token, secret } = await own('createWorkspaceToken', inWorkspace, 'secret token { id }');
  const { channel } = await own('createChannel', inWorkspace, 'channel { id }');
  await own('publishMessage', `channelId: "${channel.id}", payload: "hello"`, '__typename');
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
    await linger(url, 'messages');
    const deletion = `mutation { deleteWorkspace(input: {id: "${id}"}) { deletedWorkspaceId } }`;
    expect((await post(first, deletion, session)).code).toBeUndefined();
    expect(await verifyAll(second, secrets)).toEqual([401]);
    expect(await isSeen(second)).toBe(false);
    const count = await createCounter(url);
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

/** Returns a secret of a new session of an account. */
async function signInAs(node: Node, email: string): Promise<string> {
  const input = `email: "${email}", password: "${PASSWORD}"`;
  return (await call(node, 'signIn', input, 'sessionToken')).sessionToken;
}

/** A token of a workspace that has given much, and those who have it. */
interface Giver {
  readonly tokenId: string;
  readonly workspaceId: string;
  /** The recipient of the shares, and a session of theirs. */
  readonly guest: { readonly email: string; readonly session: string };
  /** The channel whose share is deleted last. */
  readonly lastChannel: string;
}

async function createGiver(node: Node, url: string, session: string): Promise<Giver> {
  const own = (field: string, input: string, selection: string) =>
    call(node, field, input, selection, session);
  const { workspace } = await own('createWorkspace', 'name: "Giving"', 'workspace { id }');
  const inWorkspace = `workspaceId: "${workspace.id}"`;
  const invite = async (email: string, by: string) => {
    const input = `${inWorkspace}, email: "${email}", role: VIEWER`;
    return call(node, 'inviteMember', input, 'invitationSecret invitation { id }', by);
  };
  const email = 'guest@example.com';
  const { invitationSecret } = await invite(email, session);
  const account = `secret: "${invitationSecret}", name: "Guest", password: "${PASSWORD}"`;
  await call(node, 'acceptInvitation', account, '__typename');
  const role = `${inWorkspace}, name: "a", role: WORKSPACE_MANAGER`;
  const { token, secret } = await own('createWorkspaceToken', role, 'secret token { id }');
  const { channel } = await own('createChannel', `${inWorkspace}, name: "a"`, 'channel { id }');
  const shared = `id: "${channel.id}", email: "${email}", operations: [PUBLISH]`;
  await call(node, 'shareChannel', shared, '__typename', secret);
  const { invitation } = await invite('newcomer@example.com', secret);
  const database = await openDatabase(url);
  const channels = await repeatShares(database, channel.id, GRANTS - 1);
  await repeatInvitations(database, invitation.id, GRANTS - 1);
  await database.close();
  return {
    tokenId: token.id,
    workspaceId: workspace.id,
    guest: { email, session: await signInAs(node, email) },
    lastChannel: channels.at(-1) as string,
  };
}

/** Returns what still counts, as a node sees it: whether the guest can publish to a channel, and the number of invitations. */
async function whatCounts(node: Node, giver: Giver, owner: string) {
  const can = `{ viewer { can(operation: PUBLISH, entityType: "channel", entityId: "${giver.lastChannel}") { allowed } } }`;
  const invitations = `{ workspace(id: "${giver.workspaceId}") { invitations { id } } }`;
  return {
    canPublish: (await post(node, can, giver.guest.session)).data.viewer.can.allowed,
    invitations: (await post(node, invitations, owner)).data.workspace.invitations.length,
  };
}

test(
  'nodes that are killed in the middle of the end of what a token gave leave none of it, and the next node deletes the rest',
  async () => {
    const url = await createDatabase();
    const nodes = [await startNode(url), await startNode(url)];
    const [first, second] = nodes as [Node, Node];
    const session = await signIn(first);
    const giver = await createGiver(first, url, session);
    expect(await whatCounts(second, giver, session)).toEqual({ canPublish: true, invitations: GRANTS });
    await linger(url, 'channel_shares', 'invitations');
    const revoked = `id: "${giver.tokenId}", takeBack: true`;
    expect(await call(first, 'revokeToken', revoked, 'token { status }', session)).not.toBeNull();

    const count = await createCounter(url);
    const holder = await connect(url);
    const lock = `hashtextextended('workspace ${decodeGlobalId('Workspace', giver.workspaceId)}', 0)`;
    const left = async () => (await count('channel_shares')) + (await count('invitations'));
    // The nodes are killed once among the rows of one kind, and once among those of the other.
    for (const most of [2 * GRANTS, GRANTS]) {
      await expect.poll(left, { timeout: PATIENCE_MS, interval: 5 }).toBeLessThan(most);
      // No chunk is applied until the next node has been asked.
      await holder.query(`select pg_advisory_lock(${lock})`);
      for (const { process } of nodes.splice(0)) process.signal('SIGKILL');
      expect(await left()).toBeGreaterThan(0);
      const next = await startNode(url);
      nodes.push(next);
      expect(await whatCounts(next, giver, session)).toEqual({ canPublish: false, invitations: 0 });
      await holder.query(`select pg_advisory_unlock(${lock})`);
    }
    const [last] = nodes as [Node];
    // What is given meanwhile stays.
    const shared = `id: "${giver.lastChannel}", email: "${giver.guest.email}", operations: [PUBLISH]`;
    expect(await call(last, 'shareChannel', shared, '__typename', session)).not.toBeNull();
    await expect.poll(() => count('pending_grant_ends'), { timeout: PATIENCE_MS }).toBe(0);
    expect([await count('channel_shares'), await count('invitations')]).toEqual([1, 0]);
    expect(await whatCounts(last, giver, session)).toEqual({ canPublish: true, invitations: 0 });
    const voided = "audit_events where action = 'member.invitation_voided'";
    expect(await count(voided)).toBe(GRANTS);
    expect(await count(`(select distinct target_id from ${voided}) as once`)).toBe(GRANTS);
  },
  TIMEOUT_MS,
);

test(
  'nodes that are killed while they take back the members that a token added leave the token revoked, and the next node ends the rest',
  async () => {
    const url = await createDatabase();
    const nodes = [await startNode(url), await startNode(url)];
    const [first, second] = nodes as [Node, Node];
    const session = await signIn(first);
    const own = (field: string, input: string, selection: string) =>
      call(first, field, input, selection, session);
    const { workspace } = await own('createWorkspace', 'name: "Leaking"', 'workspace { id }');
    const inWorkspace = `workspaceId: "${workspace.id}"`;
    const role = `${inWorkspace}, name: "a", role: WORKSPACE_MANAGER`;
    const { token, secret } = await own('createWorkspaceToken', role, 'secret token { id }');
    const invited = `${inWorkspace}, email: "guest@example.com", role: VIEWER`;
    const { invitationSecret } = await call(first, 'inviteMember', invited, 'invitationSecret', secret);
    const account = `secret: "${invitationSecret}", name: "Guest", password: "${PASSWORD}"`;
    const guest = await call(first, 'acceptInvitation', account, 'member { user { id } }');
    const database = await openDatabase(url);
    await repeatMembers(database, { workspaceId: workspace.id, userId: guest.member.user.id }, MEMBERS - 1);
    await database.close();
    await linger(url, 'member_grants');

    const count = await createCounter(url);
    const holder = await connect(url);
    const left = () => count('members where given_role is null');
    const takeBack = (node: Node) =>
      call(node, 'revokeToken', `id: "${token.id}", takeBack: true`, 'token { status }', session);
    const killed = expect(takeBack(first)).rejects.toThrow();
    const lock = `hashtextextended('workspace ${decodeGlobalId('Workspace', workspace.id)}', 0)`;
    // The first node is killed after its first chunks, and the second one after some that it applies by itself.
    for (const node of [first, second]) {
      const before = await left();
      await expect.poll(left, { timeout: PATIENCE_MS, interval: 5 }).toBeLessThan(before);
      await holder.query(`select pg_advisory_lock(${lock})`);
      node.process.signal('SIGKILL');
      expect(await left()).toBeGreaterThan(0);
      if (node === first) expect(await verifyAll(second, [secret])).toEqual([401]);
      await holder.query(`select pg_advisory_unlock(${lock})`);
    }
    await killed;
    const third = await startNode(url);
    expect(await verifyAll(third, [secret])).toEqual([401]);
    // The call that was not answered is repeated, and answered when nothing is left.
    expect(await takeBack(third)).toEqual({ token: { status: 'REVOKED' } });
    expect(await left()).toBe(0);
    await expect.poll(() => count('pending_cascades'), { timeout: PATIENCE_MS }).toBe(0);
    const removed = "audit_events where action = 'member.removed'";
    expect(await count(removed)).toBe(MEMBERS);
    expect(await count(`(select distinct target_id from ${removed}) as once`)).toBe(MEMBERS);
  },
  TIMEOUT_MS,
);
