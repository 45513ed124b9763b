import { type HttpHeaders, type HttpRequest, type HttpResponse, varyBy } from './message.ts';

const PREFLIGHT_SECONDS = '600';

/** What browsers are told of the origins that may call the API. */
export interface Cors {
  /** Whether an `Origin` header names an allowed origin. */
  allows(origin: string | null): origin is string;
  /** Lets the page of an allowed origin read a response; others get no word of it. */
  apply(request: HttpRequest, answer: HttpResponse): HttpResponse;
  /** The answer to `OPTIONS`, which a browser asks before it calls from another origin. */
  preflight(request: HttpRequest): HttpResponse;
}

/** CORS by an exact list of origins, with credentials. */
export function createCors(allowedOrigins: readonly string[]): Cors {
  const allowed = new Set(allowedOrigins);
  const allows = (origin: string | null): origin is string => origin !== null && allowed.has(origin);

  return {
    allows,

    apply(request, answer) {
      const origin = request.header('origin');
      varyBy(answer.headers, 'Origin');
      if (allows(origin)) {
        answer.headers['access-control-allow-origin'] = origin;
        answer.headers['access-control-allow-credentials'] = 'true';
        answer.headers['access-control-expose-headers'] = 'Retry-After, WWW-Authenticate, X-Request-Id';
      }
      return answer;
    },

    preflight(request) {
      const headers: HttpHeaders = { allow: 'GET, POST, OPTIONS' };
      if (allows(request.header('origin'))) {
        headers['access-control-allow-methods'] = 'GET, POST';
        headers['access-control-allow-headers'] = 'Authorization, Content-Type, X-Postern-Expected-User';
        headers['access-control-max-age'] = PREFLIGHT_SECONDS;
      }
      return { status: 204, headers, body: null };
    },
  };
}
