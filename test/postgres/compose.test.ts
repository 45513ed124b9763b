import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { sql } from 'kysely';
import { expect, onTestFinished, test } from 'vitest';
import { migrateToLatest } from '../../src/storage/migrations.ts';
import { openDatabase } from '../../src/storage/open.ts';
import { temporaryFolder } from '../support/folder.ts';
import { runOn, siblingUrl, startPostgres } from '../support/postgres-server.ts';

const PASSWORD = '7f1c0e';

const read = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');

/** Returns a here-document of the script that creates the role. */
function hereDocument(mark: string): string {
  const script = read('deploy/compose/create-role.sh');
  return new RegExp(`<<'${mark}'[^\\n]*\\n([^]*?\\n)${mark}\\n`).exec(script)?.[1] ?? '';
}

/** Returns the values of `-c` in the command of PostgreSQL. */
function serverSettings(): [string, string][] {
  const [, command = ''] = /^ {4}command: \[(.*)\]$/m.exec(read('compose.yaml')) ?? [];
  return [...command.matchAll(/-c, (\w+)=([^,]+)/g)].map(([, name = '', value = '']) => [name, value]);
}

/** Creates a certificate for localhost; returns the folders, which the user of the server can enter. */
function createCertificate() {
  const folder = temporaryFolder();
  const folders = { server: join(folder, 'server'), authority: join(folder, 'authority') };
  for (const path of [folder, ...Object.values(folders)]) {
    mkdirSync(path, { recursive: true });
    chmodSync(path, 0o755);
  }
  const create = () =>
    execFileSync('sh', [
      'deploy/compose/create-certificate.sh',
      'localhost',
      folders.server,
      folders.authority,
    ]);
  create();
  return { ...folders, create };
}

/** Starts PostgreSQL as compose.yaml does, but for its address. */
async function startComposed() {
  const postgres = await startPostgres();
  onTestFinished(() => postgres.remove());
  const certificate = createCertificate();
  const settings = serverSettings().map(
    ([name, value]) => `alter system set ${name} = '${value.replace('/run/server', certificate.server)}'`,
  );
  expect(settings).toHaveLength(3);
  const statements = hereDocument('SQL').replace(":'password'", `'${PASSWORD}'`).split(';\n').filter(Boolean);
  writeFileSync(join(postgres.data, 'pg_hba.conf'), hereDocument('HBA'));
  await runOn(postgres.url, ...statements, ...settings, 'select pg_reload_conf()');
  return { postgres, certificate };
}

/** Returns the files of a folder with their text. */
function textsIn(folder: string): string[][] {
  return readdirSync(folder).map((name) => [name, readFileSync(join(folder, name), 'utf8')]);
}

/** Returns the URL that Postern has in compose.yaml, with this address and authority. */
function composedUrl(host: string, authority: string): string {
  const [, url = ''] = /^ {6}DATABASE_URL: (.*)$/m.exec(read('compose.yaml')) ?? [];
  return url
    .replace(/\$\{[^}]*\}/, PASSWORD)
    .replace('@postgres/', `@${host}/`)
    .replace('/run/authority', authority);
}

test('compose.yaml lets Postern connect only encrypted, to the server that the certificate names', async () => {
  const { postgres, certificate } = await startComposed();
  const open = (host: string) => openDatabase(composedUrl(`${host}:${postgres.port}`, certificate.authority));

  await expect.poll(() => open('localhost').then((handle) => handle.close())).toBeUndefined();
  const handle = await open('localhost');
  onTestFinished(() => handle.close());
  await migrateToLatest(handle);
  const { rows } = await sql`
    select ssl, rolsuper, rolcreatedb, rolcreaterole, rolreplication
    from pg_stat_ssl, pg_roles where pid = pg_backend_pid() and rolname = current_user`.execute(handle.db);
  expect(rows).toEqual([
    { ssl: true, rolsuper: false, rolcreatedb: false, rolcreaterole: false, rolreplication: false },
  ]);

  await expect(open('127.0.0.1')).rejects.toThrow(/altnames/);
  const plain = siblingUrl(postgres.url, 'postern').replace('postgres:postgres@', `postern:${PASSWORD}@`);
  await expect(runOn(plain, 'select 1')).rejects.toThrow(/no pg_hba.conf entry/);
  const asSuperuser = `${postgres.url}?sslmode=no-verify`;
  await expect(runOn(asSuperuser, 'select 1')).rejects.toThrow(/no pg_hba.conf entry/);

  // A later start keeps the certificate, whose key only the server can read.
  const before = textsIn(certificate.server);
  certificate.create();
  expect(textsIn(certificate.server)).toEqual(before);
  expect(statSync(join(certificate.server, 'server.key')).mode & 0o777).toBe(0o600);
});
