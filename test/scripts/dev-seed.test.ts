import { expect, test } from 'vitest';
import { seed } from '../../scripts/seed/seed.ts';
import { readConfig } from '../../src/config.ts';
import { statusOf } from '../../src/domain/token.ts';
import { openSqliteDatabase } from '../../src/storage/open.ts';
import { writeTestDatabase } from '../support/database.ts';
import { temporaryFolder } from '../support/folder.ts';

const NOW = Date.UTC(2030, 0, 1);

test('the seed creates tokens of every status and a channel with messages, then refuses to run again', async () => {
  const file = `${temporaryFolder()}/dev.db`;
  writeTestDatabase(file);
  const config = readConfig({ DATABASE_URL: `file:${file}` });
  const hint = await seed(config, NOW);
  expect(hint).toContain('Sign in as ada@example.com');

  const { db, close } = openSqliteDatabase(`file:${file}`);
  const tokens = await db
    .selectFrom('tokens')
    .select(['revoked_at as revokedAt', 'disabled_at as disabledAt', 'expires_at as expiresAt'])
    .execute();
  const statuses = new Set(
    tokens.map((token) => statusOf({ ...token, isAncestorDisabled: false, isUsedUp: false }, NOW)),
  );
  expect([...statuses].sort()).toEqual(['ACTIVE', 'DISABLED', 'EXPIRED', 'REVOKED']);
  const messages = await db.selectFrom('messages').select('id').execute();
  expect(messages.length).toBeGreaterThan(40);
  await close();

  await expect(seed(config, NOW)).rejects.toThrow('the database has users');
});
