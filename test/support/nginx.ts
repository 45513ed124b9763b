import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryFolder } from './folder.ts';
import { freePort } from './free-port.ts';
import { findProgram, NGINX } from './programs.ts';
import type { Send } from './proxied.ts';
import { startProxyProcess } from './proxy-process.ts';

/** The configuration around a `server`. nginx writes everything to one folder and runs as one process. */
function around(servers: string, folder: string): string {
  const paths = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];
  return `
    daemon off;
    master_process off;
    pid ${folder}/nginx.pid;
    error_log stderr warn;
    events {}
    http {
      access_log off;
      ${paths.map((path) => `${path}_temp_path ${folder}/${path};`).join('\n')}
      ${servers}
    }`;
}

/** Where a configuration from the documentation leads in a test. */
interface Published {
  readonly configuration: string;
  readonly postern: { readonly port: number; readonly postern: { readonly workspaceId: string } };
  /** The port of the service behind the proxy. */
  readonly service?: number;
}

/** Runs nginx as documented, in front of a Postern and a service, until the test has finished. Returns its origin. */
export async function startPublishedNginx({ configuration, postern, service }: Published): Promise<string> {
  const port = await freePort();
  await startNginx(
    configuration
      .replace('127.0.0.1:4000', `127.0.0.1:${postern.port}`)
      .replace('127.0.0.1:3000', `127.0.0.1:${service ?? 0}`)
      .replaceAll(/wsp_[0-9a-f]{32}/g, postern.postern.workspaceId),
    port,
  );
  return `http://127.0.0.1:${port}`;
}

/**
 * Runs nginx with a configuration that listens on `listen 8080;`, which becomes a socket of its own or a given port, until
 * the test has finished. Throws if nginx is missing or does not accept the configuration.
 */
export async function startNginx(servers: string, port?: number): Promise<Send> {
  const program = findProgram(NGINX);
  if (program === null) throw new Error(`nginx is missing: ${NGINX.hint}`);
  const folder = temporaryFolder();
  const socketPath = join(folder, 'nginx.sock');
  const file = join(folder, 'nginx.conf');
  const listen = port === undefined ? `unix:${socketPath}` : `127.0.0.1:${port}`;
  writeFileSync(file, around(servers.replace('listen 8080;', `listen ${listen};`), folder));
  const args = ['-p', folder, '-e', 'stderr', '-c', file];
  return startProxyProcess({ file: program, args, address: port === undefined ? { socketPath } : { port } });
}
