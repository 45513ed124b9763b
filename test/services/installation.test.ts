import { expect, onTestFinished, test } from 'vitest';
import { requestIds } from '../../src/platform/ids.ts';
import { identifyInstallation } from '../../src/services/accounts/bootstrap.ts';
import { openTestDatabase } from '../support/database.ts';

test('servers that start concurrently on one database use the same installation id', async () => {
  const database = await openTestDatabase();
  onTestFinished(() => database.close());
  const ids = await Promise.all(Array.from({ length: 8 }, () => identifyInstallation(database, requestIds)));
  expect(new Set(ids).size).toBe(1);
  expect(await identifyInstallation(database, requestIds)).toBe(ids[0]);
});
