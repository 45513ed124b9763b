import { SECOND } from '../../domain/duration.ts';
import { failure } from '../../domain/errors.ts';
import type { ExchangeRefusal } from '../../services/federation/exchange.ts';
import type { Services } from '../../services/services.ts';
import { callerOf } from '../auth/caller.ts';
import type { RateLimits } from '../auth/rate-limits.ts';
import type { HttpRequest, HttpResponse } from '../message/message.ts';
import { jsonResponse } from '../message/responses.ts';
import type { RequestContext } from '../request-context.ts';
import { scopesOf } from './oauth.ts';
import { requireParameter } from './oauth-form.ts';

/** RFC 8693, section 2.1. */
export const TOKEN_EXCHANGE_GRANT = 'urn:ietf:params:oauth:grant-type:token-exchange';
/** RFC 8693, section 3. */
const JWT_TYPE = 'urn:ietf:params:oauth:token-type:jwt';
const ACCESS_TOKEN_TYPE = 'urn:ietf:params:oauth:token-type:access_token';

/** What each refusal means, for people. They do not say whether a federation exists. */
const DESCRIPTIONS: Readonly<Record<ExchangeRefusal, string>> = {
  invalid_grant:
    'The JSON Web Token is not valid, is too old, is of an issuer that the operator does not list, or was used before.',
  invalid_target: 'No federation, or more than one, accepts the JSON Web Token with these claims.',
  invalid_scope: 'The scope is malformed, or is more than the federation gives.',
};

/** The dependencies of the exchange of tokens. */
export interface TokenExchangeParts {
  readonly limits: RateLimits;
  readonly services: Pick<Services, 'tokenExchange'>;
}

/** Throws `BAD_REQUEST` on a parameter that asks for something other than the exchange of a JSON Web Token. */
function requireSupported(form: URLSearchParams): void {
  if (requireParameter(form, 'subject_token_type') !== JWT_TYPE) {
    throw failure('BAD_REQUEST', `subject_token_type must be ${JWT_TYPE}.`);
  }
  if ((form.get('requested_token_type') || ACCESS_TOKEN_TYPE) !== ACCESS_TOKEN_TYPE) {
    throw failure('BAD_REQUEST', `requested_token_type must be ${ACCESS_TOKEN_TYPE}.`);
  }
  if (form.has('actor_token') || form.has('actor_token_type')) {
    throw failure('BAD_REQUEST', 'actor_token is not supported.');
  }
}

/** Returns what answers a form with the grant type of token exchange (RFC 8693, section 2.2). No other credential counts. */
export function createTokenExchangeHandler({ services, limits }: TokenExchangeParts) {
  return async (
    request: HttpRequest,
    form: URLSearchParams,
    requestContext: RequestContext,
  ): Promise<HttpResponse> => {
    requireSupported(form);
    const result = await services.tokenExchange.exchange(callerOf(request, requestContext), {
      subjectToken: requireParameter(form, 'subject_token'),
      targets: ['audience', 'resource'].flatMap((name) => form.get(name) || []),
      scope: form.get('scope') || null,
    });
    if ('refusal' in result) {
      await limits.countRefusal(requestContext.address);
      const { refusal } = result;
      return jsonResponse({ error: refusal, error_description: DESCRIPTIONS[refusal] }, 400);
    }
    return jsonResponse({
      access_token: result.secret,
      issued_token_type: ACCESS_TOKEN_TYPE,
      token_type: 'Bearer',
      expires_in: Math.floor(result.expiresIn / SECOND),
      scope: result.scopes.flatMap((rule) => scopesOf(rule, false)).join(' '),
    });
  };
}
