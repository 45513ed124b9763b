import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { createLogger } from '../../src/platform/logger.ts';
import { createLastUse, type LastUse } from '../../src/services/access/last-use.ts';
import type { DatabaseHandle } from '../../src/storage/database.ts';
import { openTestDatabase } from '../support/database.ts';

let handle: DatabaseHandle;
let lastUse: LastUse;
/** Runs before each transaction of the recorder. */
const beforeStoring = vi.fn<() => Promise<void>>();

beforeEach(async () => {
  handle = await openTestDatabase();
  beforeStoring.mockReset().mockResolvedValue();
  lastUse = createLastUse({
    logger: createLogger('info', { write: () => {} }),
    async transact(locks, work) {
      await beforeStoring();
      return handle.transact(locks, work);
    },
  });
});
afterEach(async () => {
  await lastUse.close();
  await handle.close();
});

function use(credentialId: string, at: number, ip = '192.0.2.7'): void {
  lastUse.record({ credentialId, at, ip, userAgent: null });
}

async function stored(): Promise<unknown[]> {
  const rows = await handle.db.selectFrom('credential_uses').selectAll().orderBy('credential_id').execute();
  return rows.map(({ credential_id, at, ip }) => [credential_id, at, ip]);
}

test('only the latest use of a credential is stored, from any address', async () => {
  use('a', 1);
  use('a', 2);
  use('b', 1);
  use('b', 3, '192.0.2.8');
  expect(lastUse.unstored('a')).toEqual({ credentialId: 'a', at: 2, ip: '192.0.2.7', userAgent: null });
  await lastUse.flush();
  expect(await stored()).toEqual([
    ['a', 2, '192.0.2.7'],
    ['b', 3, '192.0.2.8'],
  ]);
  expect(lastUse.unstored('a')).toBeNull();
  expect(lastUse.backlog()).toBe(0);
});

test('a use during a flush is available immediately, and stored by the next flush', async () => {
  let resume = () => {};
  beforeStoring.mockReturnValueOnce(
    new Promise((resolve) => {
      resume = resolve;
    }),
  );
  use('a', 1);
  use('b', 1);
  const flushed = lastUse.flush();
  expect(lastUse.unstored('a')?.at).toBe(1);
  use('a', 2);
  expect(lastUse.unstored('a')?.at).toBe(2);
  expect(lastUse.unstored('b')?.at).toBe(1);
  resume();
  await flushed;
  expect(await stored()).toEqual([
    ['a', 1, '192.0.2.7'],
    ['b', 1, '192.0.2.7'],
  ]);
  expect(lastUse.unstored('a')?.at).toBe(2);
  expect(lastUse.unstored('b')).toBeNull();
  await lastUse.flush();
  expect(await stored()).toContainEqual(['a', 2, '192.0.2.7']);
});

test('uses that cannot be stored remain for the next flush, and do not replace newer ones', async () => {
  beforeStoring.mockImplementationOnce(async () => {
    use('a', 2, '192.0.2.8');
    throw new Error('the disk is full');
  });
  use('a', 1);
  use('b', 1);
  await lastUse.flush();
  expect(await stored()).toEqual([]);
  expect(lastUse.unstored('b')?.at).toBe(1);
  await lastUse.close();
  expect(await stored()).toEqual([
    ['a', 2, '192.0.2.8'],
    ['b', 1, '192.0.2.7'],
  ]);
});
