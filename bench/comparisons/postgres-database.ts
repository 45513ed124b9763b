/** Empty databases of one PostgreSQL server. */
interface PostgresDatabases {
  /** Their URLs, in the order of the names. */
  readonly urls: readonly string[];
  remove(): Promise<void>;
}

/** Creates empty databases: on the server that `POSTERN_TEST_POSTGRES_URL` names, or on one that is started for them. */
export async function createDatabases(names: readonly string[]): Promise<PostgresDatabases> {
  const { runOn, siblingUrl, startPostgres } = await import('../../test/support/postgres-server.ts');
  const given = process.env.POSTERN_TEST_POSTGRES_URL;
  const server = given ? null : await startPostgres({ durable: true });
  const url = given ?? (server as { url: string }).url;
  const databases = names.map((name) => `postern_bench_${process.pid}_${name}`);
  for (const name of databases) await runOn(url, `create database ${name}`);
  return {
    urls: databases.map((name) => siblingUrl(url, name)),
    async remove() {
      for (const name of databases) await runOn(url, `drop database ${name} with (force)`);
      await server?.remove();
    },
  };
}
