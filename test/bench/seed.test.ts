import { join } from 'node:path';
import { expect, test } from 'vitest';
import { LIST } from '../../bench/requests.ts';
import { secretOf, seedSqlite } from '../../bench/seed.ts';
import { keySecretOf, seedKeys } from '../../bench/seed-keys.ts';
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

test('the seeded keys of a workspace can be verified, and its backend can read them', async () => {
  const url = `file:${join(temporaryFolder(), 'keys.db')}`;
  await seedKeys(url, 20);
  const app = await createApp(readConfig({ DATABASE_URL: url, POSTERN_LOG_LEVEL: 'silent' }));
  const verify = (n: number, query: string) => {
    const headers = { Authorization: `Bearer ${keySecretOf(n)}` };
    return fetchFrom(app, new Request(`http://localhost/verify?${query}`, { headers }));
  };
  try {
    expect((await verify(0, 'operation=READ&entityType=channel')).headers.get('x-postern-subject')).toBe(
      'customer%200',
    );
    expect((await verify(1, 'operation=READ&entityType=channel')).status).toBe(401);
    expect((await verify(20, 'operation=READ&entityType=workspace')).status).toBe(204);
  } finally {
    await app.close();
  }
});
