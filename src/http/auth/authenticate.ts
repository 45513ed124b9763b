import { ERRORS, failure, PosternError } from '../../domain/errors.ts';
import { ANONYMOUS, credentialIdOf, type Principal } from '../../domain/principal.ts';
import type { Credential } from '../../services/access/caller.ts';
import type { HttpRequest } from '../message/message.ts';
import type { SessionCookie } from '../message/session-cookie.ts';
import { readBearer, readCookieSecret } from './credentials.ts';
import type { RateLimits } from './rate-limits.ts';

/** Who a request comes from. */
export interface AuthenticatedRequest {
  readonly credential: Credential | null;
  readonly principal: Principal;
  /** Whether the request carries a session cookie that opens nothing any more. */
  readonly staleCookie: boolean;
}

/** Decides who a request comes from, by its one credential. Throws the refusal. */
export type AuthenticateRequest = (
  request: HttpRequest,
  address: string | null,
) => Promise<AuthenticatedRequest>;

const NOBODY: AuthenticatedRequest = { credential: null, principal: ANONYMOUS, staleCookie: false };

/** Whether an error says that a credential was refused. */
function isRefusal(error: unknown): boolean {
  return error instanceof PosternError && 'challenge' in ERRORS[error.code];
}

/** Authenticates a credential, and limits how often that may be tried. */
interface IdentityParts {
  readonly authenticate: (credential: Credential) => Promise<Principal>;
  readonly limits: RateLimits;
}

type Identify = (credential: Credential) => Promise<AuthenticatedRequest>;

/** Authenticates a credential, and counts the request against the limit of that credential. */
function createIdentify({ authenticate, limits }: IdentityParts): Identify {
  return async (credential) => {
    const principal = await authenticate(credential);
    const credentialId = credentialIdOf(principal);
    if (credentialId !== null) await limits.countRequest(credentialId);
    return { credential, principal, staleCookie: false };
  };
}

/**
 * Admission by the `Authorization` header; `null` if a request has none. The credential is authenticated before the limit
 * on refusals applies: others at the same address may have sent many bad ones, and a valid one must not suffer for them.
 * A guess costs one point read at most, and none where shape or checksum is wrong.
 */
function createBearerAdmit({ limits, ...parts }: IdentityParts) {
  const identify = createIdentify({ limits, ...parts });

  async function admit(
    authorization: readonly string[],
    address: string | null,
  ): Promise<AuthenticatedRequest> {
    try {
      return await identify(readBearer(authorization));
    } catch (error) {
      if (isRefusal(error)) await limits.countRefusal(address);
      throw error;
    }
  }

  return (request: HttpRequest, address: string | null): Promise<AuthenticatedRequest> | null => {
    const authorization = request.headerValues('authorization');
    return authorization.length === 0 ? null : admit(authorization, address);
  };
}

/** Admission by the `Authorization` header alone: for callers that are no browsers, and never mean a cookie. */
export interface BearerAuthenticator {
  readonly admit: AuthenticateRequest;
  /** The same where nothing has to be waited for; `null` where something has, or where it comes to a refusal. */
  admitAtOnce(request: HttpRequest): AuthenticatedRequest | null;
}

/** That admission over its parts. */
export function createBearerAuthenticator(
  parts: IdentityParts & { remembered: (credential: Credential) => Principal | null },
): BearerAuthenticator {
  const { limits, remembered } = parts;
  const admitByBearer = createBearerAdmit(parts);

  return {
    admit: async (request, address) => admitByBearer(request, address) ?? NOBODY,
    admitAtOnce(request) {
      const authorization = request.headerValues('authorization');
      if (authorization.length === 0 || limits.countsRequests) return null;
      try {
        const credential = readBearer(authorization);
        const principal = remembered(credential);
        return principal && { credential, principal, staleCookie: false };
      } catch (error) {
        if (isRefusal(error)) return null;
        throw error;
      }
    },
  };
}

/** Admission by that header or, in its absence, the session cookie; `isOurs` tells whether an origin is this server's own or one it trusts. */
export function createRequestAuthenticator(
  parts: IdentityParts & {
    sessionCookie: SessionCookie;
    isOurs: (origin: string, request: HttpRequest) => boolean;
  },
): AuthenticateRequest {
  const admitByBearer = createBearerAdmit(parts);
  const identify = createIdentify(parts);

  function comesFromUs(request: HttpRequest): boolean {
    const origin = request.header('origin');
    const sameOrigin = request.header('sec-fetch-site') === 'same-origin';
    return sameOrigin || (origin !== null && parts.isOurs(origin, request));
  }

  /** A browser sends the cookie along whoever asks it to, so the request has to prove that a page of ours asked. */
  async function admitByCookie(request: HttpRequest, secret: string): Promise<AuthenticatedRequest> {
    const credential = readCookieSecret(secret);
    if (!credential) return { ...NOBODY, staleCookie: true };
    if (!comesFromUs(request)) throw failure('CSRF_REJECTED');
    try {
      return await identify(credential);
    } catch (error) {
      if (isRefusal(error)) return { ...NOBODY, staleCookie: true };
      throw error;
    }
  }

  return async (request, address) => {
    const admission = admitByBearer(request, address);
    if (admission) return admission;
    const cookie = request.method === 'GET' ? null : parts.sessionCookie.read(request.header('cookie'));
    const admitted = cookie === null ? NOBODY : await admitByCookie(request, cookie);
    // A dead cookie counts as no credential, so it is bounded as one and not as a refusal.
    if (admitted.credential === null) await parts.limits.countAnonymous(address);
    return admitted;
  };
}
