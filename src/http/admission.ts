import { ERRORS, failure, PosternError } from '../domain/errors.ts';
import { ANONYMOUS, credentialIdOf, type Principal } from '../domain/principal.ts';
import type { Credential } from '../services/caller.ts';
import { readBearer, readCookieSecret } from './credentials.ts';
import type { HttpRequest } from './message.ts';
import type { RateLimits } from './rate-limits.ts';
import type { SessionCookie } from './session-cookie.ts';

/** Who a request comes from. */
export interface Admission {
  readonly credential: Credential | null;
  readonly principal: Principal;
  /** Whether the request carries a session cookie that opens nothing any more. */
  readonly deadCookie: boolean;
}

/** Decides who a request comes from, by its one credential. Throws the refusal. */
export type Admit = (request: HttpRequest, address: string | null) => Promise<Admission>;

const NOBODY: Admission = { credential: null, principal: ANONYMOUS, deadCookie: false };

/** Whether an error says that a credential was refused. */
function isRefusal(error: unknown): boolean {
  return error instanceof PosternError && 'challenge' in ERRORS[error.code];
}

/** Authenticates a credential, and limits how often that may be tried. */
interface IdentityParts {
  readonly authenticate: (credential: Credential) => Promise<Principal>;
  readonly limits: RateLimits;
}

type Identify = (credential: Credential) => Promise<Admission>;

/** Authenticates a credential, and counts the request against the limit of that credential. */
function createIdentify({ authenticate, limits }: IdentityParts): Identify {
  return async (credential) => {
    const principal = await authenticate(credential);
    const credentialId = credentialIdOf(principal);
    if (credentialId !== null) await limits.countRequest(credentialId);
    return { credential, principal, deadCookie: false };
  };
}

/**
 * Admission by the `Authorization` header; `null` if a request has none. The credential is authenticated before the limit
 * on refusals applies: others at the same address may have sent many bad ones, and a valid one must not suffer for them.
 * A guess costs one point read at most, and none where shape or checksum is wrong.
 */
function createBearerAdmit({ limits, ...parts }: IdentityParts) {
  const identify = createIdentify({ limits, ...parts });

  async function admit(authorization: readonly string[], address: string | null): Promise<Admission> {
    try {
      return await identify(readBearer(authorization));
    } catch (error) {
      if (isRefusal(error)) await limits.countRefusal(address);
      throw error;
    }
  }

  return (request: HttpRequest, address: string | null): Promise<Admission> | null => {
    const authorization = request.headerValues('authorization');
    return authorization.length === 0 ? null : admit(authorization, address);
  };
}

/** Admission by the `Authorization` header alone: for callers that are no browsers, and never mean a cookie. */
export interface BearerAdmission {
  readonly admit: Admit;
  /** The same where nothing has to be waited for; `null` where something has, or where it comes to a refusal. */
  admitAtOnce(request: HttpRequest): Admission | null;
}

/** That admission over its parts. */
export function createBearerAdmission(
  parts: IdentityParts & { remembered: (credential: Credential) => Principal | null },
): BearerAdmission {
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
        return principal && { credential, principal, deadCookie: false };
      } catch (error) {
        if (isRefusal(error)) return null;
        throw error;
      }
    },
  };
}

/** Admission by that header or, in its absence, the session cookie; `isOurs` tells whether an origin is this server's own or one it trusts. */
export function createAdmission(
  parts: IdentityParts & {
    sessionCookie: SessionCookie;
    isOurs: (origin: string, request: HttpRequest) => boolean;
  },
): Admit {
  const admitByBearer = createBearerAdmit(parts);
  const identify = createIdentify(parts);

  function comesFromUs(request: HttpRequest): boolean {
    const origin = request.header('origin');
    const sameOrigin = request.header('sec-fetch-site') === 'same-origin';
    return sameOrigin || (origin !== null && parts.isOurs(origin, request));
  }

  /** A browser sends the cookie along whoever asks it to, so the request has to prove that a page of ours asked. */
  async function admitByCookie(request: HttpRequest, secret: string): Promise<Admission> {
    const credential = readCookieSecret(secret);
    if (!credential) return { ...NOBODY, deadCookie: true };
    if (!comesFromUs(request)) throw failure('CSRF_REJECTED');
    try {
      return await identify(credential);
    } catch (error) {
      if (isRefusal(error)) return { ...NOBODY, deadCookie: true };
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
