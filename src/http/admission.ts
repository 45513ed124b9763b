import { ERRORS, failure, PosternError } from '../domain/errors.ts';
import { ANONYMOUS, credentialIdOf, type Principal } from '../domain/principal.ts';
import type { Credential } from '../services/caller.ts';
import { readBearer, readCookieSecret } from './credentials.ts';
import type { HttpRequest } from './message.ts';
import type { RateLimits } from './rate-limits.ts';
import { readSessionCookie } from './session-cookie.ts';

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

/** What tells who a credential belongs to, and how often it may be asked. */
interface IdentityParts {
  readonly authenticate: (credential: Credential) => Promise<Principal>;
  readonly limits: RateLimits;
}

type Identify = (address: string | null, read: () => Credential) => Promise<Admission>;

/** Reads and authenticates one credential, within what its address and it itself may ask for. */
function createIdentify({ authenticate, limits }: IdentityParts): Identify {
  async function authenticated(address: string | null, read: () => Credential): Promise<Admission> {
    try {
      const credential = read();
      return { credential, principal: await authenticate(credential), deadCookie: false };
    } catch (error) {
      if (isRefusal(error)) await limits.countRefusal(address);
      throw error;
    }
  }

  return async (address, read) => {
    await limits.checkRefusals(address);
    const admission = await authenticated(address, read);
    const credentialId = credentialIdOf(admission.principal);
    if (credentialId !== null) await limits.countRequest(credentialId);
    return admission;
  };
}

/** Admission by the `Authorization` header; `null` where a request has none. */
function admitByBearer(
  request: HttpRequest,
  address: string | null,
  identify: Identify,
): Promise<Admission> | null {
  const authorization = request.header('authorization');
  return authorization === null ? null : identify(address, () => readBearer(authorization));
}

/** Admission by the `Authorization` header alone: for callers that are no browsers, and never mean a cookie. */
export interface BearerAdmission {
  readonly admit: Admit;
  /** The same where nothing has to be waited for; `null` where something has, or where it comes to a refusal. */
  admitAtOnce(request: HttpRequest, address: string | null): Admission | null;
}

/** That admission over its parts. */
export function createBearerAdmission(
  parts: IdentityParts & { remembered: (credential: Credential) => Principal | null },
): BearerAdmission {
  const { limits, remembered } = parts;
  const identify = createIdentify(parts);

  return {
    admit: async (request, address) => admitByBearer(request, address, identify) ?? NOBODY,
    admitAtOnce(request, address) {
      const authorization = request.header('authorization');
      if (authorization === null || !limits.isFree(address)) return null;
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
  parts: IdentityParts & { isOurs: (origin: string, request: HttpRequest) => boolean },
): Admit {
  const identify = createIdentify(parts);

  function comesFromUs(request: HttpRequest): boolean {
    const origin = request.header('origin');
    const sameOrigin = request.header('sec-fetch-site') === 'same-origin';
    return sameOrigin || (origin !== null && parts.isOurs(origin, request));
  }

  /** A browser sends the cookie along whoever asks it to, so the request has to prove that a page of ours asked. */
  async function admitByCookie(
    request: HttpRequest,
    secret: string,
    address: string | null,
  ): Promise<Admission> {
    const credential = readCookieSecret(secret);
    if (!credential) return { ...NOBODY, deadCookie: true };
    if (!comesFromUs(request)) throw failure('CSRF_REJECTED');
    try {
      return await identify(address, () => credential);
    } catch (error) {
      if (isRefusal(error)) return { ...NOBODY, deadCookie: true };
      throw error;
    }
  }

  return async (request, address) => {
    const admission = admitByBearer(request, address, identify);
    if (admission) return admission;
    const cookie = readSessionCookie(request.header('cookie'));
    return cookie === null || request.method === 'GET' ? NOBODY : admitByCookie(request, cookie, address);
  };
}
