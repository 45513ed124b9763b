import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Cascades } from '../../src/services/maintenance/cascades.ts';
import { CHUNK } from '../../src/services/transactions/chunk.ts';
import { type Person, startTestApp, type TestApp } from '../support/app.ts';
import { applyOneChunk, startCascades } from '../support/cascades.ts';
import { createChannel, mutate } from '../support/channels.ts';
import { derive } from '../support/descendants.ts';
import { follow } from '../support/streams.ts';
import { testLength } from '../support/test-length.ts';
import { createPersonalToken, type IssuedToken } from '../support/tokens.ts';

const DESCENDANTS = testLength({ short: 3, ci: 5, full: 5 }) * CHUNK;
const HOUR = 3_600_000;
/** The time in which an idle stream ends after the change was acknowledged. */
const PROMPTLY = 1_000;

let postern: TestApp;
let owner: Person;
let root: IssuedToken;
let secrets: string[];
let cascades: Cascades;

beforeEach(async () => {
  postern = await startTestApp({ POSTERN_TOKENS_PER_USER: '1000' });
  ({ owner } = postern);
  // The server's own would run when a call ends.
  await postern.app.services.cascades.close();
  cascades = startCascades(postern);
  root = await createPersonalToken(postern, owner.session);
  const middle = await createChild(root);
  secrets = [
    ...(await derive(postern.database, root.id, DESCENDANTS / 2)),
    ...(await derive(postern.database, middle, DESCENDANTS / 2)),
  ];
});

afterEach(async () => {
  await cascades.close();
  await postern.close();
});

/** Returns the global id of a child, which has no secret that a test knows. */
async function createChild({ id }: IssuedToken): Promise<string> {
  await derive(postern.database, id, 1);
  const query = 'query ($id: ID!) { token(id: $id) { derived(first: 1) { nodes { id } } } }';
  return (await postern.post(query, { id }, owner.session)).data.token.derived.nodes[0].id;
}

const revoke = (input: object = {}) =>
  mutate(postern, 'revokeToken', { id: root.id, ...input }, owner.session, 'token { status }');
const remove = () => mutate(postern, 'deleteToken', { id: root.id }, owner.session, 'deletedTokenId');
const regenerate = (expires: object | null = null) =>
  mutate(postern, 'regenerateToken', { id: root.id, expires }, owner.session, 'secret');

async function codesOf(tokens: readonly string[]): Promise<unknown[]> {
  const answers = await Promise.all(tokens.map((secret) => postern.post('{ viewer { kind } }', {}, secret)));
  return [...new Set(answers.map(({ code }) => code))];
}

/** Returns the number of tokens by status, as the owner sees it in the list, its count and the summary. */
async function statuses() {
  const query = `query ($status: [TokenStatus!]) {
    tokens(filter: { status: $status }, first: 100) { totalCount nodes { status } }
    tokenSummary { total active revoked expired }
  }`;
  const [all, revoked, active] = await Promise.all(
    [null, ['REVOKED'], ['ACTIVE']].map((status) => postern.post(query, { status }, owner.session)),
  );
  const counts = [all, revoked, active].map((answer) => answer?.data.tokens.totalCount);
  const listed = new Set(revoked?.data.tokens.nodes.map(({ status }: { status: string }) => status));
  return { counts, listed: [...listed], summary: all?.data.tokenSummary };
}

function pending() {
  return postern.database.db.selectFrom('pending_cascades').selectAll().execute();
}

/** Returns how many descendants have something in their own rows. */
async function countRows(column: 'revoked_at' | 'expires_at', value: number): Promise<number> {
  const query = postern.database.db.selectFrom('tokens').select('id').where('parent_id', 'is not', null);
  return (await query.where(column, '=', value).execute()).length;
}

describe('a token with many descendants that is revoked', () => {
  test('takes them all with it from the next request on', async () => {
    expect(await codesOf(secrets)).toEqual([undefined]);
    const before = await statuses();
    expect((await revoke()).errors).toEqual([]);
    expect(await pending()).toHaveLength(1);
    expect(await codesOf(secrets)).toEqual(['TOKEN_REVOKED']);
    expect(before.counts).toEqual([DESCENDANTS + 2, 0, DESCENDANTS + 2]);
    const after = await statuses();
    expect(after).toEqual({
      counts: [DESCENDANTS + 2, DESCENDANTS + 2, 0],
      listed: ['REVOKED'],
      summary: { total: DESCENDANTS + 2, active: 0, revoked: DESCENDANTS + 2, expired: 0 },
    });
    await cascades.run();
    expect(await pending()).toEqual([]);
    expect(await statuses()).toEqual(after);
    expect(await countRows('revoked_at', postern.now())).toBe(DESCENDANTS + 1);
  });

  test('is not regenerated before they are done, and brings none of them back', async () => {
    await revoke();
    expect((await regenerate()).code).toBe('CONFLICT');
    await applyOneChunk(postern);
    expect((await regenerate()).code).toBe('CONFLICT');
    expect(await codesOf(secrets)).toEqual(['TOKEN_REVOKED']);
    await cascades.run();
    expect((await regenerate()).errors).toEqual([]);
    expect(await codesOf(secrets)).toEqual(['TOKEN_REVOKED']);
  });

  test('leaves one audit event for each, in the name of the caller', async () => {
    await revoke();
    await cascades.run();
    const events = await postern.database.db
      .selectFrom('audit_events')
      .select(['target_id', 'actor_kind', 'actor_id', 'user_id', 'ip'])
      .where('action', '=', 'token.revoked')
      .execute();
    expect(new Set(events.map(({ target_id }) => target_id)).size).toBe(DESCENDANTS + 2);
    const { target_id: _, ...first } = events[0] ?? { target_id: '' };
    expect(first).toMatchObject({ actor_kind: 'SESSION', ip: '127.0.0.1' });
    expect(new Set(events.map(({ target_id: __, ...event }) => JSON.stringify(event)))).toEqual(
      new Set([JSON.stringify(first)]),
    );
  });

  test('ends the streams of its descendants promptly', async () => {
    const channelId = await createChannel(postern);
    const stream = await follow(postern, channelId, secrets.at(-1) as string);
    await revoke();
    expect(await stream.end()).toBeLessThan(PROMPTLY);
  });

  test('that is then deleted takes them with it, although the first change is not done', async () => {
    await revoke();
    await applyOneChunk(postern);
    expect((await remove()).errors).toEqual([]);
    expect(await codesOf(secrets)).toEqual(['INVALID_TOKEN']);
    await cascades.run();
    expect((await statuses()).counts).toEqual([0, 0, 0]);
  });
});

describe('a deleted token with many descendants', () => {
  test('takes them all with it from the next request on', async () => {
    expect((await remove()).errors).toEqual([]);
    expect(await codesOf(secrets)).toEqual(['INVALID_TOKEN']);
    const { counts, listed } = await statuses();
    expect([counts[1], counts[2], listed]).toEqual([DESCENDANTS + 1, 0, ['REVOKED']]);
    await applyOneChunk(postern);
    expect((await statuses()).counts[0]).toBe(DESCENDANTS + 1 - CHUNK);
    expect(await codesOf(secrets)).toEqual(['INVALID_TOKEN']);
    await cascades.run();
    expect(await statuses()).toMatchObject({ counts: [0, 0, 0], summary: { total: 0 } });
    for (const table of [
      'token_ancestors',
      'token_secrets',
      'token_snapshots',
      'pending_cascades',
    ] as const) {
      expect(await postern.database.db.selectFrom(table).selectAll().execute()).toEqual([]);
    }
  });

  test('leaves descendants that nothing brings back meanwhile', async () => {
    await remove();
    const { data } = await postern.post('{ tokens(first: 1) { nodes { id } } }', {}, owner.session);
    const { id } = data.tokens.nodes[0];
    const again = await mutate(postern, 'regenerateToken', { id }, owner.session, 'secret');
    expect(again.code).toBe('CONFLICT');
    expect((await mutate(postern, 'enableToken', { id }, owner.session, 'token { id }')).code).toBe(
      'CONFLICT',
    );
    expect((await mutate(postern, 'deleteToken', { id }, owner.session, 'deletedTokenId')).errors).toEqual(
      [],
    );
    await cascades.run();
    expect(await pending()).toEqual([]);
  });
});

describe('an earlier expiry of a token with many descendants', () => {
  test('is theirs from the next request on', async () => {
    expect((await regenerate({ after: 'PT1H' })).errors).toEqual([]);
    expect(await pending()).toHaveLength(1);
    const query = '{ viewer { token { expiresAt } } }';
    const seen = await postern.post(query, {}, secrets.at(-1));
    expect(Date.parse(seen.data.viewer.token.expiresAt)).toBe(postern.now() + HOUR);
    expect((await regenerate({ after: 'P3D' })).code).toBe('CONFLICT');
    postern.advance(HOUR);
    expect(await codesOf(secrets)).toEqual(['TOKEN_EXPIRED']);
    expect((await statuses()).summary).toMatchObject({ active: 0, expired: DESCENDANTS + 2 });
    await cascades.run();
    expect(await countRows('expires_at', postern.now())).toBe(DESCENDANTS + 1);
    expect((await regenerate({ after: 'P3D' })).errors).toEqual([]);
    expect(await codesOf(secrets)).toEqual(['TOKEN_EXPIRED']);
  });
});

test('two servers that apply a cascade at the same time apply each chunk once', async () => {
  await revoke({ takeBack: true });
  const other = startCascades(postern);
  await Promise.all([cascades.run(), other.run()]);
  await other.close();
  expect(await pending()).toEqual([]);
  const query = postern.database.db.selectFrom('audit_events').select('target_id');
  const events = await query.where('action', '=', 'token.revoked').execute();
  expect(events).toHaveLength(DESCENDANTS + 2);
});

test('a server applies a cascade by itself after the call that stored it', async () => {
  const again = await startTestApp({ POSTERN_TOKENS_PER_USER: '1000' });
  try {
    const token = await createPersonalToken(again, again.owner.session);
    await derive(again.database, token.id, CHUNK + 1);
    await mutate(again, 'deleteToken', { id: token.id }, again.owner.session, 'deletedTokenId');
    const left = () => again.database.db.selectFrom('tokens').select('id').execute();
    await expect.poll(left, { timeout: 4_000 }).toEqual([]);
  } finally {
    await again.close();
  }
});
