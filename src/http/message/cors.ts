import { type HttpHeaders, type HttpRequest, type HttpResponse, varyBy } from './message.ts';

const PREFLIGHT_SECONDS = '600';

const USUAL_HEADERS = ['Authorization', 'Content-Type', 'X-Postern-Expected-User'];

/** The list of names in `Access-Control-Request-Headers`. */
const NAMES = /^[\w!#$%&'*+.^`|~-]+(?:\s*,\s*[\w!#$%&'*+.^`|~-]+)*$/;
const NAMES_LENGTH = 1024;

/** Returns the headers that a page of an allowed origin is allowed to send: those that it asks for. GraphQL clients add their own. */
function allowedHeaders(request: HttpRequest, usual: string): string {
  const requested = request.header('access-control-request-headers') ?? '';
  return requested.length <= NAMES_LENGTH && NAMES.test(requested) ? requested : usual;
}

/** The CORS headers for the origins that are allowed to call the API. */
export interface Cors {
  /** Returns whether an `Origin` header names an allowed origin. */
  allows(origin: string | null): origin is string;
  /** Adds the headers with which a page of an allowed origin can read a response. */
  apply(request: HttpRequest, response: HttpResponse): HttpResponse;
  /** Returns the response to an `OPTIONS` request, which a browser sends before a request from another origin. */
  preflight(request: HttpRequest): HttpResponse;
}

/** Creates CORS headers for an exact list of origins, with credentials, which `credentialHeaders` can also carry. */
export function createCors(allowedOrigins: readonly string[], credentialHeaders: readonly string[]): Cors {
  const usual = [...USUAL_HEADERS, ...credentialHeaders].join(', ');
  const allowed = new Set(allowedOrigins);
  const allows = (origin: string | null): origin is string => origin !== null && allowed.has(origin);

  return {
    allows,

    apply(request, response) {
      const origin = request.header('origin');
      varyBy(response.headers, 'Origin');
      if (allows(origin)) {
        response.headers['access-control-allow-origin'] = origin;
        response.headers['access-control-allow-credentials'] = 'true';
        response.headers['access-control-expose-headers'] = 'Retry-After, WWW-Authenticate, X-Request-Id';
      }
      return response;
    },

    preflight(request) {
      const headers: HttpHeaders = { allow: 'GET, POST, OPTIONS' };
      if (allows(request.header('origin'))) {
        headers['access-control-allow-methods'] = 'GET, POST';
        headers['access-control-allow-headers'] = allowedHeaders(request, usual);
        headers['access-control-max-age'] = PREFLIGHT_SECONDS;
      }
      return { status: 204, headers, body: null };
    },
  };
}
