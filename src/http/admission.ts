import { ERRORS, failure, PosternError } from '../domain/errors.ts';
import { ANONYMOUS, isToken, type Principal } from '../domain/principal.ts';
import type { Credential } from '../services/caller.ts';
import { readBearer, readCookieSecret } from './credentials.ts';
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
export type Admit = (request: Request, address: string | null) => Promise<Admission>;

const NOBODY: Admission = { credential: null, principal: ANONYMOUS, deadCookie: false };

/** Whether an error says that a credential was refused. */
function isRefusal(error: unknown): boolean {
  return error instanceof PosternError && 'challenge' in ERRORS[error.code];
}

/** Admission over its dependencies; `isOurs` tells whether an origin is this server's own or one it trusts. */
export function createAdmission(deps: {
  authenticate: (credential: Credential) => Promise<Principal>;
  limits: RateLimits;
  isOurs: (origin: string, request: Request) => boolean;
}): Admit {
  const { authenticate, limits, isOurs } = deps;

  /** Reads and authenticates one credential, within what its address and it itself may ask for. */
  async function identify(address: string | null, read: () => Credential): Promise<Admission> {
    await limits.checkRefusals(address);
    try {
      const credential = read();
      const principal = await authenticate(credential);
      return { credential, principal, deadCookie: false };
    } catch (error) {
      if (isRefusal(error)) await limits.countRefusal(address);
      throw error;
    }
  }

  function comesFromUs(request: Request): boolean {
    const origin = request.headers.get('origin');
    const sameOrigin = request.headers.get('sec-fetch-site') === 'same-origin';
    return sameOrigin || (origin !== null && isOurs(origin, request));
  }

  /** A browser sends the cookie along whoever asks it to, so the request has to prove that a page of ours asked. */
  async function admitByCookie(request: Request, secret: string, address: string | null): Promise<Admission> {
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

  async function admitByHeaders(request: Request, address: string | null): Promise<Admission> {
    const authorization = request.headers.get('authorization');
    if (authorization !== null) return identify(address, () => readBearer(authorization));
    const cookie = readSessionCookie(request.headers.get('cookie'));
    return cookie === null || request.method === 'GET' ? NOBODY : admitByCookie(request, cookie, address);
  }

  return async (request, address) => {
    const admission = await admitByHeaders(request, address);
    const { principal } = admission;
    if (principal.kind !== 'ANONYMOUS') {
      await limits.countRequest(isToken(principal) ? principal.tokenId : principal.sessionId);
    }
    return admission;
  };
}
