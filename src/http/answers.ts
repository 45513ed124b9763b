import type { GraphQLError } from 'graphql';
import { ERRORS, type ErrorCode } from '../domain/errors.ts';
import { toGraphQLError } from '../graphql/errors.ts';
import type { Logger } from '../platform/logger.ts';
import type { Visit } from './visit.ts';

const RETRY_AFTER_SECONDS = 2;
/** What nobody reads any more is logged under this status, as nginx does. */
const CLIENT_GONE = 499;
const RESPONSE_TYPE = 'application/graphql-response+json';

/** Stands on every response: nothing may be kept, guessed at, or told to the next site. */
const GUARD_HEADERS = {
  'Cache-Control': 'no-store',
  'X-Content-Type-Options': 'nosniff',
  'Referrer-Policy': 'no-referrer',
} as const;

/** How long a file is kept whose name changes with what is in it. */
export const KEEP_FOR_EVER = 'public, max-age=31536000, immutable';

/** What a refusal adds to its code's own status and headers. */
interface RefusalInit {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Puts the headers on a response that all of them carry; only what is meant to be kept for ever may be kept. */
export function seal(response: Response, requestId: string): Response {
  const kept = response.headers.get('Cache-Control') === KEEP_FOR_EVER;
  for (const [name, value] of Object.entries(GUARD_HEADERS)) response.headers.set(name, value);
  if (kept) response.headers.set('Cache-Control', KEEP_FOR_EVER);
  response.headers.set('X-Request-Id', requestId);
  return response;
}

/** The code of an error that `toGraphQLError` made. */
export function codeOf(error: GraphQLError): ErrorCode {
  return error.extensions.code as ErrorCode;
}

/** What asks a client for a bearer secret, or tells it what is wrong with the one it sent (RFC 6750, section 3). */
export function bearerChallenge(error?: string): string {
  return error === undefined ? 'Bearer realm="postern"' : `Bearer realm="postern", error="${error}"`;
}

/** The HTTP side of a request that was refused as a whole: its status, RFC 6750 challenge and `Retry-After`. */
export function httpOf(error: GraphQLError): { status: number; headers: Record<string, string> } {
  const code = codeOf(error);
  const entry = ERRORS[code];
  const headers: Record<string, string> = {};
  if ('challenge' in entry) headers['WWW-Authenticate'] = bearerChallenge(entry.challenge);
  if (code === 'UNAUTHENTICATED') headers['WWW-Authenticate'] = bearerChallenge();
  const retryAfter = error.extensions.retryAfter ?? (code === 'UNAVAILABLE' ? RETRY_AFTER_SECONDS : null);
  if (retryAfter !== null) headers['Retry-After'] = String(retryAfter);
  return { status: entry.status, headers };
}

/** A response in JSON. */
export function jsonResponse(body: unknown, status = 200, headers: Record<string, string> = {}): Response {
  return new Response(JSON.stringify(body), {
    status,
    headers: { 'Content-Type': 'application/json; charset=utf-8', ...headers },
  });
}

/** The answer to a request that was refused as a whole, as GraphQL clients read it: `errors`, and no `data`. */
export function refusalResponse(error: unknown, visit: Visit, init: RefusalInit = {}): Response {
  const coded = toGraphQLError(error, visit.requestId);
  visit.codes.push(codeOf(coded));
  const { status, headers } = httpOf(coded);
  const body = { errors: [{ message: coded.message, extensions: coded.extensions }] };
  return jsonResponse(body, init.status ?? status, { ...headers, ...init.headers });
}

/** The answer to a request that ended in an error; a fault of ours is logged, and told only by the request's id. */
export function answerFailure(error: unknown, request: Request, visit: Visit, logger: Logger): Response {
  if (request.signal.aborted) return new Response(null, { status: CLIENT_GONE });
  const response = refusalResponse(error, visit, { headers: errorTypeFor(request) });
  if (response.status === ERRORS.INTERNAL_SERVER_ERROR.status) {
    logger.error({ requestId: visit.requestId, err: error }, 'a request failed');
  }
  return response;
}

/** By this media type, a client knows that an answer outside 2xx comes from GraphQL and not from a proxy. */
function errorTypeFor(request: Request): Record<string, string> {
  const accepted = request.headers.get('accept')?.includes(RESPONSE_TYPE);
  return accepted ? { 'Content-Type': `${RESPONSE_TYPE}; charset=utf-8` } : {};
}
