import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { decodeGlobalId } from '../../src/domain/global-id.ts';
import { createLogger } from '../../src/platform/logger.ts';
import { type Cascades, createCascades } from '../../src/services/maintenance/cascades.ts';
import { CHUNK } from '../../src/services/transactions/chunk.ts';
import { createEvents } from '../../src/services/transactions/events.ts';
import { PASSWORD, type Person, startTestApp, type TestApp } from '../support/app.ts';
import { applyOneChunk, startCascades } from '../support/cascades.ts';
import { createChannel, mutate, share } from '../support/channels.ts';
import { derive, repeat } from '../support/descendants.ts';
import { follow } from '../support/streams.ts';
import { testLength } from '../support/test-length.ts';
import { createPersonalToken, createWorkspaceToken, type IssuedToken } from '../support/tokens.ts';

/** How many tokens end besides the first: several chunks. */
const MORE = testLength({ short: 2, ci: 4, full: 4 }) * CHUNK;
/** The time in which an idle stream ends after the change was acknowledged. */
const PROMPTLY = 1_000;

let postern: TestApp;
let owner: Person;
let cascades: Cascades;

beforeEach(async () => {
  postern = await startTestApp({ POSTERN_TOKENS_PER_USER: `${MORE + 2}` });
  ({ owner } = postern);
  // The server's own would run when a call ends.
  await postern.app.services.cascades.close();
  cascades = startCascades(postern);
});

afterEach(async () => {
  await cascades.close();
  await postern.close();
});

async function codesOf(secrets: readonly string[]): Promise<unknown[]> {
  const answers = await Promise.all(secrets.map((secret) => postern.post('{ viewer { kind } }', {}, secret)));
  return [...new Set(answers.map(({ code }) => code))];
}

function pending() {
  return postern.database.db.selectFrom('pending_ends').selectAll().execute();
}

const countEvents = async (action: string) =>
  (await postern.database.db.selectFrom('audit_events').select('id').where('action', '=', action).execute())
    .length;

const SUMMARY = 'totalCount nodes { status }';

/** Returns what the newest audit event of an action in the owner's log or that of the workspace says. */
async function detailOf(action: string) {
  const query = `query ($id: ID!, $filter: AuditEventFilter) {
    viewer { auditEvents(filter: $filter, first: 1) { nodes { detail } } }
    workspace(id: $id) { auditEvents(filter: $filter, first: 1) { nodes { detail } } } }`;
  const variables = { id: postern.workspaceId, filter: { actions: [action] } };
  const { data } = await postern.post(query, variables, owner.session);
  return [...data.viewer.auditEvents.nodes, ...data.workspace.auditEvents.nodes][0]?.detail;
}

/** Returns the numbers of personal tokens of the owner: all, revoked and active, by the list and by the summary. */
async function personalCounts() {
  const query = `query ($status: [TokenStatus!]) {
    tokens(filter: { status: $status }, first: 100) { ${SUMMARY} } tokenSummary { total active revoked } }`;
  const [all, revoked, active] = await Promise.all(
    [null, ['REVOKED'], ['ACTIVE']].map((status) => postern.post(query, { status }, owner.session)),
  );
  const { total, active: live, revoked: ended } = all?.data.tokenSummary ?? {};
  const listed = [all, revoked, active].map((answer) => answer?.data.tokens.totalCount);
  expect([total, ended, live]).toEqual(listed);
  return listed;
}

/** Returns the numbers of tokens of the workspace as `personalCounts` does. */
async function workspaceCounts() {
  const query = `query ($id: ID!, $status: [TokenStatus!]) { workspace(id: $id) {
    tokens(filter: { status: $status }, first: 100) { ${SUMMARY} } tokenSummary { total active revoked } } }`;
  const [all, revoked, active] = await Promise.all(
    [null, ['REVOKED'], ['ACTIVE']].map((status) =>
      postern.post(query, { id: postern.workspaceId, status }, owner.session),
    ),
  );
  const { total, active: live, revoked: ended } = all?.data.workspace.tokenSummary ?? {};
  const listed = [all, revoked, active].map((answer) => answer?.data.workspace.tokens.totalCount);
  expect([total, ended, live]).toEqual(listed);
  return listed;
}

const deleteAll = () => postern.post('mutation { deleteAllTokens { deletedCount } }', {}, owner.session);
const regenerate = (id: string) =>
  mutate(postern, 'regenerateToken', { id }, owner.session, 'secret token { status }');

describe('all personal tokens of a user that are deleted', () => {
  let first: IssuedToken;
  let secrets: string[];

  beforeEach(async () => {
    first = await createPersonalToken(postern, owner.session);
    secrets = [first.secret, ...(await repeat(postern.database, first.id, MORE))];
  });

  test('are refused from the next request on, and their rows follow', async () => {
    expect(await codesOf(secrets)).toEqual([undefined]);
    expect((await deleteAll()).data.deleteAllTokens.deletedCount).toBe(MORE + 1);
    expect(await pending()).toHaveLength(1);
    expect(await detailOf('token.many_deleted')).toEqual({ tokens: MORE + 1 });
    expect(await codesOf(secrets)).toEqual(['INVALID_TOKEN']);
    expect(await personalCounts()).toEqual([MORE + 1, MORE + 1, 0]);
    await applyOneChunk(postern);
    expect(await codesOf(secrets)).toEqual(['INVALID_TOKEN']);
    expect((await personalCounts())[2]).toBe(0);
    expect((await deleteAll()).data.deleteAllTokens.deletedCount).toBe(0);
    await cascades.run();
    expect(await pending()).toEqual([]);
    expect(await personalCounts()).toEqual([0, 0, 0]);
    expect(await countEvents('token.deleted')).toBe(MORE + 1);
    expect(await countEvents('token.many_deleted')).toBe(1);
  });

  test('take no part in the limit, and later tokens of the user live', async () => {
    await createPersonalToken(postern, owner.session);
    await expect(createPersonalToken(postern, owner.session)).rejects.toThrow('LIMIT_REACHED');
    await deleteAll();
    const later = await createPersonalToken(postern, owner.session);
    const [derived] = await derive(postern.database, later.id, 1);
    expect(await codesOf([later.secret, derived as string])).toEqual([undefined]);
    await cascades.run();
    expect(await codesOf([later.secret, derived as string])).toEqual([undefined]);
    expect(await personalCounts()).toEqual([2, 0, 2]);
    // A later end concerns them.
    await repeat(postern.database, later.id, CHUNK);
    expect((await deleteAll()).data.deleteAllTokens.deletedCount).toBe(CHUNK + 2);
    expect(await codesOf([later.secret])).toEqual(['INVALID_TOKEN']);
  });

  test('are not regenerated meanwhile', async () => {
    await deleteAll();
    expect((await regenerate(first.id)).code).toBe('CONFLICT');
    expect(await codesOf([first.secret])).toEqual(['INVALID_TOKEN']);
  });

  test('end their streams promptly', async () => {
    const channelId = await createChannel(postern);
    const stream = await follow(postern, channelId, secrets.at(-1) as string);
    await deleteAll();
    expect(await stream.end()).toBeLessThan(PROMPTLY);
  });

  test('are deleted once by two servers at the same time', async () => {
    await deleteAll();
    const other = startCascades(postern);
    await Promise.all([cascades.run(), other.run()]);
    await other.close();
    expect(await personalCounts()).toEqual([0, 0, 0]);
    expect(await countEvents('token.deleted')).toBe(MORE + 1);
  });
});

describe('a reset of a password', () => {
  test('revokes the personal tokens and deletes what they shared', async () => {
    const guest = await postern.person('guest');
    const channelId = await createChannel(postern);
    const first = await createPersonalToken(postern, owner.session, {
      access: 'SCOPED',
      scopes: [{ entityType: 'channel', operations: ['READ', 'SHARE'] }],
    });
    await share(postern, channelId, guest, ['READ'], first.secret);
    const secrets = [first.secret, ...(await repeat(postern.database, first.id, MORE))];
    const read = async () => {
      const query = 'query ($id: ID!) { channel(id: $id) { name } }';
      return (await postern.post(query, { id: channelId }, guest.session)).data.channel;
    };
    expect(await read()).not.toBeNull();
    const counts = await postern.app.services.operator.resetPassword(owner.email, `new ${PASSWORD}`, false);
    expect(counts.revokedTokens).toBe(MORE + 1);
    expect(await codesOf(secrets)).toEqual(['TOKEN_REVOKED']);
    expect(await read()).toBeNull();
    owner = { ...owner, session: await postern.signIn(owner.email, `new ${PASSWORD}`) };
    expect((await regenerate(first.id)).code).toBe('CONFLICT');
    await cascades.run();
    expect(await personalCounts()).toEqual([MORE + 1, MORE + 1, 0]);
    const regenerated = (await regenerate(first.id)).data.regenerateToken;
    expect(regenerated.token.status).toBe('ACTIVE');
    expect(await codesOf([regenerated.secret])).toEqual([undefined]);
    expect(await read()).toBeNull();
    const shares = await postern.database.db.selectFrom('channel_shares').selectAll().execute();
    expect(shares).toEqual([]);
  });
});

/** The sets of tokens of a workspace that a call ends. */
interface SetOfWorkspace {
  /** Creates a token of the set, by a maker who is an Administrator. */
  readonly token: (maker: Person, service: IssuedToken) => Promise<IssuedToken>;
  /** Ends the set; returns the number that the call reports, or `null`. */
  readonly end: (maker: Person, service: IssuedToken) => Promise<number | null>;
  /** Whether the caller can still create a token of the set afterwards. */
  readonly goesOn: boolean;
}

const forSubject = (by: string) =>
  createWorkspaceToken(
    postern,
    'VIEWER',
    { subject: 'acme', access: 'SCOPED', scopes: [{ entityType: 'channel', operations: ['READ'] }] },
    by,
  );

const SETS: Record<string, SetOfWorkspace> = {
  endSubject: {
    token: (maker) => forSubject(maker.session),
    end: async () => {
      const input = { workspaceId: postern.workspaceId, subject: 'acme' };
      const answer = await mutate(postern, 'endSubject', input, owner.session, 'revokedCount');
      return answer.data.endSubject.revokedCount;
    },
    goesOn: true,
  },
  revokeIssuedBy: {
    token: (_, service) => forSubject(service.secret),
    end: async (_, { id: tokenId }) => {
      const since = new Date(postern.now()).toISOString();
      const input = { tokenId, since };
      const answer = await mutate(postern, 'revokeIssuedBy', input, owner.session, 'revokedCount');
      return answer.data.revokeIssuedBy.revokedCount;
    },
    goesOn: true,
  },
  'removeMember with revokeCreated': {
    token: (maker) => createWorkspaceToken(postern, 'VIEWER', {}, maker.session),
    end: async ({ id: userId }) => {
      const input = { workspaceId: postern.workspaceId, userId, revokeCreated: true };
      const { errors } = await mutate(postern, 'removeMember', input, owner.session, '__typename');
      expect(errors).toEqual([]);
      return null;
    },
    goesOn: false,
  },
  'the deactivation of a user with --revoke-created': {
    token: (maker) => createWorkspaceToken(postern, 'VIEWER', {}, maker.session),
    end: async ({ email }) =>
      (await postern.app.services.operator.deactivateUser(email, true)).created.length,
    goesOn: false,
  },
};

describe.each(Object.entries(SETS))('the tokens that %s ends', (_, { token, end, goesOn }) => {
  test('are refused from the next request on, others are not, and their rows follow', async () => {
    const maker = await postern.person('maker', 'ADMINISTRATOR');
    const service = await createWorkspaceToken(postern, 'ADMINISTRATOR');
    const first = await token(maker, service);
    const ended = [first.secret, ...(await repeat(postern.database, first.id, MORE))];
    const derived = await derive(postern.database, first.id, 2);
    const outside = await createWorkspaceToken(postern, 'VIEWER', { subject: 'other' });
    // Children of a token have its subject, creator and issuers in these rows, but not in those of the API.
    await postern.database.db
      .updateTable('tokens')
      .set({ subject: null })
      .where('parent_id', '=', decodeGlobalId('Token', first.id))
      .execute();
    const total = ended.length + derived.length + 2;
    expect(await workspaceCounts()).toEqual([total, 0, total]);

    const reported = await end(maker, service);
    expect(await pending()).toHaveLength(1);
    expect((await detailOf('token.many_revoked')).tokens).toBe(reported ?? ended.length + derived.length);
    expect(await codesOf([...ended, ...derived])).toEqual(['TOKEN_REVOKED']);
    expect(await codesOf([outside.secret, service.secret])).toEqual([undefined]);
    const later = goesOn ? [await token(maker, service)] : [];
    expect(await codesOf(later.map(({ secret }) => secret))).toEqual(goesOn ? [undefined] : []);
    const live = 2 + later.length;
    const after = [total + later.length, ended.length + derived.length, live];
    expect(await workspaceCounts()).toEqual(after);
    if (reported !== null) expect([ended.length, ended.length + derived.length]).toContain(reported);

    await applyOneChunk(postern);
    expect(await workspaceCounts()).toEqual(after);
    expect(await codesOf([...ended, ...derived])).toEqual(['TOKEN_REVOKED']);
    await cascades.run();
    expect(await pending()).toEqual([]);
    expect(await workspaceCounts()).toEqual(after);
    expect(await codesOf([...ended, ...derived])).toEqual(['TOKEN_REVOKED']);
    expect(await codesOf([outside.secret, ...later.map(({ secret }) => secret)])).toEqual([undefined]);
    expect(await countEvents('token.revoked')).toBe(ended.length + derived.length);
  });
});

test('a caller whose role is below that of one token of a subject ends none of them', async () => {
  const administrator = await postern.person('administrator', 'ADMINISTRATOR');
  const first = await forSubject(owner.session);
  const secrets = await repeat(postern.database, first.id, MORE);
  await createWorkspaceToken(postern, 'OWNER', { subject: 'acme' });
  const input = { workspaceId: postern.workspaceId, subject: 'acme' };
  const refused = await mutate(postern, 'endSubject', input, administrator.session, 'revokedCount');
  expect(refused.errors[0]?.extensions).toMatchObject({
    reason: 'ROLE_REQUIRED',
    required: { role: 'OWNER' },
  });
  expect(await pending()).toEqual([]);
  expect(await codesOf(secrets)).toEqual([undefined]);
});

test('an end that keeps failing waits longer each time, is counted, and holds up no other', async () => {
  const member = await postern.person('member', 'TEAM_MEMBER');
  const first = await createPersonalToken(postern, owner.session);
  await repeat(postern.database, first.id, MORE);
  const other = await createPersonalToken(postern, member.session);
  await repeat(postern.database, other.id, MORE);
  await deleteAll();
  postern.advance(1);
  await postern.app.services.operator.revokeTokensOf(member.email);
  expect(await pending()).toHaveLength(2);

  // The audit log refuses an unknown actor, so the end of the owner's tokens fails.
  const { db } = postern.database;
  const ofOwner = decodeGlobalId('User', owner.id) as string;
  const setActor = (actor: string) =>
    db
      .updateTable('pending_ends')
      .set({ actor } as never)
      .where('user_id', '=', ofOwner)
      .execute();
  const actor = (await pending()).find((end) => end.user_id === ofOwner)?.actor as string;
  await setActor(actor.replace('SESSION', 'STRANGER'));
  let elapsed = 0;
  const failures: string[] = [];
  await cascades.close();
  cascades = createCascades({
    db,
    changes: postern.app.services.changes,
    events: createEvents(),
    logger: createLogger('warn', { write: (line) => void failures.push(line) }),
    monotonic: () => elapsed,
  });
  await cascades.run();
  expect([await cascades.count(), cascades.countFailed(), failures.length]).toEqual([1, 1, 1]);
  for (const [wait, total] of [
    [0, 1],
    [5_000, 2],
    [5_000, 2],
    [5_000, 3],
    [600_000, 4],
  ] as const) {
    elapsed += wait;
    await cascades.run();
    expect(failures).toHaveLength(total);
  }
  await setActor(actor);
  elapsed += 600_000;
  await cascades.run();
  expect([await cascades.count(), cascades.countFailed()]).toEqual([0, 0]);
});
