import { expect, test } from 'vitest';
import { DEFAULT_POLICY } from '../../../src/domain/workspace.ts';
import { findStanding, insertWorkspace, setPolicy } from '../../../src/storage/workspaces.ts';
import { openTestSqlite } from '../../support/database.ts';

const FORBIDDING = { ...DEFAULT_POLICY, personalTokens: 'FORBIDDEN' } as const;

async function openWithWorkspace() {
  const handle = openTestSqlite();
  const workspace = { id: 'w', name: 'w', slug: 'w', createdAt: 0, policy: DEFAULT_POLICY };
  await insertWorkspace(handle.db, workspace);
  const policyNow = async () => (await findStanding(handle.db, 'nobody', 'w'))?.policy.personalTokens;
  return { ...handle, policyNow };
}

test('a look-up beside an open transaction sees nothing of what that takes back', async () => {
  const { transact, policyNow, close } = await openWithWorkspace();
  let seen: Promise<unknown> = Promise.resolve();
  const attempt = transact(async (tx) => {
    await setPolicy(tx, 'w', FORBIDDING);
    expect((await findStanding(tx, 'nobody', 'w'))?.policy).toEqual(FORBIDDING);
    seen = policyNow();
    throw new Error('changed my mind');
  });
  await expect(attempt).rejects.toThrow('changed my mind');
  expect(await seen).toBe('ALLOWED');
  await close();
});

test('a look-up that is made while a transaction is open answers with what that stored', async () => {
  const { transact, policyNow, close } = await openWithWorkspace();
  let seen: Promise<unknown> = Promise.resolve();
  await transact(async (tx) => {
    seen = policyNow();
    await setPolicy(tx, 'w', FORBIDDING);
  });
  expect(await seen).toBe('FORBIDDEN');
  expect(await policyNow()).toBe('FORBIDDEN');
  await close();
});
