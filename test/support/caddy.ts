import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryFolder } from './folder.ts';
import { freePort } from './free-port.ts';
import { CADDY, findProgram } from './programs.ts';
import type { Send } from './proxied.ts';
import { startProxyProcess } from './proxy-process.ts';

/**
 * Runs Caddy with a site at `:8080`, which becomes a free port of the loopback address, until the test has finished. Throws
 * if Caddy is missing or does not accept the configuration.
 */
export async function startCaddy(site: string): Promise<Send> {
  const program = findProgram(CADDY);
  if (program === null) throw new Error(`Caddy is missing: ${CADDY.hint}`);
  const folder = temporaryFolder();
  const port = await freePort();
  const file = join(folder, 'Caddyfile');
  writeFileSync(file, `{\n\tadmin off\n}\n${site.replace(':8080 {', `:${port} {\n\tbind 127.0.0.1`)}`);
  // Caddy writes everything to one folder.
  const env = { ...process.env, HOME: folder, XDG_CONFIG_HOME: folder, XDG_DATA_HOME: folder };
  const args = ['run', '--config', file, '--adapter', 'caddyfile'];
  return startProxyProcess({ file: program, args, env, address: { port } });
}
