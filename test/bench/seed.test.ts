import { join } from 'node:path';
import { expect, test } from 'vitest';
import { LIST } from '../../bench/requests.ts';
import { secretOf, seedSqlite } from '../../bench/seed.ts';
import { createApp } from '../../src/app.ts';
import { readConfig } from '../../src/config.ts';
import { fetchFrom } from '../support/fetch.ts';
import { temporaryFolder } from '../support/folder.ts';

test('a seeded token is verified with every header, and lists its derived tokens', async () => {
  const url = `file:${join(temporaryFolder(), 'seeded.db')}`;
  await seedSqlite(url, { tokens: 200 });
  const app = await createApp(readConfig({ DATABASE_URL: url, POSTERN_LOG_LEVEL: 'silent' }));
  const headers = { Authorization: `Bearer ${secretOf(0)}`, 'Content-Type': 'application/json' };
  try {
    const send = (path: string, init: RequestInit = {}) =>
      fetchFrom(app, new Request(`http://localhost${path}`, { headers, ...init }));
    const verified = await send('/verify?operation=READ&entityType=workspace');
    expect(verified.headers.get('x-postern-email')).toBe('user0@example.com');
    const listed = await send('/graphql', { method: 'POST', body: JSON.stringify({ query: LIST }) });
    expect((await listed.json()).data.tokens.nodes).toHaveLength(20);
  } finally {
    await app.close();
  }
});
