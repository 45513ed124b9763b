import { failure } from '../../domain/errors.ts';
import type { Endpoint } from '../request-context.ts';
import { errorResponse } from './responses.ts';

/** Passes requests with one of the methods to an endpoint, and refuses others with 405. */
function only(methods: readonly string[], endpoint: Endpoint): Endpoint {
  return async (request, requestContext) => {
    if (methods.includes(request.method)) return endpoint(request, requestContext);
    const refusal = failure('BAD_REQUEST', `Use ${methods.join(' or ')}.`);
    return errorResponse(refusal, requestContext, { status: 405, headers: { allow: methods.join(', ') } });
  };
}

/** Restricts an endpoint to `GET` and `HEAD`. */
export function readOnly(endpoint: Endpoint): Endpoint {
  return only(['GET', 'HEAD'], endpoint);
}

/** Restricts an endpoint to `GET`, because a request changes something although a browser navigates by it. */
export function getOnly(endpoint: Endpoint): Endpoint {
  return only(['GET'], endpoint);
}

/** Restricts an endpoint to `POST`. */
export function postOnly(endpoint: Endpoint): Endpoint {
  return only(['POST'], endpoint);
}
