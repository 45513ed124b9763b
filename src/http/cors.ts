const PREFLIGHT_SECONDS = '600';

/** What browsers are told of the origins that may call the API. */
export interface Cors {
  /** Whether an `Origin` header names an allowed origin. */
  allows(origin: string | null): origin is string;
  /** Lets the page of an allowed origin read a response; others get no word of it. */
  apply(request: Request, response: Response): Response;
  /** The answer to `OPTIONS`, which a browser asks before it calls from another origin. */
  preflight(request: Request): Response;
}

/** CORS by an exact list of origins, with credentials. */
export function createCors(allowedOrigins: readonly string[]): Cors {
  const allowed = new Set(allowedOrigins);
  const allows = (origin: string | null): origin is string => origin !== null && allowed.has(origin);

  return {
    allows,

    apply(request, response) {
      const origin = request.headers.get('origin');
      response.headers.append('Vary', 'Origin');
      if (allows(origin)) {
        response.headers.set('Access-Control-Allow-Origin', origin);
        response.headers.set('Access-Control-Allow-Credentials', 'true');
        response.headers.set('Access-Control-Expose-Headers', 'Retry-After, WWW-Authenticate, X-Request-Id');
      }
      return response;
    },

    preflight(request) {
      const response = new Response(null, { status: 204, headers: { Allow: 'GET, POST, OPTIONS' } });
      if (allows(request.headers.get('origin'))) {
        response.headers.set('Access-Control-Allow-Methods', 'GET, POST');
        response.headers.set('Access-Control-Allow-Headers', 'Authorization, Content-Type');
        response.headers.set('Access-Control-Max-Age', PREFLIGHT_SECONDS);
      }
      return response;
    },
  };
}
