import { randomUUID } from 'node:crypto';
import type { TestProject } from 'vitest/node';
import { migrateToLatest } from '../../src/storage/migrations.ts';
import { openDatabase } from '../../src/storage/open.ts';
import { type PostgresServer, runOn, siblingUrl, startPostgres } from './postgres-server.ts';

declare module 'vitest' {
  export interface ProvidedContext {
    /** The migrated database that each test on PostgreSQL gets a copy of. Absent if tests run on SQLite. */
    postgresTemplate: string | undefined;
    /** The folder of the Unix domain socket of the server of the template. Absent if the server was not started for the tests. */
    postgresSocket: string | undefined;
  }
}

async function migrate(url: string): Promise<void> {
  const handle = await openDatabase(url);
  try {
    await migrateToLatest(handle);
  } finally {
    await handle.close();
  }
}

async function dropAll(url: string, prefix: string): Promise<void> {
  const rows = await runOn(url, `select datname from pg_database where datname like '${prefix}%'`);
  await runOn(url, ...rows.map(({ datname }) => `drop database "${datname}" with (force)`));
}

/**
 * Prepares a test run on PostgreSQL: on the server of `POSTERN_TEST_POSTGRES_URL`, or on one that it starts and stops.
 * Throws an error of one line if neither is available.
 */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const given = process.env.POSTERN_TEST_POSTGRES_URL;
  const server = given
    ? null
    : await startPostgres().catch((error: unknown) => {
        throw new Error(
          `No PostgreSQL could be started for the tests, name one with POSTERN_TEST_POSTGRES_URL: ${error}`,
        );
      });
  const url = given ?? (server as PostgresServer).url;
  const prefix = `postern_test_${randomUUID().slice(0, 8)}`;
  await runOn(url, `create database ${prefix}`);
  await migrate(siblingUrl(url, prefix));
  project.provide('postgresTemplate', siblingUrl(url, prefix));
  project.provide('postgresSocket', server?.socket);
  return async () => {
    if (server) await server.remove();
    else await dropAll(url, prefix);
  };
}
