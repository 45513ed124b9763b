import { failure } from '../../domain/errors.ts';
import type { Services } from '../../services/services.ts';
import { callerOf } from '../auth/caller.ts';
import type { RateLimits } from '../auth/rate-limits.ts';
import { readJson } from '../message/body.ts';
import { postOnly } from '../message/methods.ts';
import { jsonResponse } from '../message/responses.ts';
import type { Endpoint } from '../request-context.ts';

function isStringArray(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'string');
}

/** Returns the secrets of a report, which is an array of strings or an object with one in `secrets`. Throws `BAD_REQUEST`. */
function secretsOf(body: unknown): string[] {
  const list = typeof body === 'object' && body !== null && 'secrets' in body ? body.secrets : body;
  if (!isStringArray(list)) {
    throw failure('BAD_REQUEST', 'The body must be an array of strings, or an object with one in secrets.');
  }
  return list;
}

/** The parts of `/leaks`. */
interface LeaksParts {
  readonly limits: RateLimits;
  readonly services: Pick<Services, 'leaks'>;
}

/** Creates the endpoint for reports of leaked secrets. It revokes the valid ones; its response does not reveal which. */
export function createLeaksEndpoint({ services, limits }: LeaksParts): Endpoint {
  return postOnly(async (request, requestContext) => {
    await limits.countAnonymous(requestContext.address);
    const secrets = secretsOf(await readJson(request));
    return jsonResponse({
      received: await services.leaks.report(callerOf(request, requestContext), secrets),
    });
  });
}
