import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { onTestFinished } from 'vitest';
import { temporaryFolder } from './folder.ts';
import { freePort } from './free-port.ts';
import { findProgram, PGBOUNCER } from './programs.ts';
import { listens } from './proxied.ts';

const START_MS = 10_000;

/** PgBouncer in front of a server. */
export interface PgBouncer {
  /** The URL of the database through PgBouncer, without parameters. */
  readonly url: string;
  /** The file of its self-signed certificate, which names no host. */
  readonly certificate: string;
}

/** Creates a certificate that is its own authority; returns the files of certificate and key. */
function createCertificate(folder: string): { certificate: string; key: string } {
  const [certificate, key] = [join(folder, 'server.crt'), join(folder, 'server.key')];
  const subject = ['-subj', '/CN=pgbouncer.test', '-days', '1', '-nodes'];
  const args = ['req', '-x509', '-newkey', 'rsa:2048', '-keyout', key, '-out', certificate, ...subject];
  const { status, stderr } = spawnSync('openssl', args);
  if (status !== 0) throw new Error(`openssl failed: ${stderr}`);
  return { certificate, key };
}

/** Runs PgBouncer with session pooling in front of a database until the test has finished. It accepts TLS and plain connections. */
export async function startPgBouncer(database: URL): Promise<PgBouncer> {
  const program = findProgram(PGBOUNCER);
  if (program === null) throw new Error(`PgBouncer is missing: ${PGBOUNCER.hint}`);
  const folder = temporaryFolder();
  // It refuses to run as root, so another user has to read these files.
  chmodSync(folder, 0o777);
  const port = await freePort();
  const { certificate, key } = createCertificate(folder);
  chmodSync(key, 0o644);
  const file = join(folder, 'pgbouncer.ini');
  const users = join(folder, 'users.txt');
  writeFileSync(users, `"${database.username}" "${database.password}"\n`);
  writeFileSync(
    file,
    `[databases]
* = host=${database.hostname} port=${database.port || 5432}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${port}
unix_socket_dir =
auth_type = scram-sha-256
auth_file = ${users}
pool_mode = session
client_tls_sslmode = allow
client_tls_cert_file = ${certificate}
client_tls_key_file = ${key}
`,
  );
  const child = spawn(program, [...(process.getuid?.() === 0 ? ['-u', 'daemon'] : []), file], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const exit = once(child, 'exit');
  onTestFinished(async () => {
    child.kill('SIGKILL');
    await exit;
  });
  let log = '';
  child.stderr.on('data', (chunk) => {
    log += chunk;
  });
  for (const deadline = Date.now() + START_MS; !(await listens({ port })); await pause(10)) {
    if (child.exitCode !== null || Date.now() > deadline) throw new Error(`PgBouncer did not start: ${log}`);
  }
  const url = new URL(database);
  url.host = `127.0.0.1:${port}`;
  return { certificate, url: url.href };
}
