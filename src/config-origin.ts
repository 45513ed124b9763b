import { isIPv6 } from 'node:net';
import type { Config } from './config.ts';

const EVERYWHERE = ['0.0.0.0', '::'];

/** Returns the origin of the console: the configured one, or that of the address on which the server listens. */
export function originOf({ publicUrl, host }: Pick<Config, 'publicUrl' | 'host'>, port: number): string {
  if (publicUrl) return publicUrl;
  const name = EVERYWHERE.includes(host) ? 'localhost' : host;
  return `http://${isIPv6(name) ? `[${name}]` : name}:${port}`;
}
