import type pg from 'pg';
import { TYPES } from './dialect.ts';

const CONNECT_TIMEOUT_MS = 5000;

/**
 * Returns the configuration of a client for a `postgres:` URL. `sslmode` has the meaning that libpq gives it; without this
 * option, pg takes `require` and `verify-ca` for `verify-full`. `sslrootcert=system` means the certificates of Node.js, which
 * pg uses by default.
 */
export function clientConfig(url: string): pg.ClientConfig {
  const target = new URL(url);
  if (target.searchParams.get('sslrootcert') === 'system') target.searchParams.delete('sslrootcert');
  if (target.searchParams.has('sslmode')) target.searchParams.set('uselibpqcompat', 'true');
  return {
    connectionString: target.href,
    application_name: 'postern',
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    keepAlive: true,
    pipeline: true,
    types: TYPES,
  };
}
