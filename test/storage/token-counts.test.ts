import { afterEach, beforeEach, expect, test } from 'vitest';
import { decodeGlobalId } from '../../src/domain/global-id.ts';
import type { TokenOwner } from '../../src/storage/query/few-tokens.ts';
import { countKeptTokens, hasTokens } from '../../src/storage/query/token-amounts.ts';
import { summariseTokens } from '../../src/storage/repositories/token-counts.ts';
import { countTokens } from '../../src/storage/repositories/token-lists.ts';
import { PASSWORD, startTestApp, type TestApp } from '../support/app.ts';
import { mutate } from '../support/channels.ts';
import { derive, repeat } from '../support/descendants.ts';
import { seededRandom } from '../support/random.ts';
import { testLength } from '../support/test-length.ts';
import { countOneByOne, wrongCounts } from '../support/token-summary.ts';
import { createPersonalToken, createWorkspaceToken, type IssuedToken } from '../support/tokens.ts';

const HOUR = 3_600_000;
const STEPS = testLength({ short: 50, ci: 120, full: 120 });
/** Scopes with which a personal token can create others. */
const SCOPED = {
  access: 'SCOPED',
  scopes: [
    { entityType: 'token', operations: ['CREATE'] },
    { entityType: 'workspace', operations: ['LIST'] },
  ],
};

let postern: TestApp;
beforeEach(async () => {
  postern = await startTestApp({ POSTERN_TOKENS_PER_USER: '1000' });
});
afterEach(() => postern.close());

const change = (field: string, input: object) =>
  mutate(postern, field, input, postern.owner.session, '__typename');

/** Compares what the counters say with the tokens themselves. */
async function expectCounts(owner: TokenOwner, after: unknown): Promise<void> {
  const { db } = postern.database;
  const now = postern.now();
  const expected = await countOneByOne(db, owner, now);
  expect(await summariseTokens(db, owner, {}, now), `after ${after}`).toEqual(expected);
  expect(await countTokens(db, owner, {}, now)).toBe(expected.total);
  expect(await countKeptTokens(db, owner)).toBe(expected.total);
  expect(await hasTokens(db, owner, expected.total, now)).toBe(true);
  expect(await hasTokens(db, owner, expected.total + 1, now)).toBe(false);
  expect(await wrongCounts(db)).toEqual([]);
}

const KINDS = {
  workspace: {
    owner: () => ({ workspaceId: decodeGlobalId('Workspace', postern.workspaceId) }),
    create: (input: object, by?: string) => createWorkspaceToken(postern, 'WORKSPACE_MANAGER', input, by),
    lifetimes: ['PT30M', 'PT3H', 'P6D', 'P60D', null],
  },
  user: {
    owner: () => ({ ownerId: decodeGlobalId('User', postern.owner.id) }),
    create: (input: object, by = postern.owner.session) =>
      createPersonalToken(postern, by, { ...SCOPED, ...input }),
    lifetimes: ['PT30M', 'PT3H', 'PT7H', 'P6D', 'P60D'],
  },
};

test.each(['workspace', 'user'] as const)(
  'the counts of a %s equal those of its tokens after random changes',
  async (kind) => {
    const { owner, create, lifetimes } = KINDS[kind];
    const random = seededRandom(11);
    const expires = () => {
      const after = random.pick(lifetimes as readonly (string | null)[]);
      return after === null ? { never: true } : { after };
    };
    const tokens: IssuedToken[] = [];
    const issue = async (by?: string) => {
      const limits = random.chance(0.3) ? { uses: 1 } : null;
      tokens.push(await create({ expires: by ? undefined : expires(), limits }, by));
    };
    for (let step = 0; step < STEPS; step += 1) {
      const token = tokens.length > 0 ? random.pick(tokens) : null;
      const id = token?.id;
      const changes = [
        () => issue(),
        () => issue(),
        () => issue(token?.secret).catch(() => undefined),
        () => change('revokeToken', { id }),
        () => change('disableToken', { id }),
        () => change('enableToken', { id }),
        () => change('regenerateToken', { id, expires: expires() }),
        () => change('deleteToken', { id }),
        () => postern.post('{ workspaces { totalCount } }', {}, token?.secret),
        async () => postern.advance(random.below(HOUR)),
      ];
      await (token ? random.pick(changes) : issue)();
      await expectCounts(owner(), `step ${step}`);
    }
  },
);

test('many derived tokens count as disabled and used up with their ancestors', async () => {
  const owner = KINDS.user.owner();
  const parents: IssuedToken[] = [];
  for (const limits of [null, null, { uses: 2 }]) {
    const parent = await KINDS.user.create({ limits });
    // With their children, more than are read one by one.
    const child = await KINDS.user.create({ limits: null }, parent.secret);
    await derive(postern.database, parent.id, 200);
    await derive(postern.database, child.id, 20);
    parents.push(parent);
  }
  const [first, second, third] = parents as [IssuedToken, IssuedToken, IssuedToken];
  await expectCounts(owner, 'their creation');
  await change('disableToken', { id: first.id });
  await expectCounts(owner, 'a disabling');
  await postern.post('{ workspaces { totalCount } }', {}, third.secret);
  await expectCounts(owner, 'the last use');
  // Most of the rows follow later.
  await postern.app.services.cascades.close();
  await change('revokeToken', { id: second.id });
  await expectCounts(owner, 'a revocation');
});

test('only tokens that were created since the end of all tokens count, while their rows remain', async () => {
  const { db } = postern.database;
  const owner = KINDS.user.owner();
  await postern.app.services.cascades.close();
  const { id } = await KINDS.user.create({});
  await repeat(postern.database, id, 80);
  const { data } = await postern.post(
    'mutation { deleteAllTokens { deletedCount } }',
    {},
    postern.owner.session,
  );
  expect(data.deleteAllTokens.deletedCount).toBe(81);
  expect(await countKeptTokens(db, owner)).toBe(0);
  const parent = await KINDS.user.create({});
  await KINDS.user.create({}, parent.secret);
  expect(await countKeptTokens(db, owner)).toBe(2);
  expect(await hasTokens(db, owner, 2, postern.now())).toBe(true);
  expect(await hasTokens(db, owner, 3, postern.now())).toBe(false);
  const summary = await summariseTokens(db, owner, {}, postern.now());
  expect(summary).toEqual(await countOneByOne(db, owner, postern.now()));
  expect(summary).toMatchObject({ total: 83, active: 2, revoked: 81 });
});

test('no counts remain of a deleted workspace', async () => {
  const { db } = postern.database;
  const { workspaceId } = KINDS.workspace.owner();
  const rows = () =>
    db.selectFrom('token_counts').select('amount').where('holder_id', '=', workspaceId).execute();
  const parent = await KINDS.workspace.create({ expires: { after: 'P6D' } });
  await KINDS.workspace.create({}, parent.secret);
  expect(await rows()).toHaveLength(4);
  await change('reauthenticate', { password: PASSWORD });
  await change('deleteWorkspace', { id: postern.workspaceId });
  expect(await rows()).toEqual([]);
});
