import { failure } from '../../domain/errors.ts';
import type { Services } from '../../services/services.ts';
import { callerOf } from '../auth/caller.ts';
import type { RateLimits } from '../auth/rate-limits.ts';
import { readJson } from '../message/body.ts';
import { postOnly } from '../message/methods.ts';
import { jsonResponse } from '../message/responses.ts';
import type { Endpoint } from '../request-context.ts';

function isTexts(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'string');
}

/** The secrets of a report: an array of texts, by itself or under `secrets`. Throws `BAD_REQUEST`. */
function secretsOf(body: unknown): string[] {
  const list = typeof body === 'object' && body !== null && 'secrets' in body ? body.secrets : body;
  if (!isTexts(list)) {
    throw failure('BAD_REQUEST', 'The body must be an array of texts, or an object with one under secrets.');
  }
  return list;
}

/** What `/leaks` is made of. */
interface LeaksParts {
  readonly limits: RateLimits;
  readonly services: Pick<Services, 'leaks'>;
}

/** The endpoint for finders of secrets: what is real among them is revoked, and the answer does not tell what that was. */
export function createLeaksEndpoint({ services, limits }: LeaksParts): Endpoint {
  return postOnly(async (request, requestContext) => {
    await limits.countAnonymous(requestContext.address);
    const secrets = secretsOf(await readJson(request));
    return jsonResponse({
      received: await services.leaks.report(callerOf(request, requestContext, null), secrets),
    });
  });
}
