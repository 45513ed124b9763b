import { sql } from 'kysely';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { decodeGlobalId } from '../../src/domain/global-id.ts';
import { digestOf } from '../../src/platform/hashing.ts';
import { type Person, startTestApp, type TestApp } from '../support/app.ts';
import { createChannel, mutate, share } from '../support/channels.ts';
import { derive, repeat } from '../support/descendants.ts';
import { repeatInvitations, repeatShares } from '../support/grants.ts';
import { createRowCounter, type RowCounter } from '../support/row-counter.ts';
import { testLength } from '../support/test-length.ts';
import { createPersonalToken, createWorkspaceToken } from '../support/tokens.ts';

/** Numbers of rows that a call ends. Both are more than it ends in its own transaction. */
const SOME = testLength({ short: 60, ci: 200, full: 200 });
const MANY = testLength({ short: 240, ci: 1000, full: 1000 });

let postern: TestApp;
let rows: RowCounter;

beforeEach(async () => {
  postern = await startTestApp({ POSTERN_INVITATIONS_PER_WORKSPACE: '10000' });
  // Uses are stored at times of their own.
  Object.assign(postern.app.services.lastUse, { record: () => {} });
  rows = await createRowCounter(postern.database);
});

afterEach(async () => {
  await rows.remove();
  await postern.close();
});

/** Stores snapshots with the digests of tokens, which are counted and not read. */
async function storeSnapshots(digests: readonly string[]): Promise<void> {
  const { db } = postern.database;
  const tokens = db.selectFrom('token_secrets as s').innerJoin('tokens as t', 't.id', 's.token_id');
  const rows = tokens
    .select((eb) => ['s.digest', 't.id as token_id', 't.owner_id as user_id', eb.lit(1).as('ancestor_count')])
    .select(sql.lit('[]').as('content'))
    .where('s.digest', 'in', [...digests]);
  const columns = ['digest', 'token_id', 'user_id', 'ancestor_count', 'content'] as const;
  await db
    .insertInto('token_snapshots')
    .columns([...columns])
    .expression(rows)
    .execute();
}

interface Case {
  /** Creates the token that gets children. */
  readonly token: (member: Person) => Promise<{ readonly id: string }>;
  readonly change: (member: Person, id: string) => Promise<unknown>;
}

const personal = (member: Person) => createPersonalToken(postern, member.session);
const ofWorkspace = () => createWorkspaceToken(postern, 'ADMINISTRATOR');

async function call(by: Person, field: string, variables: Record<string, string>): Promise<void> {
  const declared = Object.keys(variables).map((name) => `$${name}: ID!`);
  const list = declared.length === 0 ? '' : `(${declared})`;
  const { errors } = await postern.post(`mutation ${list} { ${field} }`, variables, by.session);
  expect(errors).toEqual([]);
}

const disable = 'disableToken(input: { id: $id }) { token { id } }';
const update = `updateToken(input: { id: $id, name: "new", access: SCOPED, limits: { uses: 5 },
  scopes: [{ entityType: "channel", operations: [READ] }] }) { token { id } }`;
const regenerate = 'regenerateToken(input: { id: $id }) { secret }';
const revoke = 'revokeToken(input: { id: $id }) { token { id } }';
const takeBack = 'revokeToken(input: { id: $id, takeBack: true }) { token { id } }';
const remove = 'deleteToken(input: { id: $id }) { deletedTokenId }';
const shorten = 'regenerateToken(input: { id: $id, expires: { after: "PT1H" } }) { secret }';
const setRole = 'updateToken(input: { id: $id, role: VIEWER }) { token { id } }';
const setMemberRole = `updateMemberRole(input: { workspaceId: $workspaceId, userId: $userId, role: VIEWER }) {
  member { role } }`;
const setManager = setMemberRole.replace('VIEWER', 'WORKSPACE_MANAGER');
const endSubject = 'endSubject(input: { workspaceId: $workspaceId, subject: "acme" }) { revokedCount }';
const removeMember = `removeMember(input: { workspaceId: $workspaceId, userId: $userId, revokeCreated: true }) {
  __typename }`;
const setPolicy = `updateTokenPolicy(input: { workspaceId: $workspaceId, personalTokens: FORBIDDEN, maxLifetime: "P1D" }) {
  workspace { id } }`;

const CASES: Record<string, Case> = {
  'a token that is disabled': { token: personal, change: (by, id) => call(by, disable, { id }) },
  'a token that gets other access, scopes and limits': {
    token: personal,
    change: (by, id) => call(by, update, { id }),
  },
  'a token that gets a new secret': { token: personal, change: (by, id) => call(by, regenerate, { id }) },
  'a workspace token that is disabled': {
    token: ofWorkspace,
    change: (_, id) => call(postern.owner, disable, { id }),
  },
  'a workspace token that gets a lower role': {
    token: ofWorkspace,
    change: (_, id) => call(postern.owner, setRole, { id }),
  },
  'a member who gets a lower role': {
    token: personal,
    change: ({ id: userId }) =>
      call(postern.owner, setMemberRole, { workspaceId: postern.workspaceId, userId }),
  },
  'a workspace that gets another policy': {
    token: ofWorkspace,
    change: () => call(postern.owner, setPolicy, { workspaceId: postern.workspaceId }),
  },
  'a user who is deactivated': {
    token: personal,
    change: ({ email }) => postern.app.services.operator.deactivateUser(email),
  },
};

test('a new name of a workspace token writes its row and an audit event', async () => {
  const { id } = await ofWorkspace();
  const before = await rows.count();
  await call(postern.owner, 'updateToken(input: { id: $id, name: "new" }) { token { id } }', { id });
  expect((await rows.count()) - before).toBe(2);
});

const ENDS: Record<string, Case['change']> = {
  'a revoked token': (by, id) => call(by, revoke, { id }),
  'a token that is revoked and loses what it gave': (by, id) => call(by, takeBack, { id }),
  'a deleted token': (by, id) => call(by, remove, { id }),
  'a token with an earlier expiry': (by, id) => call(by, shorten, { id }),
};

const madeBy = (by: Person) => createWorkspaceToken(postern, 'VIEWER', { subject: 'acme' }, by.session);
const manager = async (member: Person) => {
  const { workspaceId } = postern;
  await call(postern.owner, setManager, { workspaceId, userId: member.id });
  return madeBy(member);
};

/** Sets of tokens that a call ends. */
const SETS: Record<string, Case> = {
  'the deletion of all personal tokens of a user': {
    token: personal,
    change: (by) => call(by, 'deleteAllTokens { deletedCount }', {}),
  },
  'a reset of a password': {
    token: personal,
    change: ({ email }) => postern.app.services.operator.resetPassword(email, 'another long password', false),
  },
  'the revocation of the personal tokens of a user by the operator': {
    token: personal,
    change: ({ email }) => postern.app.services.operator.revokeTokensOf(email),
  },
  'the end of a subject': {
    token: () => madeBy(postern.owner),
    change: () => call(postern.owner, endSubject, { workspaceId: postern.workspaceId }),
  },
  'the removal of a member with the revocation of what the member created': {
    token: manager,
    change: ({ id: userId }) =>
      call(postern.owner, removeMember, { workspaceId: postern.workspaceId, userId }),
  },
  'the deactivation of a user with the revocation of what the user created': {
    token: manager,
    change: ({ email }) => postern.app.services.operator.deactivateUser(email, true),
  },
};

test.each(Object.entries(SETS))(
  `%s writes as many rows with ${MANY} tokens as with ${SOME}`,
  async (_, each) => {
    await postern.app.services.cascades.close();
    const some = await countRows(each, SOME, repeat);
    expect(some).toBeGreaterThan(0);
    expect(some).toBeLessThan(20);
    expect(await countRows(each, MANY, repeat)).toBe(some);
  },
);

test.each(Object.entries(ENDS))(
  `%s writes as many rows with ${MANY} tokens below as with ${SOME}`,
  async (_, change) => {
    await postern.app.services.cascades.close();
    const some = await countRows({ token: personal, change }, SOME);
    expect(some).toBeGreaterThan(1);
    expect(some).toBeLessThan(20);
    expect(await countRows({ token: personal, change }, MANY)).toBe(some);
  },
);

/** Returns how many rows a change writes while a token has some children or, with `repeat`, some tokens are like it. */
async function countRows({ token, change }: Case, children: number, add = derive): Promise<number> {
  const member = await postern.person(`member${children}`, 'TEAM_MEMBER');
  const { id } = await token(member);
  const secrets = await add(postern.database, id, children);
  await storeSnapshots(secrets.map(digestOf));
  const before = await rows.count();
  await change(member, id);
  return (await rows.count()) - before;
}

test.each(Object.entries(CASES))(
  `%s writes as many rows with ${MANY} tokens below as with 10`,
  async (_, each) => {
    const few = await countRows(each, 10);
    expect(few).toBeGreaterThan(1);
    expect(await countRows(each, MANY)).toBe(few);
  },
);

/** What a call ends: shares with a member by a sharer or by a token of the sharer, and invitations by the sharer. */
interface Grants {
  readonly sharer: Person;
  readonly recipient: Person;
  /** A token that shares in place of the sharer. */
  readonly token?: { readonly id: string; readonly secret: string };
}

const leak = async ({ sharer, token }: Grants) => {
  const input = { secrets: [token?.secret ?? sharer.session] };
  expect((await mutate(postern, 'reportLeakedSecrets', input, null, '__typename')).errors).toEqual([]);
};
const removed = 'removeMember(input: { workspaceId: $workspaceId, userId: $userId }) { __typename }';
const ofRecipient = ({ recipient }: Grants) => ({ workspaceId: postern.workspaceId, userId: recipient.id });
const idOf = ({ token }: Grants) => ({ id: token?.id as string });
const ofSharer = ({ sharer }: Grants) => createPersonalToken(postern, sharer.session);

const GRANTS: Record<
  string,
  [token: ((grants: Grants) => Promise<Grants['token']>) | null, end: (grants: Grants) => Promise<unknown>]
> = {
  'the removal of the recipient': [null, (grants) => call(postern.owner, removed, ofRecipient(grants))],
  'a lower role of the recipient': [
    null,
    (grants) => call(postern.owner, setMemberRole, ofRecipient(grants)),
  ],
  'the deactivation of the granter': [
    null,
    ({ sharer }) => postern.app.services.operator.deactivateUser(sharer.email),
  ],
  'a reset of the password of the granter': [
    null,
    ({ sharer }) => postern.app.services.operator.resetPassword(sharer.email, 'another long password', true),
  ],
  'the leak of a session of the granter': [null, leak],
  'the leak of the granting token': [ofSharer, leak],
  'the end of the granting token with what it gave': [
    ofSharer,
    (grants) => call(grants.sharer, takeBack, idOf(grants)),
  ],
  'the deletion of the granting token': [ofSharer, (grants) => call(grants.sharer, remove, idOf(grants))],
  'the revocation of the granting workspace token': [
    () => createWorkspaceToken(postern, 'ADMINISTRATOR'),
    (grants) => call(postern.owner, revoke, idOf(grants)),
  ],
  'the deletion of the granting workspace token': [
    () => createWorkspaceToken(postern, 'ADMINISTRATOR'),
    (grants) => call(postern.owner, remove, idOf(grants)),
  ],
};

/** Makes a token the granter in place of the sharer, without using its secret, which would store a snapshot at a time of its own. */
async function giveBy(tokenId: string, channelId: string, invitationId: string): Promise<void> {
  const { db } = postern.database;
  const token = decodeGlobalId('Token', tokenId);
  await sql`update channel_shares set granter_id = ${token}, granted_by_token = ${token},
    granted_by = (select owner_id from tokens where id = ${token})
    where channel_id = ${decodeGlobalId('Channel', channelId)}`.execute(db);
  // No personal token invites.
  await sql`update invitations set invited_by_token = ${token}, invited_by = null
    where id = ${decodeGlobalId('Invitation', invitationId)}
    and exists (select 1 from tokens where id = ${token} and kind = 'WORKSPACE')`.execute(db);
}

/** Gives `count` shares and invitations more than one. */
async function giveMany({ sharer, recipient, token }: Grants, count: number): Promise<void> {
  const channelId = await createChannel(postern);
  await share(postern, channelId, recipient, ['READ'], sharer.session);
  const input = { workspaceId: postern.workspaceId, email: `${count}@example.com`, role: 'VIEWER' };
  const { data } = await mutate(postern, 'inviteMember', input, sharer.session, 'invitation { id }');
  const { id } = data.inviteMember.invitation;
  if (token) await giveBy(token.id, channelId, id);
  await repeatShares(postern.database, channelId, count);
  await repeatInvitations(postern.database, id, count);
}

test.each(Object.entries(GRANTS))(
  `%s writes as many rows with ${MANY} shares and invitations as with ${SOME}`,
  async (_, [createToken, end]) => {
    await postern.app.services.cascades.close();
    const counts: number[] = [];
    for (const count of [SOME, MANY]) {
      const sharer = await postern.person(`sharer${count}`, 'ADMINISTRATOR');
      const recipient = await postern.person(`recipient${count}`, 'TEAM_MEMBER');
      const token = await createToken?.({ sharer, recipient });
      const grants = { sharer, recipient, ...(token && { token }) };
      await giveMany(grants, count);
      const before = await rows.count();
      await end(grants);
      counts.push((await rows.count()) - before);
    }
    expect(counts[0]).toBeGreaterThan(1);
    expect(counts[0]).toBeLessThan(20);
    expect(counts[1]).toBe(counts[0]);
  },
);
