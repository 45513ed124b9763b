import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { type IncomingHttpHeaders, request } from 'node:http';
import { connect } from 'node:net';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { onTestFinished } from 'vitest';
import { temporaryFolder } from './folder.ts';

const START_MS = 5_000;
const POLL_MS = 10;

/** An answer that came through nginx. */
export interface Proxied {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** A request as a client of nginx sends it. */
export interface ProxiedRequest {
  readonly method?: string;
  readonly headers?: Record<string, string>;
  readonly body?: string;
}

export type Send = (path: string, options?: ProxiedRequest) => Promise<Proxied>;

/** The configuration around a `server`: all that nginx writes lies in one folder, and one process does everything. */
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

async function listens(socket: string): Promise<boolean> {
  const connection = connect(socket);
  try {
    await once(connection, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    connection.destroy();
  }
}

function sender(socketPath: string): Send {
  return async (path, { method = 'GET', headers = {}, body } = {}) => {
    const outgoing = request({ socketPath, path, method, headers: { Host: 'service.test', ...headers } });
    outgoing.end(body);
    const [answer] = await once(outgoing, 'response');
    const chunks = [];
    for await (const chunk of answer) chunks.push(chunk);
    return { status: answer.statusCode, headers: answer.headers, body: Buffer.concat(chunks).toString() };
  };
}

/**
 * Runs nginx with a configuration that listens on `listen 8080;`, which becomes a socket of its own, until the test has
 * finished. Throws where nginx is missing or does not accept the configuration.
 */
export async function startNginx(servers: string): Promise<Send> {
  const environment = { ...process.env, PATH: `${process.env.PATH}:/usr/sbin` };
  if (spawnSync('nginx', ['-v'], { env: environment }).error) {
    throw new Error('nginx is missing: install it with "apt-get install nginx-light"');
  }
  const folder = temporaryFolder();
  const socket = join(folder, 'nginx.sock');
  const file = join(folder, 'nginx.conf');
  writeFileSync(file, around(servers.replace('listen 8080;', `listen unix:${socket};`), folder));
  const nginx = spawn('nginx', ['-p', folder, '-e', 'stderr', '-c', file], { env: environment });
  const exit = once(nginx, 'exit');
  onTestFinished(async () => {
    nginx.kill('SIGTERM');
    await exit;
  });
  let errors = '';
  nginx.stderr.on('data', (chunk) => {
    errors += chunk;
  });
  for (const deadline = Date.now() + START_MS; !(await listens(socket)); await pause(POLL_MS)) {
    if (nginx.exitCode !== null || Date.now() > deadline) throw new Error(`nginx did not start: ${errors}`);
  }
  return sender(socket);
}
