import { ERRORS, type ErrorCode, failure } from '../../domain/errors.ts';
import { domainErrorOf, toGraphQLError } from '../../graphql/errors.ts';
import { isBasic } from '../auth/credentials.ts';
import { readForm } from '../message/body.ts';
import type { HttpRequest } from '../message/message.ts';
import { postOnly } from '../message/methods.ts';
import { BASIC_CHALLENGE, httpOf, jsonResponse } from '../message/responses.ts';
import type { Endpoint } from '../request-context.ts';

/**
 * Returns the `error` of an OAuth response for an error code: for a bearer secret as in RFC 6750, section 3.1, and for the
 * credentials of a client as in RFC 6749, section 5.2.
 */
function oauthErrorOf(code: ErrorCode, isBearer: boolean): string {
  const entry = ERRORS[code];
  if ('challenge' in entry) {
    return entry.challenge === 'invalid_token' && !isBearer ? 'invalid_client' : entry.challenge;
  }
  if (code === 'UNAUTHENTICATED') return 'invalid_client';
  if (code === 'BAD_USER_INPUT') return 'invalid_scope';
  return entry.status === 429 || entry.status >= 500 ? 'temporarily_unavailable' : 'invalid_request';
}

/** Returns an endpoint for `POST` whose errors have the format of OAuth. */
export function oauthEndpoint(handle: Endpoint): Endpoint {
  return postOnly(async (request, requestContext) => {
    try {
      return await handle(request, requestContext);
    } catch (error) {
      const refusal = domainErrorOf(error);
      if (!refusal) throw error;
      requestContext.codes.push(refusal.code);
      const { status, headers } = httpOf(toGraphQLError(refusal, requestContext.requestId));
      const authorization = request.headerValues('authorization');
      // The challenge names the scheme that the client used (RFC 6749, section 5.2).
      if (status === 401 && isBasic(authorization)) headers['www-authenticate'] = BASIC_CHALLENGE;
      const isBearer = authorization.length > 0 && !isBasic(authorization);
      const body = { error: oauthErrorOf(refusal.code, isBearer), error_description: refusal.message };
      return jsonResponse(body, status, headers);
    }
  });
}

/** Returns the form of a request. Throws `BAD_REQUEST` if a parameter is repeated. */
export async function readParameters(request: HttpRequest): Promise<URLSearchParams> {
  const form = await readForm(request);
  const names = [...form.keys()];
  if (new Set(names).size < names.length) throw failure('BAD_REQUEST', 'A parameter was sent twice.');
  return form;
}

/** Returns a parameter of a form. Throws `BAD_REQUEST` if it is missing or empty. */
export function requireParameter(form: URLSearchParams, name: string): string {
  const value = form.get(name);
  if (!value) throw failure('BAD_REQUEST', `The parameter ${name} is missing.`);
  return value;
}
