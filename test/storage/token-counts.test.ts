import { afterEach, beforeEach, expect, test } from 'vitest';
import { decodeGlobalId } from '../../src/domain/global-id.ts';
import { hasTokensOf } from '../../src/storage/repositories/token-counts.ts';
import { summariseTokens, summariseWorkspaceTokens } from '../../src/storage/repositories/token-lists.ts';
import { PASSWORD, startTestApp, type TestApp } from '../support/app.ts';
import { mutate } from '../support/channels.ts';
import { seededRandom } from '../support/random.ts';
import { createWorkspaceToken, type IssuedToken } from '../support/tokens.ts';

const HOUR = 3_600_000;
const STEPS = 120;

let postern: TestApp;
beforeEach(async () => {
  postern = await startTestApp();
});
afterEach(() => postern.close());

const change = (field: string, input: object) =>
  mutate(postern, field, input, postern.owner.session, '__typename');

test('the counts of a workspace equal those of its tokens after random changes', async () => {
  const { db } = postern.database;
  const random = seededRandom(11);
  const workspaceId = decodeGlobalId('Workspace', postern.workspaceId);
  const tokens: IssuedToken[] = [];
  const expiries = [
    { after: 'PT30M' },
    { after: 'PT90M' },
    { after: 'P6D' },
    { after: 'P60D' },
    { never: true },
  ];
  const create = async (by?: string) =>
    tokens.push(
      await createWorkspaceToken(
        postern,
        'WORKSPACE_MANAGER',
        { expires: by ? undefined : random.pick(expiries), limits: random.chance(0.3) ? { uses: 1 } : null },
        by,
      ),
    );
  for (let step = 0; step < STEPS; step += 1) {
    const token = tokens.length > 0 ? random.pick(tokens) : null;
    const id = token?.id;
    const changes = [
      () => create(),
      () => create(),
      () => create(token?.secret).catch(() => undefined),
      () => change('revokeToken', { id }),
      () => change('disableToken', { id }),
      () => change('enableToken', { id }),
      () => change('regenerateToken', { id, expires: random.pick(expiries) }),
      () => change('deleteToken', { id }),
      () => postern.post('{ workspaces { totalCount } }', {}, token?.secret),
      async () => postern.advance(random.below(HOUR)),
    ];
    await (token ? random.pick(changes) : create)();
    const now = postern.now();
    const expected = await summariseTokens(db, { workspaceId }, {}, now);
    expect(await summariseWorkspaceTokens(db, workspaceId, now), `after step ${step}`).toEqual(expected);
    expect(await hasTokensOf(db, workspaceId, expected.total, now)).toBe(true);
    expect(await hasTokensOf(db, workspaceId, expected.total + 1, now)).toBe(false);
  }
  await change('reauthenticate', { password: PASSWORD });
  await change('deleteWorkspace', { id: postern.workspaceId });
  expect(await db.selectFrom('token_counts').selectAll().execute()).toEqual([]);
});
