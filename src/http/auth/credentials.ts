import { failure } from '../../domain/errors.ts';
import type { Credential } from '../../services/access/caller.ts';
import { isTokenSecret, type SecretReader } from '../../services/access/secret-reader.ts';

type ReadText = SecretReader['read'];

const HEADER_LENGTH = 1024;

/** A scheme, spaces, and the credentials of the scheme (RFC 9110, section 11.4). */
const AUTHORIZATION = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+) +(\S.*)$/;
/** RFC 6750, section 2.1. */
const BEARER = /^[A-Za-z0-9\-._~+/]+=*$/;

/**
 * Returns the credential of a request's only `Authorization` header. Needs no database: a text that `read` does not
 * recognise is invalid.
 * Throws `INVALID_AUTH_HEADER`, `INVALID_AUTH_SCHEME` or `INVALID_TOKEN`.
 */
export function readBearer(headers: readonly string[], read: ReadText): Credential {
  const [header = '', ...others] = headers;
  const isReadable = others.length === 0 && header.length <= HEADER_LENGTH;
  const match = isReadable ? AUTHORIZATION.exec(header) : null;
  if (!match) throw failure('INVALID_AUTH_HEADER');
  const [, scheme = '', secret = ''] = match;
  if (scheme.toLowerCase() !== 'bearer') throw failure('INVALID_AUTH_SCHEME');
  const found = read(secret);
  if (found === null && !BEARER.test(secret)) throw failure('INVALID_AUTH_HEADER');
  if (found === null || found.kind === 'INVITATION' || found.kind === 'RESET') throw failure('INVALID_TOKEN');
  return { ...found, source: 'bearer' };
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
export function readClientSecret(secret: string, read: ReadText): Credential {
  const found = read(secret);
  if (found === null || !isTokenSecret(found)) throw failure('INVALID_TOKEN');
  return { ...found, source: 'bearer' };
}

/** Decodes the form encoding that RFC 6749, section 2.3.1, adds to both parts of Basic; some libraries encode even `_`. */
function formDecode(text: string): string {
  return new URLSearchParams(`secret=${text.replaceAll('&', '%26')}`).get('secret') ?? '';
}

/**
 * Returns the credential of an OAuth client in a request's only `Authorization` header: Bearer, or Basic with the secret of a
 * token as the password. Throws `INVALID_AUTH_HEADER`, `INVALID_AUTH_SCHEME` or `INVALID_TOKEN`.
 */
export function readClientAuthorization(headers: readonly string[], read: ReadText): Credential {
  const [header = '', ...others] = headers;
  if (!isBasic(headers)) return readBearer(headers, read);
  const encoded = others.length === 0 && header.length <= HEADER_LENGTH ? BASIC.exec(header)?.[1] : undefined;
  if (encoded === undefined) throw failure('INVALID_AUTH_HEADER');
  const text = Buffer.from(encoded, 'base64').toString('latin1');
  return readClientSecret(formDecode(text.slice(text.indexOf(':') + 1)), read);
}

/** Returns the credential in a session cookie; `null` if its shape or checksum is wrong. */
export function readCookieSecret(secret: string, read: ReadText): Credential | null {
  const found = read(secret);
  return found?.kind === 'SESSION' ? { ...found, source: 'cookie' } : null;
}
