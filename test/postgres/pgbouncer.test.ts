import { sql } from 'kysely';
import { expect, inject, test } from 'vitest';
import { migrateToLatest } from '../../src/storage/migrations.ts';
import { openDatabase } from '../../src/storage/open.ts';
import { startPgBouncer } from '../support/pgbouncer.ts';

const template = new URL(inject('postgresTemplate') as string);

test('Postern runs through PgBouncer with session pooling, and statements have their time limit', async () => {
  const bouncer = await startPgBouncer(template);
  const handle = await openDatabase(bouncer.url);
  try {
    await migrateToLatest(handle);
    const { rows } = await sql`
      select current_setting('statement_timeout') as statement,
        current_setting('idle_in_transaction_session_timeout') as idle`.execute(handle.db);
    expect(rows).toEqual([{ statement: '5s', idle: '5s' }]);
    expect(await handle.db.selectFrom('users').selectAll().execute()).toEqual([]);
  } finally {
    await handle.close();
  }
});

test('sslmode means what it means for libpq', async () => {
  const bouncer = await startPgBouncer(template);
  const ca = encodeURIComponent(bouncer.certificate);
  async function outcomeOf(parameters: string): Promise<string> {
    try {
      const handle = await openDatabase(`${bouncer.url}?${parameters}`);
      await handle.close();
      return 'connected';
    } catch (error) {
      return (error as Error).message;
    }
  }
  expect(await outcomeOf('sslmode=disable')).toBe('connected');
  // Encrypted, without a check of the certificate.
  expect(await outcomeOf('sslmode=require')).toBe('connected');
  // With an authority, its signature is checked, but not the name of the host.
  expect(await outcomeOf(`sslmode=require&sslrootcert=${ca}`)).toBe('connected');
  expect(await outcomeOf(`sslmode=verify-ca&sslrootcert=${ca}`)).toBe('connected');
  expect(await outcomeOf(`sslmode=verify-full&sslrootcert=${ca}`)).toMatch(/IP|altnames|Hostname/);
  expect(await outcomeOf('sslmode=verify-full')).toMatch(/self-signed certificate/);
  expect(await outcomeOf('sslmode=verify-full&sslrootcert=system')).toMatch(/self-signed certificate/);
});
