import { failure } from '../../domain/errors.ts';
import type { Credential, SecretCredential } from '../../services/access/caller.ts';
import { isTokenSecret, type ReadSecret, type SecretReader } from '../../services/access/secret-reader.ts';
import type { HttpRequest } from '../message/message.ts';

type ReadText = SecretReader['read'];

const HEADER_LENGTH = 1024;

/** A scheme, spaces, and the credentials of the scheme (RFC 9110, section 11.4). */
const AUTHORIZATION = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+) +(\S.*)$/;
/** RFC 6750, section 2.1. */
const BEARER = /^[A-Za-z0-9\-._~+/]+=*$/;

/** The kinds of secrets that identify a caller of the API. */
const CALLERS: readonly Credential['kind'][] = ['PERSONAL', 'WORKSPACE', 'SESSION', 'IMPORTED'];

/** Returns a header's value if it is short enough and the only one. Throws `INVALID_AUTH_HEADER`. */
function onlyValue([value = '', ...others]: readonly string[]): string {
  if (others.length > 0 || value.length > HEADER_LENGTH) throw failure('INVALID_AUTH_HEADER');
  return value;
}

/** Returns a secret as a credential. Without spread syntax, which takes 2 µs of each request here. */
function toCredential({ kind, digest }: ReadSecret, source: SecretCredential['source']): Credential {
  return { kind, digest, source };
}

/** Returns the credential of a secret as it is sent, of one of the kinds. Throws `INVALID_AUTH_HEADER` or `INVALID_TOKEN`. */
function readBareSecret(secret: string, read: ReadText, kinds = CALLERS): Credential {
  const found = read(secret);
  if (found === null && !BEARER.test(secret)) throw failure('INVALID_AUTH_HEADER');
  if (found === null || !kinds.includes(found.kind)) throw failure('INVALID_TOKEN');
  return toCredential(found, 'bearer');
}

/**
 * Returns the credential of a request's only `Authorization` header by Bearer, of one of the kinds. Needs no database: a text that
 * `read` does not recognise is invalid.
 * Throws `INVALID_AUTH_HEADER`, `INVALID_AUTH_SCHEME` or `INVALID_TOKEN`.
 */
export function readBearer(headers: readonly string[], read: ReadText, kinds = CALLERS): Credential {
  const match = AUTHORIZATION.exec(onlyValue(headers));
  if (!match) throw failure('INVALID_AUTH_HEADER');
  const [, scheme = '', secret = ''] = match;
  if (scheme.toLowerCase() !== 'bearer') throw failure('INVALID_AUTH_SCHEME');
  return readBareSecret(secret, read, kinds);
}

const JWT_LENGTH = 8 * 1024;
/** A token in the compact form, whose first segment encodes an object (RFC 7515, section 7.1). */
const BEARER_JWT = /^bearer +(eyJ[\w-]*(?:\.[\w-]*){2,4})$/i;

/**
 * Returns the JSON Web Token of a request's only header with a credential; `null` if it is another credential. Throws
 * `INVALID_AUTH_HEADER` if the header is longer than 8 KiB.
 */
export function findJwt({ authorization, bare }: CredentialHeaders, read: ReadText): string | null {
  const [header = '', ...others] = authorization;
  if (bare.length + others.length > 0) return null;
  const token = BEARER_JWT.exec(header)?.[1];
  if (token === undefined) return null;
  if (header.length > JWT_LENGTH) throw failure('INVALID_AUTH_HEADER');
  // The key of another system, which was imported, can have this form.
  return header.length <= HEADER_LENGTH && read(token) !== null ? null : token;
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
  return toCredential(found, 'bearer');
}

/** Decodes the form encoding that RFC 6749, section 2.3.1, adds to both parts of Basic; some libraries encode even `_`. */
export function formDecode(text: string): string {
  return new URLSearchParams(`secret=${text.replaceAll('&', '%26')}`).get('secret') ?? '';
}

/**
 * Returns the credential of Basic, whose password is the secret of a token; the user name is not read. Throws
 * `INVALID_AUTH_HEADER`, or `INVALID_TOKEN` also for the secret of a session, because a browser would repeat it.
 */
function readBasic(headers: readonly string[], read: ReadText, decode: (text: string) => string): Credential {
  const encoded = BASIC.exec(onlyValue(headers))?.[1] ?? '';
  const text = Buffer.from(encoded, 'base64').toString('latin1');
  if (!text.includes(':')) throw failure('INVALID_AUTH_HEADER');
  return readClientSecret(decode(text.slice(text.indexOf(':') + 1)), read);
}

/** The headers of a request that have credentials. */
export interface CredentialHeaders {
  /** The values of `Authorization`. */
  readonly authorization: readonly string[];
  /** The values of the configured headers. */
  readonly bare: readonly string[];
}

/** Returns the headers with credentials; `null` if there is none. `names` are the configured headers, in lower case. */
export function findCredentialHeaders(
  request: HttpRequest,
  names: readonly string[],
): CredentialHeaders | null {
  const authorization = request.headerValues('authorization');
  const bare = names.length === 0 ? names : names.flatMap((name) => request.headerValues(name));
  return authorization.length + bare.length === 0 ? null : { authorization, bare };
}

/**
 * Returns the credential of the only header that has one: `Authorization` by Bearer or Basic, or a configured header, whose
 * value is a secret. `decode` decodes the password of Basic. Throws `INVALID_AUTH_HEADER`, `INVALID_AUTH_SCHEME` or
 * `INVALID_TOKEN`.
 */
export function readCredential(
  { authorization, bare }: CredentialHeaders,
  read: ReadText,
  decode: (text: string) => string = (text) => text,
): Credential {
  if (bare.length > 0) return readBareSecret(onlyValue([...bare, ...authorization]), read);
  return isBasic(authorization) ? readBasic(authorization, read, decode) : readBearer(authorization, read);
}

/** Returns the credential in a session cookie; `null` if its shape or checksum is wrong. */
export function readCookieSecret(secret: string, read: ReadText): Credential | null {
  const found = read(secret);
  return found?.kind === 'SESSION' ? toCredential(found, 'cookie') : null;
}
