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
  if (kind === null || kind === 'INVITATION' || kind === 'RESET') throw failure('INVALID_TOKEN');
  return { kind, digest: digestOf(secret), source: 'bearer' };
}

/** RFC 7617, section 2: the encoded user name, a colon, and the password. */
const BASIC = /^basic +([A-Za-z0-9+/]+={0,2})$/i;

/** Returns whether a request authenticates by Basic. */
export function isBasic(headers: readonly string[]): boolean {
  return /^basic /i.test(headers[0] ?? '');
}

/**
 * Returns the credential of an OAuth client, whose secret is that of a token. The client id is not read: the secret identifies
 * the token. A session is not accepted, because a browser would repeat it. Throws `INVALID_TOKEN`.
 */
export function readClientSecret(secret: string): Credential {
  const kind = kindOfSecret(secret);
  if (kind !== 'PERSONAL' && kind !== 'WORKSPACE') throw failure('INVALID_TOKEN');
  return { kind, digest: digestOf(secret), source: 'bearer' };
}

/** Decodes the form encoding that RFC 6749, section 2.3.1, adds to both parts of Basic; some libraries encode even `_`. */
function formDecode(text: string): string {
  return new URLSearchParams(`secret=${text.replaceAll('&', '%26')}`).get('secret') ?? '';
}

/**
 * Returns the credential of an OAuth client in a request's only `Authorization` header: Bearer, or Basic with the secret of a
 * token as the password. Throws `INVALID_AUTH_HEADER`, `INVALID_AUTH_SCHEME` or `INVALID_TOKEN`.
 */
export function readClientAuthorization(headers: readonly string[]): Credential {
  const [header = '', ...others] = headers;
  if (!isBasic(headers)) return readBearer(headers);
  const encoded = others.length === 0 && header.length <= HEADER_LENGTH ? BASIC.exec(header)?.[1] : undefined;
  if (encoded === undefined) throw failure('INVALID_AUTH_HEADER');
  const text = Buffer.from(encoded, 'base64').toString('latin1');
  return readClientSecret(formDecode(text.slice(text.indexOf(':') + 1)));
}

/** Returns the credential in a session cookie; `null` if its shape or checksum is wrong. */
export function readCookieSecret(secret: string): Credential | null {
  return kindOfSecret(secret) === 'SESSION'
    ? { kind: 'SESSION', digest: digestOf(secret), source: 'cookie' }
    : null;
}
