import { afterEach, beforeEach, expect, test } from 'vitest';
import { decodeGlobalId } from '../../src/domain/global-id.ts';
import { type Person, startTestApp, type TestApp } from '../support/app.ts';
import { createRowCounter, type RowCounter } from '../support/row-counter.ts';
import { createPersonalToken, createWorkspaceToken } from '../support/tokens.ts';

let postern: TestApp;
let rows: RowCounter;

beforeEach(async () => {
  postern = await startTestApp();
  rows = await createRowCounter(postern.database);
});

afterEach(async () => {
  await rows.remove();
  await postern.close();
});

/** Gives a token children, each with a secret and a stored snapshot. */
async function derive(id: string, count: number): Promise<void> {
  const { db, transact } = postern.database;
  const query = db.selectFrom('tokens').selectAll().where('id', '=', decodeGlobalId('Token', id));
  const parent = await query.executeTakeFirstOrThrow();
  const ids = Array.from({ length: count }, (_, index) => `${parent.id} ${index}`);
  const digests = ids.map((token_id) => ({ digest: `digest of ${token_id}`, token_id }));
  await transact([{ on: 'everything' }], async (tx) => {
    const tokens = ids.map((child) => ({ ...parent, id: child, identifier: child, parent_id: parent.id }));
    await tx.insertInto('tokens').values(tokens).execute();
    const ancestors = ids.map((token_id) => ({ token_id, ancestor_id: parent.id }));
    await tx.insertInto('token_ancestors').values(ancestors).execute();
    const secrets = digests.map((row) => ({ ...row, valid_until: null }));
    await tx.insertInto('token_secrets').values(secrets).execute();
    const { owner_id: user_id } = parent;
    const snapshots = digests.map((row) => ({ ...row, user_id, ancestor_count: 1, content: '[]' }));
    await tx.insertInto('token_snapshots').values(snapshots).execute();
  });
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
  const { errors } = await postern.post(`mutation (${declared}) { ${field} }`, variables, by.session);
  expect(errors).toEqual([]);
}

const disable = 'disableToken(input: { id: $id }) { token { id } }';
const update = `updateToken(input: { id: $id, name: "new", access: SCOPED, limits: { uses: 5 },
  scopes: [{ entityType: "channel", operations: [READ] }] }) { token { id } }`;
const regenerate = 'regenerateToken(input: { id: $id }) { secret }';
const setRole = 'updateToken(input: { id: $id, role: VIEWER }) { token { id } }';
const setMemberRole = `updateMemberRole(input: { workspaceId: $workspaceId, userId: $userId, role: VIEWER }) {
  member { role } }`;
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

/** Returns how many rows a change writes while a token has some children. */
async function countRows({ token, change }: Case, children: number): Promise<number> {
  const member = await postern.person(`member${children}`, 'TEAM_MEMBER');
  const { id } = await token(member);
  await derive(id, children);
  const before = await rows.count();
  await change(member, id);
  return (await rows.count()) - before;
}

test.each(Object.entries(CASES))(
  '%s writes as many rows with 1,000 tokens below as with 10',
  async (_, each) => {
    const few = await countRows(each, 10);
    expect(few).toBeGreaterThan(1);
    expect(await countRows(each, 1000)).toBe(few);
  },
);
