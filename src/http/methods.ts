import { failure } from '../domain/errors.ts';
import { refusalAnswer } from './answers.ts';
import type { Endpoint } from './visit.ts';

/** Answers requests with one of these methods, and refuses others. */
function only(methods: readonly string[], answer: Endpoint): Endpoint {
  return async (request, visit) => {
    if (methods.includes(request.method)) return answer(request, visit);
    const refusal = failure('BAD_REQUEST', `This takes ${methods.join(' or ')}.`);
    return refusalAnswer(refusal, visit, { status: 405, headers: { allow: methods.join(', ') } });
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
