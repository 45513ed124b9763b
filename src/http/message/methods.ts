import { failure } from '../../domain/errors.ts';
import type { Endpoint } from '../request-context.ts';
import { errorResponse } from './responses.ts';

/** Answers requests with one of these methods, and refuses others. */
function only(methods: readonly string[], answer: Endpoint): Endpoint {
  return async (request, requestContext) => {
    if (methods.includes(request.method)) return answer(request, requestContext);
    const refusal = failure('BAD_REQUEST', `This takes ${methods.join(' or ')}.`);
    return errorResponse(refusal, requestContext, { status: 405, headers: { allow: methods.join(', ') } });
  };
}

/** Answers `GET` and `HEAD` alone. */
export function readOnly(answer: Endpoint): Endpoint {
  return only(['GET', 'HEAD'], answer);
}

/** Answers `POST` alone. */
export function postOnly(answer: Endpoint): Endpoint {
  return only(['POST'], answer);
}
