import { ERRORS, failure, PosternError } from '../../domain/errors.ts';
import { ANONYMOUS, credentialIdOf, hasLimits, type Principal } from '../../domain/principal.ts';
import { andThen, type MaybePromise } from '../../platform/maybe-promise.ts';
import type { Credential } from '../../services/access/caller.ts';
import type { SecretReader } from '../../services/access/secret-reader.ts';
import type { HttpRequest } from '../message/message.ts';
import type { SessionCookie } from '../message/session-cookie.ts';
import {
  type CredentialHeaders,
  findCredentialHeaders,
  findJwt,
  formDecode,
  isBasic,
  readClientSecret,
  readCookieSecret,
  readCredential,
} from './credentials.ts';
import type { RateLimits } from './rate-limits.ts';

/** A request with its caller. */
export interface AuthenticatedRequest {
  readonly credential: Credential | null;
  readonly principal: Principal;
  /** Whether the request has a session cookie whose session has ended. */
  readonly staleCookie: boolean;
}

/**
 * Authenticates a request from an address by its one credential: immediately if the principal is cached and no limit
 * counts the request. Throws an error with a challenge, `CSRF_REJECTED` or `RATE_LIMITED`.
 */
export type AuthenticateRequest = (
  request: HttpRequest,
  address: string | null,
) => MaybePromise<AuthenticatedRequest>;

/** What authenticates a credential and limits how often that can be tried. */
export interface AuthenticatorParts {
  readonly authenticate: (credential: Credential, address: string | null) => MaybePromise<Principal>;
  readonly readSecret: SecretReader['read'];
  /** Returns the credential of a JSON Web Token of a provider; `null` if none count as sessions. */
  readonly readJwt: ((token: string) => Promise<Credential>) | null;
  readonly limits: RateLimits;
  /** The headers besides `Authorization` that carry a secret, in lower case. */
  readonly credentialHeaders: readonly string[];
}

/** A request without a credential. */
export const ANONYMOUS_REQUEST: AuthenticatedRequest = {
  credential: null,
  principal: ANONYMOUS,
  staleCookie: false,
};

/** Returns whether an error refuses a credential. */
function isRefusal(error: unknown): boolean {
  return error instanceof PosternError && 'challenge' in ERRORS[error.code];
}

/** Authenticates a credential, and counts the request against the limit of that credential. */
function authenticateCredential(
  { authenticate, limits }: AuthenticatorParts,
  credential: Credential,
  address: string | null,
): MaybePromise<AuthenticatedRequest> {
  return andThen(authenticate(credential, address), (principal) => {
    const credentialId = credentialIdOf(principal);
    const counted = credentialId === null ? undefined : limits.countRequest(credentialId);
    const limited = hasLimits(principal) ? andThen(counted, () => limits.countLimited(principal)) : counted;
    return andThen(limited, () => ({ credential, principal, staleCookie: false }));
  });
}

/**
 * Returns the authentication of a credential from an address. `read` returns the credential or throws. The credential is
 * authenticated before the limit on refusals applies: many bad credentials from an address must not affect a valid one. A
 * guess costs one point read at most, and none if its shape or checksum is wrong.
 */
function createAuthenticator(parts: AuthenticatorParts) {
  async function refuse(error: unknown, address: string | null): Promise<never> {
    if (isRefusal(error)) await parts.limits.countRefusal(address);
    throw error;
  }

  return (
    read: () => MaybePromise<Credential>,
    address: string | null,
  ): MaybePromise<AuthenticatedRequest> => {
    try {
      const authenticated = andThen(read(), (credential) =>
        authenticateCredential(parts, credential, address),
      );
      if (!(authenticated instanceof Promise)) return authenticated;
      return authenticated.catch((error: unknown) => refuse(error, address));
    } catch (error) {
      return refuse(error, address);
    }
  };
}

/** Returns the credential of a request's headers. Throws the errors of `readCredential` or `readJwt`. */
function readHeaders(
  { readSecret, readJwt }: AuthenticatorParts,
  headers: CredentialHeaders,
  decode?: (text: string) => string,
): MaybePromise<Credential> {
  const jwt = readJwt && findJwt(headers, readSecret);
  return jwt ? readJwt(jwt) : readCredential(headers, readSecret, decode);
}

/** Returns whether an origin is the server's own or is configured as trusted. */
export type IsTrustedOrigin = (origin: string, request: HttpRequest) => boolean;

/**
 * Throws `CSRF_REJECTED` for Basic from a page of an origin that is not trusted: a browser that knows a Basic credential also
 * sends it with requests of other pages.
 */
function requireOwnBasic(
  request: HttpRequest,
  { authorization }: CredentialHeaders,
  isTrustedOrigin: IsTrustedOrigin,
): void {
  if (!isBasic(authorization)) return;
  const origin = request.header('origin');
  const site = request.header('sec-fetch-site');
  const isTrusted =
    origin === null
      ? site === null || site === 'same-origin' || site === 'none'
      : isTrustedOrigin(origin, request);
  if (!isTrusted) throw failure('CSRF_REJECTED');
}

/**
 * Returns the authentication by the `Authorization` header or a configured one, for callers that are not browsers. With
 * `isTrustedOrigin`, Basic is refused from pages of other origins.
 */
export function createHeaderAuthenticator(
  parts: AuthenticatorParts,
  isTrustedOrigin?: IsTrustedOrigin,
): AuthenticateRequest {
  const authenticate = createAuthenticator(parts);
  return (request, address) => {
    const headers = findCredentialHeaders(request, parts.credentialHeaders);
    if (headers === null) return ANONYMOUS_REQUEST;
    if (isTrustedOrigin) requireOwnBasic(request, headers, isTrustedOrigin);
    return authenticate(() => readHeaders(parts, headers), address);
  };
}

/**
 * Authenticates an OAuth client by the `Authorization` header, Bearer or Basic, by a configured header, or by `client_secret`
 * in its form (RFC 6749, section 2.3.1). Throws also `BAD_REQUEST` if the request has both a header and `client_secret`, and
 * `CSRF_REJECTED` for Basic from a page of another origin.
 */
export type AuthenticateClient = (
  request: HttpRequest,
  form: URLSearchParams,
  address: string | null,
) => MaybePromise<AuthenticatedRequest>;

/** Returns the authentication of OAuth clients. */
export function createClientAuthenticator(
  parts: AuthenticatorParts,
  isOwnOrigin: IsTrustedOrigin,
): AuthenticateClient {
  const authenticate = createAuthenticator(parts);
  return (request, form, address) => {
    const headers = findCredentialHeaders(request, parts.credentialHeaders);
    const secret = form.get('client_secret');
    if (headers === null && secret === null) return ANONYMOUS_REQUEST;
    if (headers !== null && secret !== null) {
      throw failure('BAD_REQUEST', 'Send the credential in a header or in client_secret, not in both.');
    }
    if (headers === null)
      return authenticate(() => readClientSecret(secret ?? '', parts.readSecret), address);
    requireOwnBasic(request, headers, isOwnOrigin);
    return authenticate(() => readHeaders(parts, headers, formDecode), address);
  };
}

/** Returns whether a request proves that a page of a trusted origin sent it. */
export function isFromTrustedPage(request: HttpRequest, isTrustedOrigin: IsTrustedOrigin): boolean {
  const origin = request.header('origin');
  const sameOrigin = request.header('sec-fetch-site') === 'same-origin';
  return sameOrigin || (origin !== null && isTrustedOrigin(origin, request));
}

/** Returns the authentication by a header with a credential or, in the absence of one, the session cookie. */
export function createRequestAuthenticator(
  parts: AuthenticatorParts & {
    sessionCookie: SessionCookie;
    isTrustedOrigin: IsTrustedOrigin;
  },
): AuthenticateRequest {
  const authenticateHeader = createHeaderAuthenticator(parts, parts.isTrustedOrigin);

  /** A browser sends the cookie with requests of any page, so the request has to prove that it comes from a trusted one. */
  async function authenticateCookie(
    request: HttpRequest,
    secret: string,
    address: string | null,
  ): Promise<AuthenticatedRequest> {
    const credential = readCookieSecret(secret, parts.readSecret);
    if (!credential) return { ...ANONYMOUS_REQUEST, staleCookie: true };
    if (!isFromTrustedPage(request, parts.isTrustedOrigin)) throw failure('CSRF_REJECTED');
    try {
      return await authenticateCredential(parts, credential, address);
    } catch (error) {
      if (isRefusal(error)) return { ...ANONYMOUS_REQUEST, staleCookie: true };
      throw error;
    }
  }

  async function authenticateWithoutHeader(
    request: HttpRequest,
    address: string | null,
  ): Promise<AuthenticatedRequest> {
    const cookie = request.method === 'GET' ? null : parts.sessionCookie.read(request.header('cookie'));
    const authenticated =
      cookie === null ? ANONYMOUS_REQUEST : await authenticateCookie(request, cookie, address);
    // A stale cookie counts as no credential, so the anonymous limit applies to it and not the one on refusals.
    if (authenticated.credential === null) await parts.limits.countAnonymous(address);
    return authenticated;
  }

  return (request, address) =>
    andThen(authenticateHeader(request, address), (byHeader) =>
      byHeader.credential ? byHeader : authenticateWithoutHeader(request, address),
    );
}
