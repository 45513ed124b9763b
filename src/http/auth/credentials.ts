import { failure } from '../../domain/errors.ts';
import { kindOfSecret } from '../../domain/secret.ts';
import { digestOf } from '../../platform/hashing.ts';
import type { Credential } from '../../services/access/caller.ts';

const HEADER_LENGTH = 1024;

/** A scheme, spaces, and the credentials of the scheme (RFC 9110, section 11.4). */
const AUTHORIZATION = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+) +(\S.*)$/;
/** RFC 6750, section 2.1. */
const BEARER = /^[A-Za-z0-9\-._~+/]+=*$/;

/**
 * Returns the credential of a request's only `Authorization` header. Needs no database: a secret with a wrong shape or
 * checksum is invalid.
 * Throws `INVALID_AUTH_HEADER`, `INVALID_AUTH_SCHEME` or `INVALID_TOKEN`.
 */
export function readBearer(headers: readonly string[]): Credential {
  const [header = '', ...others] = headers;
  const isReadable = others.length === 0 && header.length <= HEADER_LENGTH;
  const match = isReadable ? AUTHORIZATION.exec(header) : null;
  if (!match) throw failure('INVALID_AUTH_HEADER');
  const [, scheme = '', secret = ''] = match;
  if (scheme.toLowerCase() !== 'bearer') throw failure('INVALID_AUTH_SCHEME');
  const kind = kindOfSecret(secret);
  if (kind === null && !BEARER.test(secret)) throw failure('INVALID_AUTH_HEADER');
  if (kind === null || kind === 'INVITATION') throw failure('INVALID_TOKEN');
  return { kind, digest: digestOf(secret), source: 'bearer' };
}

/** Returns the credential in a session cookie; `null` if its shape or checksum is wrong. */
export function readCookieSecret(secret: string): Credential | null {
  return kindOfSecret(secret) === 'SESSION'
    ? { kind: 'SESSION', digest: digestOf(secret), source: 'cookie' }
    : null;
}
