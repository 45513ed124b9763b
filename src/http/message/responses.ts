import type { GraphQLError } from 'graphql';
import { ERRORS, type ErrorCode } from '../../domain/errors.ts';
import { toGraphQLError } from '../../graphql/errors.ts';
import type { Logger } from '../../platform/logger.ts';
import type { RequestContext } from '../request-context.ts';
import type { HttpHeaders, HttpRequest, HttpResponse } from './message.ts';
import { acceptedTypes, jsonTypeOf } from './negotiation.ts';

const RETRY_AFTER_SECONDS = 2;
/** What nobody reads any more is logged under this status, as nginx does. */
const CLIENT_GONE = 499;

/** Stands on every response: nothing may be kept, guessed at, or told to the next site. */
const GUARD_HEADERS = {
  'cache-control': 'no-store',
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
} as const;

/** How long a file is kept whose name changes with what is in it. */
export const KEEP_FOR_EVER = 'public, max-age=31536000, immutable';

/** What a refusal adds to its code's own status and headers. */
interface RefusalInit {
  readonly status?: number;
  readonly headers?: HttpHeaders;
}

/** Puts the headers on an answer that all of them carry; only what is meant to be kept for ever may be kept. */
export function withDefaultHeaders(answer: HttpResponse, requestId: string): HttpResponse {
  const { headers } = answer;
  const kept = headers['cache-control'] === KEEP_FOR_EVER;
  Object.assign(headers, GUARD_HEADERS);
  if (kept) headers['cache-control'] = KEEP_FOR_EVER;
  headers['x-request-id'] = requestId;
  return answer;
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
export function httpOf(error: GraphQLError): { status: number; headers: HttpHeaders } {
  const code = codeOf(error);
  const entry = ERRORS[code];
  const headers: HttpHeaders = {};
  if ('challenge' in entry) headers['www-authenticate'] = bearerChallenge(entry.challenge);
  if (code === 'UNAUTHENTICATED') headers['www-authenticate'] = bearerChallenge();
  const retryAfter = error.extensions.retryAfter ?? (code === 'UNAVAILABLE' ? RETRY_AFTER_SECONDS : null);
  if (retryAfter !== null) headers['retry-after'] = String(retryAfter);
  return { status: entry.status, headers };
}

/** An answer in JSON. */
export function jsonResponse(body: unknown, status = 200, headers: HttpHeaders = {}): HttpResponse {
  return {
    status,
    headers: { 'content-type': 'application/json; charset=utf-8', ...headers },
    body: JSON.stringify(body),
  };
}

/** The answer to a request that was refused as a whole, as GraphQL clients read it: `errors`, and no `data`. */
export function errorResponse(
  error: unknown,
  requestContext: RequestContext,
  init: RefusalInit = {},
): HttpResponse {
  const coded = toGraphQLError(error, requestContext.requestId);
  requestContext.codes.push(codeOf(coded));
  const { status, headers } = httpOf(coded);
  const body = { errors: [{ message: coded.message, extensions: coded.extensions }] };
  return jsonResponse(body, init.status ?? status, { ...headers, ...init.headers });
}

/** The answer to a request that ended in an error; a fault of ours is logged, and told only by the request's id. */
export function failureResponse(
  error: unknown,
  request: HttpRequest,
  requestContext: RequestContext,
  logger: Logger,
): HttpResponse {
  if (request.signal.aborted) return { status: CLIENT_GONE, headers: {}, body: null };
  const answer = errorResponse(error, requestContext, { headers: errorTypeFor(request) });
  if (answer.status === ERRORS.INTERNAL_SERVER_ERROR.status) {
    logger.error({ requestId: requestContext.requestId, err: error }, 'a request failed');
  }
  return answer;
}

/** By this media type, a client knows that an answer outside 2xx comes from GraphQL and not from a proxy. */
function errorTypeFor(request: HttpRequest): HttpHeaders {
  const type = jsonTypeOf(acceptedTypes(request.header('accept')));
  return type === null ? {} : { 'content-type': `${type}; charset=utf-8` };
}
